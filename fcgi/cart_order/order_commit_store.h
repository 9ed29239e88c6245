/* The transaction that commits an order. */
#ifndef ORDER_COMMIT_STORE_H
#define ORDER_COMMIT_STORE_H

#include "key_store.h"
#include "order_store.h"

/* What the transaction writes. */
struct order_commit {
	const struct order *order; /* its checkout has the same id */
	const struct list *lines;  /* of the cart, as read: struct cart_line */
	const struct key *key;
	const char *answer; /* stored under the key */
};

/*
 * Moves the checkout from RESERVING to COMMITTED, removes exactly the cart lines, and stores the
 * order and the answer. Concurrent calls share one transaction; where it aborts, each is repeated
 * in its own. ERR_NO_DOCUMENT: the checkout was abandoned; ERR_RETRY: the cart has changed;
 * ERR_DUPLICATE: the key has an answer; a temporary error: the order may be committed or not.
 */
enum err order_commit(struct ctx *ctx, const struct order_commit *commit) MUST_CHECK;

#endif
