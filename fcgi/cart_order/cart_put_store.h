/* Adding to carts (cart_store.h). Concurrent additions are written in one command. */
#ifndef CART_PUT_STORE_H
#define CART_PUT_STORE_H

#include "cart_store.h"
#include "key_store.h"

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

#endif
