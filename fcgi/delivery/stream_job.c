/* Publishes states to the streams of orders, and closes streams whose time is over. */
#include "stream_job.h"

#include <inttypes.h>

#include "background.h"
#include "clock.h"
#include "delivery_view.h"
#include "id.h"
#include "log.h"
#include "span.h"
#include "stream_client.h"
#include "stream_store.h"
#include "token.h"

/* ---- changes ---- */

/* The last state has a channel of its own: by its event's id a client is known to have seen it. */
static enum err tell(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	const char *text = shape_to_text(ctx->arena, &delivery_view, delivery);

	if (status_is_end((enum order_status)delivery->status))
		channel = arena_printf(ctx->arena, STREAM_END "%s", channel);
	return text && channel ? stream_tell(ctx, channel, "status", text) : ERR_NO_MEMORY;
}

static enum err remind(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	bool holds;
	enum err e = stream_holds(&holds, ctx, channel);

	return e || holds ? e : tell(ctx, channel, delivery);
}

/* Having closed a channel, nchan forgets what its streams took only when there is a message on
 * another of their channels: at the last closing nobody is left to see it. */
static enum err close_channel(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	bool last = delivery->stream_closed + 1 >= STREAM_CLOSINGS;
	enum err e = stream_close(ctx, channel);

	return e || !last ? e : tell(ctx, channel, delivery);
}

static const struct {
	const char *step; /* in logs and spans */
	enum err (*run)(struct ctx *ctx, const char *channel, const struct delivery *delivery);
} duties[] = {
    [STREAM_TELL] = {"stream.publish", tell},
    [STREAM_REMIND] = {"stream.publish_again", remind},
    [STREAM_CLOSE] = {"stream.close", close_channel},
};

/* Under the ids of the call that it comes of. */
static enum err do_duty(struct ctx *ctx, const struct delivery *delivery)
{
	enum stream_duty duty = stream_duty(delivery);
	int64_t began_us = clock_mono_us();
	char channel[25];
	enum err e;

	bson_oid_to_string(&delivery->order_id, channel);
	delivery_take_ids(ctx, delivery);
	log_event(LOG_INFO, ctx, "stream.step order_id=%s status=%s step=%s", channel,
		  order_status_names[delivery->status], duties[duty].step);
	e = duties[duty].run(ctx, channel, delivery);
	span_note(ctx, &(struct span_end){
			   .type = SPAN_WORK,
			   .verb = duties[duty].step,
			   .failed = e,
			   .duration_us = clock_mono_us() - began_us,
		       });
	return e;
}

/* Does them one after the other, until one fails or the claim is about to end; the number done. */
static size_t do_duties(struct ctx *ctx, const struct list *deliveries, int64_t until)
{
	size_t done = 0;

	while (done < deliveries->n && clock_mono_ms() < until) {
		if (do_duty(ctx, (const struct delivery *)deliveries->items + done))
			break;
		done++;
	}
	return done;
}

/* Claims and does a few; false where there is nothing more to do, or no way to. What was claimed
 * and not done is due again when the claim ends. */
static bool do_some(struct ctx *ctx)
{
	int64_t until = clock_mono_ms() + STREAM_CLAIM_MS / 2;
	struct list deliveries;
	bson_oid_t by;
	size_t done;

	id_new(&by);
	if (streams_claim(&deliveries, ctx, &by) || !deliveries.n)
		return false;
	done = do_duties(ctx, &deliveries, until);
	ctx_set_ids(ctx, NULL, NULL); /* what follows is done for all of them */
	if (done && streams_settle(ctx, &by, deliveries.items, done))
		return false;
	return done == deliveries.n;
}

void streams_run(struct ctx *ctx)
{
	while (do_some(ctx) && !background_stopping())
		;
}

/* ---- the end of tokens ---- */

enum {
	BACKLOG = TOKEN_LIFETIME / STREAM_SLOT_SECONDS,
	BACKLOG_A_ROUND = 20,
};

static enum err close_slot(struct ctx *ctx, int64_t slot)
{
	const char *channel = arena_printf(ctx->arena, STREAM_UNTIL "%" PRId64, slot);

	return channel ? stream_close(ctx, channel) : ERR_NO_MEMORY;
}

void streams_expire(struct ctx *ctx)
{
	/* Closed are those from `first` to `last`; of this thread alone. */
	static int64_t first, last;
	int64_t over = clock_now_ms() / 1000 / STREAM_SLOT_SECONDS;

	if (!last) {
		first = last = over;
		return; /* the gateway may start after its pools */
	}
	/* The last one again: somebody may have been let in just before its end. */
	for (int64_t slot = last; slot <= over; slot++) {
		if (close_slot(ctx, slot))
			return;
		last = slot;
	}
	/* Those that ended while no process was there, a few at a time. */
	for (int i = 0; i < BACKLOG_A_ROUND && first > over - BACKLOG; i++, first--) {
		if (close_slot(ctx, first - 1))
			return;
	}
}
