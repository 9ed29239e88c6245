/* Carts in the database: cart_db.cart_items, a document a line. */
#ifndef CART_STORE_H
#define CART_STORE_H

#include "ctx.h"
#include "shape.h"

struct key; /* keys.h */

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
	/* The product as it was when it was last added: shown where it is gone meanwhile. */
	const char *name, *unit, *image_url;
	struct money price;
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

/* Adds a line's quantity to the user's line of that product, or makes one (its _id is not looked
 * at). ERR_QUANTITY_LIMIT, ERR_CART_FULL: nothing was added. */
enum err cart_put(bool *merged, struct ctx *ctx, const struct cart_line *line) MUST_CHECK;

/* What a call with a key is answered: JSON. */
struct cart_answers {
	const char *added, *merged;
};

/*
 * The same for a call that has a key: the line and the answer are written in one transaction, so
 * that a repetition adds nothing. Waits up to 2 s for another call that has the key, or changes the
 * line or the cart. ERR_DUPLICATE: the key has an answer already; ERR_IN_PROGRESS: the other call
 * that has the key isn't done yet; ERR_QUANTITY_LIMIT, ERR_CART_FULL. Nothing was added in these
 * cases. A temporary error also where others changed the line or the cart all the time.
 */
enum err cart_put_once(const char **answer, struct ctx *ctx, const struct cart_line *line,
		       const struct key *key, const struct cart_answers *answers) MUST_CHECK;

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
enum err carts_take_out(struct ctx *ctx, const struct cart_part *parts, size_t n) MUST_CHECK;

#endif
