/* Cancelling an order. */
#ifndef CANCEL_SAGA_H
#define CANCEL_SAGA_H

#include "order_store.h"

/* Cancels an order on behalf of `by`, a role; OK also where it was cancelled just now.
 * ERR_NOT_CANCELLABLE: it is on its way; a temporary error: it is, or will be if delivery lets it.
 */
enum err cancel_order(struct ctx *ctx, const struct order *order, const char *by) MUST_CHECK;

#endif
