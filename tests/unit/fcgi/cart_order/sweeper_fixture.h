/* Shared by the tests of the sweeper. */
#ifndef TESTS_FCGI_SWEEPER_FIXTURE_H
#define TESTS_FCGI_SWEEPER_FIXTURE_H

#include "neighbours.h"

#include "fcgi/cart_order/order_store.h"
#include "fcgi/cart_order/sweeper_job.h"

/* Also empties the lists of dispatched orders. */
static inline int sweeper_set_up(void **state)
{
	struct ctx *ctx = store_begin();

	neighbours_reset();
	empty_collection(ctx, checkout_collection);
	empty_collection(ctx, order_collection);
	sweeper_run(ctx);
	neighbours_reset();
	*state = ctx;
	return 0;
}

/* An order's id in hexadecimal; memory of the context. */
static inline const char *hex_of(struct ctx *ctx, const struct checkout *checkout)
{
	char hex[25];

	bson_oid_to_string(&checkout->_id, hex);
	return arena_strndup(ctx->arena, hex, 24);
}

static inline bool called_about(enum way way, struct ctx *ctx, const struct checkout *checkout)
{
	return called_with(way, hex_of(ctx, checkout));
}

#endif
