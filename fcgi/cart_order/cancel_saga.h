/* Cancelling an order. */
#ifndef CANCEL_SAGA_H
#define CANCEL_SAGA_H

#include "order_store.h"

/* Cancels an order on behalf of `by`, a role. OK also where the order was cancelled before.
 * ERR_NOT_CANCELLABLE: the order is packed already. A temporary error: the order is cancelled, or
 * the sweeper will cancel it if delivery agrees. */
enum err cancel_order(struct ctx *ctx, const struct order *order, const char *by) MUST_CHECK;

#endif
