/*
 * Idempotency keys: cart_db.keys. The answer of the first success under a key is stored in the
 * same transaction as the change that it acknowledges, and returned again byte for byte. A key
 * belongs to a user and a route. Source: draft-ietf-httpapi-idempotency-key-header.
 */
#ifndef KEY_STORE_H
#define KEY_STORE_H

#include "ctx.h"

extern const char key_collection[];

/* A call's key and request. */
struct key {
	const char *id; /* NULL: the call has none */
	const char *request;
};

/* Reads the answer that is stored under a key. ERR_NO_DOCUMENT where there is none, or no key;
 * ERR_INVALID where it is the answer to another request. */
enum err key_answer(const char **answer, struct ctx *ctx, const struct key *key) MUST_CHECK;

struct key_answered {
	const struct key *key;
	const char *answer;
};

/* Stores the answers of those calls that have a key, within the transaction of the changes that
 * they acknowledge. ERR_DUPLICATE where another call has stored one. */
enum err keys_store(struct ctx *ctx, const struct key_answered *answered, size_t n) MUST_CHECK;

/* Removes a stored answer, within the transaction that reverts the change. */
enum err key_remove(struct ctx *ctx, const struct key *key) MUST_CHECK;

#endif
