/* Publishes statuses to the streams of orders, and closes streams of ended orders and expired
 * tokens. */
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

/* ---- statuses ---- */

/* The last status has a channel of its own: its event's id proves that a client has received it
 * (tracking_api.c). */
static enum err publish(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	const char *text = shape_to_text(ctx->arena, &delivery_view, delivery);

	if (status_is_end((enum order_status)delivery->status))
		channel = arena_printf(ctx->arena, STREAM_END "%s", channel);
	return text && channel ? stream_publish(ctx, channel, "status", text) : ERR_NO_MEMORY;
}

/* nginx replays the message that it holds to each subscriber. It loses messages when it is
 * restarted. */
static enum err replay(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	bool has_message;
	enum err e = stream_has_message(&has_message, ctx, channel);

	return e || has_message ? e : publish(ctx, channel, delivery);
}

/* nchan frees the memory of a closed channel's streams only when another of their channels gets a
 * message. After the last closing no stream is left that could receive it. */
static enum err close_channel(struct ctx *ctx, const char *channel, const struct delivery *delivery)
{
	bool is_last = delivery->closes + 1 >= STREAM_CLOSES;
	enum err e = stream_close(ctx, channel);

	return e || !is_last ? e : publish(ctx, channel, delivery);
}

static const struct {
	const char *name; /* in logs and spans */
	enum err (*run)(struct ctx *ctx, const char *channel, const struct delivery *delivery);
} steps[] = {
    [STREAM_PUBLISH] = {"stream.publish", publish},
    [STREAM_REPLAY] = {"stream.replay", replay},
    [STREAM_CLOSE] = {"stream.close", close_channel},
};

/* Runs a delivery's next step, in the trace of the call that caused its status. */
static enum err dispatch(struct ctx *ctx, const struct delivery *delivery)
{
	enum stream_step step = stream_next_step(delivery);
	int64_t began_us = clock_mono_us();
	char channel[25];
	enum err e;

	bson_oid_to_string(&delivery->order_id, channel);
	delivery_set_trace(ctx, delivery);
	log_event(LOG_INFO, ctx, "stream.step order_id=%s status=%s step=%s", channel,
		  order_status_names[delivery->status], steps[step].name);
	e = steps[step].run(ctx, channel, delivery);
	span_note(ctx, &(struct span_end){
			   .type = SPAN_WORK,
			   .verb = steps[step].name,
			   .failed = e,
			   .duration_us = clock_mono_us() - began_us,
		       });
	return e;
}

void streams_run(struct ctx *ctx)
{
	const struct delivery *items;
	struct list deliveries;
	bson_oid_t claim;
	int64_t until;
	size_t n;

	do {
		until = clock_mono_ms() + STREAM_LEASE_MS / 2;
		id_new(&claim);
		if (streams_claim(&deliveries, ctx, &claim) || !deliveries.n)
			return;
		/* Until an error or half of the lease. The rest is claimed again when the lease
		 * ends. */
		items = deliveries.items;
		n = 0;
		while (n < deliveries.n && clock_mono_ms() < until && !dispatch(ctx, &items[n]))
			n++;
		ctx_set_ids(ctx, NULL, NULL); /* the update below belongs to no single trace */
		if (n && streams_mark_dispatched(ctx, &claim, items, n))
			return;
	} while (n == deliveries.n && !background_stopping());
}

/* ---- expired tokens ---- */

enum {
	BACKLOG = TOKEN_LIFETIME / STREAM_SLOT_SECONDS,
	BACKLOG_PER_ROUND = 20,
};

static enum err close_slot(struct ctx *ctx, int64_t slot)
{
	const char *channel = arena_printf(ctx->arena, STREAM_UNTIL "%" PRId64, slot);

	return channel ? stream_close(ctx, channel) : ERR_NO_MEMORY;
}

void streams_expire(struct ctx *ctx)
{
	/* The slots from `first` to `last` are closed. Only this job's thread uses them. */
	static int64_t first, last;
	int64_t present = clock_now_ms() / 1000 / STREAM_SLOT_SECONDS;

	if (!last) {
		first = last = present;
		return; /* the gateway may start after the workers */
	}
	/* Begins with the last closed slot: a client may have subscribed just before its end. */
	for (int64_t slot = last; slot <= present; slot++) {
		if (close_slot(ctx, slot))
			return;
		last = slot;
	}
	/* Slots that ended while no process ran. */
	for (int i = 0; i < BACKLOG_PER_ROUND && first > present - BACKLOG; i++, first--) {
		if (close_slot(ctx, first - 1))
			return;
	}
}
