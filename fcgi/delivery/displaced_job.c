/* Ends the streams of users who opened more than they may have. */
#include "displaced_job.h"

#include "background.h"
#include "clock.h"
#include "log.h"
#include "stream_client.h"
#include "subscriber_store.h"

enum {
	RUN_MS = 5000,   /* of a round; well within the job's budget and a claim */
	RETRY_MS = 1000, /* where the nginx of the streams is away, or a round was too short */
};

struct metric streams_replaced = {"streams_replaced_total",
				  "streams that ended for newer ones of their user",
				  METRIC_COUNTER};

/* stream_end() or stream_end_again() */
typedef enum err end_channel(struct ctx *ctx, const char *channel, const char *event,
			     const char *message);

static enum err end_stream(struct ctx *ctx, end_channel *end, const struct stream *stream)
{
	char id[25];
	const char *channel;

	bson_oid_to_string(&stream->_id, id);
	channel = arena_printf(ctx->arena, STREAM_SUBSCRIBER "%s", id);
	return channel ? end(ctx, channel, "replaced", "{}") : ERR_NO_MEMORY;
}

/* Those of a list from `from` on, before `to`. */
struct range {
	const struct stream *streams;
	size_t from, to;
};

/* Ends them until one fails or the time is over; the number of the first that was not ended. */
static size_t end_streams(struct ctx *ctx, end_channel *end, struct range range, int64_t until)
{
	while (range.from < range.to && clock_mono_ms() < until && !background_stopping() &&
	       !end_stream(ctx, end, &range.streams[range.from]))
		range.from++;
	return range.from;
}

/* When the next of the displaced streams can be ended or removed. Where none is left, the next
 * claim removes `due`. */
static int64_t due_again(const struct stream *streams, const struct displaced *displaced,
			 int64_t now)
{
	int64_t next = now;

	if (displaced->old < displaced->n)
		next = stream_opened(&streams[displaced->old]) + DISPLACED_KEPT_MS;
	if (displaced->connected < displaced->n) {
		int64_t connected =
		    stream_opened(&streams[displaced->connected]) + STREAM_CONNECTED_MS;

		next = connected < next ? connected : next;
	}
	return next;
}

static void note_replaced(struct ctx *ctx, const struct subscriber *subscriber, size_t n)
{
	metric_add(&streams_replaced, (int64_t)n);
	if (n)
		log_event(LOG_INFO, ctx, "stream.replaced user_id=%s streams=%zu", subscriber->_id,
			  n);
}

/* Ends those that nginx has by now and that were not ended before, then once more those that are
 * old. */
static enum err end_displaced(struct ctx *ctx, const struct subscriber *subscriber, int64_t until)
{
	const struct stream *streams = subscriber->streams.items;
	int64_t now = clock_now_ms();
	struct displaced displaced = subscriber_displaced(subscriber, streams_per_user, now);
	size_t again = displaced.old < displaced.ended ? displaced.old : displaced.ended;
	struct range new = {streams, displaced.ended, displaced.connected};
	struct range old = {streams, 0, again};
	size_t ended, removed = 0;

	if (!displaced.n)
		return OK;
	ended = end_streams(ctx, stream_end, new, until);
	note_replaced(ctx, subscriber, ended - displaced.ended);
	if (ended == displaced.connected)
		removed = end_streams(ctx, stream_end_again, old, until);
	if (ended < displaced.connected || removed < again)
		return subscriber_settle(ctx, subscriber, ended, removed, now + RETRY_MS);
	return subscriber_settle(ctx, subscriber, ended, displaced.old,
				 due_again(streams, &displaced, now));
}

void displaced_run(struct ctx *ctx)
{
	int64_t until = clock_mono_ms() + RUN_MS;
	struct subscriber subscriber;

	if (!streams_limited || !streams_per_user)
		return;
	while (clock_mono_ms() < until && !background_stopping()) {
		if (subscriber_claim(&subscriber, ctx, streams_per_user))
			return;
		if (end_displaced(ctx, &subscriber, until))
			return;
	}
}
