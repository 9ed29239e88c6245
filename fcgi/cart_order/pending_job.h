/*
 * Work on orders that is done for many of them in one command. Calls add an order to a list in
 * memory; the sweeper's job works the lists off. A list that is full, or is lost with its process,
 * costs nothing but time: the sweeper finds the same orders by their checkouts.
 */
#ifndef PENDING_JOB_H
#define PENDING_JOB_H

#include <stdbool.h>

#include "ctx.h"

enum pending {
	PENDING_CONFIRM, /* orders that were made: their reservations are confirmed */
	PENDING_CLOSE,   /* those whose delivery is notified: then their checkouts are closed */
	PENDING_ABANDON, /* checkouts that their call could not abandon: their leases end now */
	PENDING_KINDS,
};

/* Adds an order to a list. False where the list is full. An order is added to PENDING_CONFIRM
 * before it is added to PENDING_CLOSE. */
bool pending_add(enum pending kind, const bson_oid_t *order_id);

/* Works all lists off; orders whose command fails stay in their list. Called by one thread. */
void pending_run(struct ctx *ctx);

#endif
