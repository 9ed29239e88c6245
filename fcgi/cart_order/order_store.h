/* Orders in the database: cart_db.orders. */
#ifndef ORDER_STORE_H
#define ORDER_STORE_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "shape.h"

struct order_item {
	bson_oid_t product_id;
	struct product_facts
	    facts; /* order facts at the time of the order; the price of one piece */
	int64_t quantity;
};

struct order {
	bson_oid_t _id;
	const char *user_id;
	struct list items; /* struct order_item */
	struct money total;
	struct timestamp created_at;
	bool cancelled;
};

extern const char order_collection[];
extern const struct shape order_item_doc, order_doc;

/* Inserts orders, within a transaction. */
enum err orders_insert(struct ctx *ctx, const struct order *const *orders, size_t n) MUST_CHECK;

/* Reads a user's orders, newest first, starting after the order `after` (NULL: with the newest).
 * ERR_ORDER_NOT_FOUND where `after` isn't one of them. */
enum err orders_of_user(struct list *orders, struct ctx *ctx, const char *user_id,
			const bson_oid_t *after, size_t limit) MUST_CHECK;

/* When the `n`-th newest of a user's orders since `since_ms` was created, including cancelled ones.
 * ERR_NO_DOCUMENT where there are fewer. Read from the index alone. */
enum err order_created_at(struct timestamp *created, struct ctx *ctx, const char *user_id,
			  int64_t since_ms, size_t n) MUST_CHECK;

/* Reads an order of that user (NULL: of any user). ERR_ORDER_NOT_FOUND. */
enum err order_get(struct order *order, struct ctx *ctx, const bson_oid_t *id,
		   const char *user_id) MUST_CHECK;

/* Marks an order as cancelled. ERR_NO_DOCUMENT where it is cancelled already. */
enum err order_set_cancelled(struct ctx *ctx, const bson_oid_t *id) MUST_CHECK;

#endif
