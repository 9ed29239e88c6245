/*
 * The streams that each user opened last, so that STREAMS_PER_USER holds over all processes and
 * machines: delivery_db.stream_subscribers, one document a user.
 *
 *	_id       the user's id
 *	streams   [{_id}], the oldest first. The newest STREAMS_PER_USER may be open; those before
 *	          them are displaced
 *	due       when a job (displaced_job.h) has to look at the displaced streams; absent: never
 *	ended_to  the newest displaced stream that was ended; absent: none was
 *	at        when the newest was opened; the document expires long after any stream of it
 *
 * A displaced stream stays in the list until it is a minute old: so the length of the list also
 * bounds how many streams a user opens in a minute. Streams that end by themselves stay in the
 * list: what is bounded is what can be open.
 */
#ifndef SUBSCRIBER_STORE_H
#define SUBSCRIBER_STORE_H

#include <stdbool.h>

#include "ctx.h"
#include "shape.h"

enum {
	OPENS_PER_MINUTE = 60,          /* of a user, beyond the streams that may be open */
	STREAM_CONNECTED_MS = 2000,     /* from an opening, to the second, until nginx has it */
	DISPLACED_KEPT_MS = 60 * 1000,  /* from the opening of a displaced stream to its removal */
	DISPLACED_CLAIM_MS = 30 * 1000, /* until another process may claim the user */
};

/* STREAMS_PER_USER, 0: any number; RATE_LIMIT=off: not enforced. Set once, before any thread. */
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

/* Adds a stream to a user's, in one update. *displaces: some stream of the user's is displaced.
 * ERR_TOO_MANY_REQUESTS where the list has `most` + OPENS_PER_MINUTE streams. */
enum err subscriber_add(bool *displaces, struct ctx *ctx, const char *user_id,
			const bson_oid_t *stream, int64_t most) MUST_CHECK;

/* Claims the user who has been due for longest, and reads it. ERR_NO_DOCUMENT: none is due, or
 * other processes claim those that are. */
enum err subscriber_claim(struct subscriber *subscriber, struct ctx *ctx, int64_t most) MUST_CHECK;

/* How many of a user's oldest streams are displaced; and how many of these were ended before, can
 * be ended, are to be removed. */
struct displaced {
	size_t n;
	size_t ended;
	size_t connected; /* opened at least STREAM_CONNECTED_MS ago, or ended before */
	size_t old;       /* opened at least DISPLACED_KEPT_MS ago */
};

/* Counts a user's displaced streams at a time (clock_now_ms()). Pure. */
struct displaced subscriber_displaced(const struct subscriber *subscriber, int64_t most,
				      int64_t now);

/* Records that the oldest `ended` streams were ended, and removes the oldest `removed`; the user is
 * due again at `due` (ms since 1970) at the latest. */
enum err subscriber_settle(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
			   size_t removed, int64_t due) MUST_CHECK;

/* When a stream was opened, in ms since 1970, to the second. Pure. */
int64_t stream_opened(const struct stream *stream);

#endif
