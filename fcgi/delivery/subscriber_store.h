/*
 * The streams that each user opened last, so that STREAMS_PER_USER holds over all processes and
 * machines: delivery_db.stream_subscribers, one document a user.
 *
 *	_id      the user's id
 *	streams  [{_id}], the oldest first. The newest STREAMS_PER_USER may be open; those before
 *	         them are displaced, and stay in the list until they were notified
 *	at       when the newest was opened; the document expires long after any stream of it
 *
 * Streams that end by themselves stay in the list: what is bounded is what can be open.
 */
#ifndef SUBSCRIBER_STORE_H
#define SUBSCRIBER_STORE_H

#include <stdbool.h>

#include "ctx.h"
#include "shape.h"

/* Displaced streams of a user that are kept until they were notified; beyond it the oldest are
 * forgotten. */
enum { DISPLACED_MAX = 8 };

struct stream {
	bson_oid_t _id;
};

/* Adds a stream to a user's. *displaced: struct stream, all but the newest `most`. */
enum err subscriber_add(struct list *displaced, struct ctx *ctx, const char *user_id,
			const bson_oid_t *stream, int64_t most) MUST_CHECK;

/* Removes displaced streams, which were notified. *kept: whether `stream` is one of the newest
 * `most` even now; it is displaced where so many were added meanwhile. */
enum err subscriber_remove(bool *kept, struct ctx *ctx, const char *user_id,
			   const struct list *displaced, const bson_oid_t *stream,
			   int64_t most) MUST_CHECK;

#endif
