/* Additions to carts (cart_store.h). Concurrent ones share a group commit. */
#ifndef CART_PUT_STORE_H
#define CART_PUT_STORE_H

#include "cart_store.h"
#include "key_store.h"

/* Adds a line's quantity to the user's line of the product, or inserts one; the line's _id is
 * ignored. *merged: the line existed. ERR_QUANTITY_LIMIT, ERR_CART_FULL: nothing was added. */
enum err cart_put(bool *merged, struct ctx *ctx, const struct cart_line *line) MUST_CHECK;

/* The possible answers to a call with a key: JSON. */
struct cart_answers {
	const char *added, *merged;
};

/*
 * The same for a call with a key: one transaction writes the line and the answer, so that a
 * repetition adds nothing. Waits up to 2 s for another call that has the key, or changes the line
 * or the cart. ERR_DUPLICATE: the key has an answer already; ERR_IN_PROGRESS: the other call with
 * the key hasn't ended; ERR_QUANTITY_LIMIT, ERR_CART_FULL: nothing was added in these cases. A
 * temporary error also where others kept changing the line or the cart.
 */
enum err cart_put_once(const char **answer, struct ctx *ctx, const struct cart_line *line,
		       const struct key *key, const struct cart_answers *answers) MUST_CHECK;

#endif
