/*
 * The streams that each user opened last, so that STREAMS_PER_USER holds over all processes and
 * machines: delivery_db.stream_subscribers, one document for each user.
 *
 *	_id       the user's id
 *	streams   [{_id}], the oldest first. The newest STREAMS_PER_USER may be open; the others are
 *	          displaced
 *	due       the deadline after which a job (displaced_job.h) claims the user; absent: nothing
 *	          to do
 *	ended_to  the newest displaced stream that was ended; absent: none
 *	at        when the newest stream was opened; the document expires long after all of them
 *
 * A displaced stream stays in the list until it is a minute old, so the length of the list also
 * limits how many streams a user opens in a minute. The list keeps streams that a client has ended:
 * the limit is on streams that may be open.
 */
#ifndef SUBSCRIBER_STORE_H
#define SUBSCRIBER_STORE_H

#include <stdbool.h>

#include "ctx.h"
#include "shape.h"

enum {
	OPENS_PER_MINUTE = 60,          /* of a user, beyond the streams that may be open */
	STREAM_CONNECTED_MS = 2000,     /* from an opening, in whole seconds, until nginx has it */
	DISPLACED_KEPT_MS = 60 * 1000,  /* from the opening of a displaced stream to its removal */
	DISPLACED_LEASE_MS = 30 * 1000, /* of a claim of a user */
};

/* STREAMS_PER_USER, 0: unlimited; RATE_LIMIT=off: not enforced. Set once, before threads start. */
extern int64_t streams_per_user;
extern bool streams_limited;

struct stream {
	bson_oid_t _id;
};

/* A user whose displaced streams are claimed. */
struct subscriber {
	const char *_id;
	struct list streams; /* struct stream */
	bson_oid_t ended_to; /* zero: none */
};

/* Adds a stream to a user's list, in one update. *displaces: the user has displaced streams.
 * max_open: how many may be open. ERR_TOO_MANY_REQUESTS: the list has max_open + OPENS_PER_MINUTE
 * streams. */
enum err subscriber_add(bool *displaces, struct ctx *ctx, const char *user_id,
			const bson_oid_t *stream, int64_t max_open) MUST_CHECK;

/* Claims the user whose deadline passed first, and reads the document. ERR_NO_DOCUMENT: no deadline
 * has passed, or other processes claimed those users. */
enum err subscriber_claim(struct subscriber *subscriber, struct ctx *ctx,
			  int64_t max_open) MUST_CHECK;

/* Numbers of a user's oldest streams. */
struct displaced {
	size_t n;         /* displaced */
	size_t ended;     /* of these: ended before */
	size_t connected; /* opened at least STREAM_CONNECTED_MS ago, or ended before */
	size_t old;       /* opened at least DISPLACED_KEPT_MS ago: to be removed */
};

/* Counts a user's displaced streams at the time `now` (clock_now_ms()). Pure. */
struct displaced subscriber_displaced(const struct subscriber *subscriber, int64_t max_open,
				      int64_t now);

/* Records that the oldest `ended` streams were ended, and removes the oldest `removed`. The user's
 * deadline is `deadline` (ms since 1970) or earlier. */
enum err subscriber_record_ended(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
				 size_t removed, int64_t deadline) MUST_CHECK;

/* When a stream was opened, in ms since 1970, in whole seconds. Pure. */
int64_t stream_opened(const struct stream *stream);

#endif
