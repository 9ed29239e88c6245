/* Carts in the database: cart_db.cart_items, a document a line. */
#ifndef CART_STORE_H
#define CART_STORE_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "shape.h"

enum {
	CART_LINES_MAX = 100,
	CART_LINES_READ = 2 * CART_LINES_MAX, /* races may leave a few more for a moment */
	LINE_QUANTITY_MAX = 99,
};

struct cart_line {
	bson_oid_t _id;
	const char *user_id;
	bson_oid_t product_id;
	int64_t quantity;
	/* As they were when the product was last added: shown where it no longer exists. */
	struct product_facts facts;
};

/* A line by its id, and by its user's where the call is bound to one (else NULL). */
struct cart_ref {
	const bson_oid_t *id;
	const char *user_id;
};

extern const char cart_collection[];
extern const struct shape cart_line_doc;

/* A user's lines, in the order in which they came. One that can't be read is left out, logged and
 * counted. */
enum err cart_lines(struct list *lines, struct ctx *ctx, const char *user_id) MUST_CHECK;

/* Whatever the line holds. ERR_ITEM_NOT_FOUND where there is no such line. */
enum err cart_line_remove(struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* ERR_ITEM_NOT_FOUND, ERR_QUANTITY_LIMIT. */
enum err cart_line_increase(struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* Removes the line at quantity 1 or less. ERR_ITEM_NOT_FOUND. */
enum err cart_line_decrease(bool *removed, struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* Lines of a user's cart. */
struct cart_part {
	const char *user_id;
	const struct list *lines; /* struct cart_line */
};

/* Takes exactly these lines out, with exactly these quantities. ERR_RETRY where one of the carts
 * isn't as it was read; within a transaction. */
enum err carts_remove_lines(struct ctx *ctx, const struct cart_part *parts, size_t n) MUST_CHECK;

#endif
