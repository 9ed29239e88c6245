/* The header Idempotency-Key of a call (key_store.h). */
#ifndef KEY_API_H
#define KEY_API_H

#include "key_store.h"
#include "req.h"

enum { KEY_MAX = 255 }; /* characters */

/* Reads the header of a call to `route` on behalf of a user. ERR_IDEMPOTENCY_KEY. */
enum err key_read(struct key *key, struct req *rq, const char *route,
		  const char *user_id) MUST_CHECK;

/* Sends a stored answer. */
enum err key_reply(struct req *rq, const char *answer) MUST_CHECK;

/* 422 for a key that has answered another request; returns ERR_INVALID. */
enum err key_refuse(struct req *rq) MUST_CHECK;

#endif
