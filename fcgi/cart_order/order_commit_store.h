/* The transaction by which an order comes to be. */
#ifndef ORDER_COMMIT_STORE_H
#define ORDER_COMMIT_STORE_H

#include "key_store.h"
#include "order_store.h"

/* What is written: all of it or nothing. */
struct order_commit {
	const struct order *order; /* its checkout has the same id */
	const struct list *lines;  /* of the cart, as read: struct cart_line */
	const struct key *key;
	const char *answer; /* stored under the key */
};

/*
 * Moves the checkout from RESERVING to COMMITTED, takes exactly the cart lines out, and stores the
 * order and the answer. Those that come at the same time share one transaction; where that fails,
 * each is tried in one of its own. ERR_NO_DOCUMENT: somebody gave the checkout up; ERR_RETRY: the
 * cart has changed; ERR_DUPLICATE: the key has an answer; a temporary error: it may be done or not.
 */
enum err order_commit(struct ctx *ctx, const struct order_commit *commit) MUST_CHECK;

#endif
