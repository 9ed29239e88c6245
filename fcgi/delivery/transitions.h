/* The state machine of an order's status. Pure. */
#ifndef TRANSITIONS_H
#define TRANSITIONS_H

#include <stdbool.h>

#include "fcgi/contracts/order_status.h"

enum step {
	STEP_ADVANCE, /* towards the customer: update-status */
	STEP_CANCEL,
};

/* The one status from which a step leads to `to`; STATUS_COUNT: none. */
enum order_status status_before(enum step step, enum order_status to);

/* The status after the next STEP_ADVANCE; STATUS_COUNT: `from` is an end. */
enum order_status status_after(enum order_status from);

/* Whether no step leads from this status. Other orders are under way. */
bool status_is_end(enum order_status status);

#endif
