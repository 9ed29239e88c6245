/*
 * Stock in the database: what is left of a product, and what of it orders hold.
 *
 * A product has a list `holds` of {order_id, quantity, at}: a quantity above 0 was taken for
 * that order and isn't sold for good yet; quantity 0 marks that it was given back, so that the same
 * order can't take it again, however late its call comes. Each change of a product is one update of
 * its document, so stock and holds can't drift, and each is decided by the order's id: all of this
 * may be repeated.
 */
#ifndef STOCK_STORE_H
#define STOCK_STORE_H

#include "ctx.h"
#include "shape.h"

enum { STOCK_LINES_MAX = 200 }; /* of an order: races leave a cart a few more than its 100 */

struct order_line {
	bson_oid_t product_id;
	int64_t quantity; /* above 0 */
};

/* A product as it was when its stock was taken. */
struct taken {
	bson_oid_t product_id;
	const char *name;
	struct money price;
};

struct hold {
	bson_oid_t order_id;
	int64_t quantity;
	struct timestamp at;
};
extern const struct shape hold_doc;

/*
 * Takes the stock of an order's lines (struct order_line, no product twice), all or none; `taken`
 * (struct taken) has their order. Where the order holds it already, the same again; an order's
 * calls come one after the other. ERR_OUT_OF_STOCK: nothing is held, and *refused (bson_oid_t)
 * tells which products there aren't enough of. ERR_STOCK_GIVEN_BACK: it has given back before.
 * ERR_UNAVAILABLE: some of it may be held: give it back.
 */
enum err stock_store_take(struct list *taken, struct list *refused, struct ctx *ctx,
			  const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

/* Gives back what an order holds, and marks all its lines; of an order that was `sold` also what
 * was settled. */
enum err stock_store_give_back(struct ctx *ctx, const bson_oid_t *order_id,
			       const struct list *lines, bool sold) MUST_CHECK;

/* What these orders hold is sold for good. */
enum err stock_store_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* Says how many there are to sell. ERR_PRODUCT_NOT_FOUND. */
enum err stock_store_set(struct ctx *ctx, const bson_oid_t *product_id, int64_t stock) MUST_CHECK;

#endif
