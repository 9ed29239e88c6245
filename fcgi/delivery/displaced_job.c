/* Ends displaced streams. */
#include "displaced_job.h"

#include "background.h"
#include "clock.h"
#include "log.h"
#include "stream_client.h"
#include "subscriber_store.h"

enum {
	RUN_MS = 5000,     /* of a round: shorter than the job's budget and than a lease */
	PUBLISH_MS = 3000, /* of a round, in which last events are published */
	RETRY_MS = 1000,   /* after an error of nginx, or a round that was too short */
	/* Between a stream's last event and its end. Another gateway's nginx may have to fetch the
	 * event from Redis for a subscriber, where closing the channel deletes it. */
	LAST_EVENT_MS = 500,
	BATCH = 32, /* users whose streams wait for their end together */
};

struct metric streams_replaced = {"streams_replaced_total",
				  "streams that ended for newer ones of their user",
				  METRIC_COUNTER};

/* The streams of a list from index `from` on, before `to`. */
struct range {
	const struct stream *streams;
	size_t from, to;
};

/* Something that is done with a channel. */
typedef enum err channel_call(struct ctx *ctx, const char *channel);

static enum err publish_replaced(struct ctx *ctx, const char *channel)
{
	return stream_publish(ctx, channel, "replaced", "{}");
}

static enum err end_again(struct ctx *ctx, const char *channel)
{
	return stream_end_if_subscribed(ctx, channel, "replaced", "{}");
}

/* Calls `call` for each channel until an error or the time `until` (clock_mono_ms()). Returns the
 * index of the first stream that it was not done for. */
static size_t for_streams(struct ctx *ctx, channel_call *call, struct range range, int64_t until)
{
	while (range.from < range.to && clock_mono_ms() < until && !background_stopping()) {
		const char *channel;
		char id[25];

		bson_oid_to_string(&range.streams[range.from]._id, id);
		channel = arena_printf(ctx->arena, STREAM_SUBSCRIBER "%s", id);
		if (!channel || call(ctx, channel))
			break;
		range.from++;
	}
	return range.from;
}

/* The time at which the next displaced stream can be ended or removed. Without any it is `now`, and
 * the next claim removes the deadline. */
static int64_t next_deadline(const struct stream *streams, const struct displaced *displaced,
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

/* A claimed user. */
struct ending {
	struct subscriber subscriber;
	struct displaced displaced;
	int64_t now;      /* when `displaced` was counted */
	size_t published; /* number of the oldest streams that have their last event */
};

/* Claims a user, and publishes the last event of the streams that are connected and were not ended
 * before. */
static enum err begin_ending(struct ending *ending, struct ctx *ctx, int64_t until)
{
	enum err e = subscriber_claim(&ending->subscriber, ctx, streams_per_user);
	struct range new;

	if (e)
		return e;
	ending->now = clock_now_ms();
	ending->displaced =
	    subscriber_displaced(&ending->subscriber, streams_per_user, ending->now);
	new = (struct range){ending->subscriber.streams.items, ending->displaced.ended,
			     ending->displaced.connected};
	ending->published = for_streams(ctx, publish_replaced, new, until);
	return OK;
}

/* Ends the streams that have their last event, then again the old ones, which are removed from the
 * list afterwards. */
static enum err finish_ending(struct ctx *ctx, const struct ending *ending, int64_t until)
{
	const struct subscriber *subscriber = &ending->subscriber;
	const struct displaced *displaced = &ending->displaced;
	const struct stream *streams = subscriber->streams.items;
	size_t again = displaced->old < displaced->ended ? displaced->old : displaced->ended;
	struct range new = {streams, displaced->ended, ending->published};
	struct range old = {streams, 0, again};
	size_t ended, n_replaced, removed = 0;

	if (!displaced->n)
		return OK;
	ended = for_streams(ctx, stream_close_if_subscribed, new, until);
	n_replaced = ended - displaced->ended;
	metric_add(&streams_replaced, (int64_t)n_replaced);
	if (n_replaced)
		log_event(LOG_INFO, ctx, "stream.replaced user_id=%s streams=%zu", subscriber->_id,
			  n_replaced);
	if (ended == displaced->connected)
		removed = for_streams(ctx, end_again, old, until);
	if (ended < displaced->connected || removed < again)
		return subscriber_record_ended(ctx, subscriber, ended, removed,
					       ending->now + RETRY_MS);
	return subscriber_record_ended(ctx, subscriber, ended, displaced->old,
				       next_deadline(streams, displaced, ending->now));
}

/* Claims users until none is left or the batch is full. Returns their number. *published: whether
 * streams wait for their end. */
static size_t begin_batch(struct ending batch[BATCH], bool *published, struct ctx *ctx,
			  int64_t until)
{
	size_t n = 0;

	*published = false;
	while (n < BATCH && clock_mono_ms() < until && !begin_ending(&batch[n], ctx, until)) {
		*published |= batch[n].published > batch[n].displaced.ended;
		n++;
	}
	return n;
}

/* The wait for the last events is one for all users of a batch. */
void displaced_run(struct ctx *ctx)
{
	int64_t now = clock_mono_ms(), publish_until = now + PUBLISH_MS, until = now + RUN_MS;
	struct ending *batch = arena_array(ctx->arena, BATCH, sizeof *batch);
	bool published, failed = false;
	size_t n;

	if (!batch || !streams_limited || !streams_per_user)
		return;
	while (!failed && !background_stopping() &&
	       (n = begin_batch(batch, &published, ctx, publish_until)) > 0) {
		if (published)
			clock_sleep_ms(LAST_EVENT_MS);
		for (size_t i = 0; i < n; i++)
			failed |= finish_ending(ctx, &batch[i], until) != OK;
	}
}
