/* How one status of an order leads to another. Pure. */
#ifndef TRANSITIONS_H
#define TRANSITIONS_H

#include <stdbool.h>

#include "fcgi/contracts/order_status.h"

/* What changes a state. */
enum step {
	STEP_ON,     /* on its way, as update-status does */
	STEP_CANCEL, /* out of it */
};

/* The one state from which such a step leads to `to`; STATUS_COUNT where there is none. */
enum order_status status_before(enum step step, enum order_status to);

/* Where the next step on leads; STATUS_COUNT from an end. */
enum order_status status_after(enum order_status from);

/* Whether no step leads on from here: the order is under way no more. */
bool status_is_end(enum order_status status);

#endif
