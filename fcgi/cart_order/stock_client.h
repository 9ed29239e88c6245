/* Stock: the product service's, over REST. What gives back and settles may be repeated: the order's
 * id makes it one. A take is sent once. */
#ifndef STOCK_CLIENT_H
#define STOCK_CLIENT_H

#include "ctx.h"
#include "shape.h"

struct stock_line {
	bson_oid_t product_id;
	int64_t quantity;
};
extern const struct shape stock_line;

/* A product as it is at the moment when its stock is taken. */
struct stock_taken {
	bson_oid_t product_id;
	const char *name;
	struct money price;
};

/*
 * Takes the stock of an order's lines (struct stock_line), all or none. `taken` (struct
 * stock_taken) has their order. ERR_OUT_OF_STOCK: nothing is held, and `refused` is the JSON array
 * of the product ids, borrowed. ERR_UNAVAILABLE: some of it may be held, now or in a moment.
 */
enum err stock_take(struct list *taken, struct json_object **refused, struct ctx *ctx,
		    const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

/* Gives back what is held for an order, which can then take no more; and of one that was `sold`,
 * what was settled. */
enum err stock_give_back(struct ctx *ctx, const bson_oid_t *order_id, const struct list *lines,
			 bool sold) MUST_CHECK;

enum { STOCK_SETTLE_MAX = 1000 };

/* What is held for these orders is sold for good. */
enum err stock_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

#endif
