/*
 * Work on orders that is done for many of them in one command. Calls add an order to a list in
 * memory; the sweeper's job processes the lists. If a list is full, or is lost with its process,
 * the work is only delayed: the sweeper finds the same orders by their checkouts.
 */
#ifndef PENDING_JOB_H
#define PENDING_JOB_H

#include <stdbool.h>

#include "ctx.h"

enum pending {
	PENDING_CONFIRM, /* committed orders: their reservations are confirmed */
	PENDING_CLOSE,   /* dispatched orders: after the confirmation their checkouts are closed */
	PENDING_ABANDON, /* checkouts that a call failed to abandon: their leases end now */
	PENDING_KINDS,
};

/* Adds an order to a list. False where the list is full. An order is added to PENDING_CONFIRM
 * before it is added to PENDING_CLOSE. */
bool pending_add(enum pending kind, const bson_oid_t *order_id);

/* Processes all lists; orders whose command fails stay in their list. Called by one thread only. */
void pending_run(struct ctx *ctx);

#endif
