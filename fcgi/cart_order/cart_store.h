/* Carts in the database: cart_db.cart_items, one document for each line. */
#ifndef CART_STORE_H
#define CART_STORE_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "shape.h"

enum {
	CART_LINES_MAX = 100,
	CART_LINES_READ =
	    2 * CART_LINES_MAX, /* concurrent additions may exceed the limit for a moment */
	LINE_QUANTITY_MAX = 99,
};

struct cart_line {
	bson_oid_t _id;
	const char *user_id;
	bson_oid_t product_id;
	int64_t quantity;
	/* From when the product was last added: shown where it no longer exists. */
	struct product_facts facts;
};

/* A line by its id, and by its user where the caller is bound to one (else NULL). */
struct cart_ref {
	const bson_oid_t *id;
	const char *user_id;
};

extern const char cart_collection[];
extern const struct shape cart_line_doc;

/* Reads a user's lines, in order of insertion. Malformed ones are skipped, logged and counted. */
enum err cart_lines(struct list *lines, struct ctx *ctx, const char *user_id) MUST_CHECK;

/* Deletes the line, whatever its quantity. ERR_ITEM_NOT_FOUND. */
enum err cart_line_remove(struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* Adds one piece. ERR_ITEM_NOT_FOUND, ERR_QUANTITY_LIMIT. */
enum err cart_line_increase(struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* Subtracts one piece; deletes the line at quantity 1 or less. ERR_ITEM_NOT_FOUND. */
enum err cart_line_decrease(bool *removed, struct ctx *ctx, const struct cart_ref *ref) MUST_CHECK;

/* Lines of a user's cart. */
struct cart_part {
	const char *user_id;
	const struct list *lines; /* struct cart_line */
};

/* Deletes exactly these lines with exactly these quantities, within a transaction. ERR_RETRY where
 * one of the carts has changed since it was read. */
enum err carts_remove_lines(struct ctx *ctx, const struct cart_part *parts, size_t n) MUST_CHECK;

#endif
