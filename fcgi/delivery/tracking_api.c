/* GET /order/{order_id}/events: decides who may look; the stream itself is nginx's (nchan). */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "delivery_jobs.h"
#include "delivery_service.h"
#include "delivery_view.h"
#include "gate.h"
#include "stream_client.h"
#include "stream_store.h"

static const char event_stream[] = "text/event-stream; charset=utf-8";

/* The whole stream of an order that has ended, or what HEAD tells of any. */
static enum err reply_event(struct req *rq, const struct delivery *delivery)
{
	struct arena *arena = req_ctx(rq)->arena;
	const char *data = shape_to_text(arena, &delivery_view, delivery);
	const char *text = data ? arena_printf(arena, "event: status\ndata: %s\n\n", data) : NULL;

	return text ? req_reply_as(rq, event_stream, text, strlen(text)) : ERR_UNAVAILABLE;
}

/* ---- handing over to nginx ---- */

static enum err redirect(struct req *rq, const char *location)
{
	enum err e = req_header(rq, "X-Accel-Redirect", location);

	return e ? e : req_reply_as(rq, event_stream, "", 0);
}

/* nginx holds the stream until the order or the token ends. */
static enum err hand_over(struct req *rq, const bson_oid_t *order_id)
{
	const struct token *token = req_token(rq);
	int64_t slot = stream_slot(token ? token->expires : 0);
	char id[25];

	bson_oid_to_string(order_id, id);
	jobs_wake_streams();
	return redirect(rq, arena_printf(req_ctx(rq)->arena, "/streams/%s/%" PRId64, id, slot));
}

/* ---- WebSocket, where the order has ended ---- */

/* nginx asks this service whether it may be told something, and so a few threads at the most wait
 * for it: else all might, and nobody would answer. */
enum { TELLING_AT_A_TIME = 2, WAITING_TO_TELL = 4 };

static struct gate telling;

enum err tracking_start(void)
{
	return gate_init(&telling, TELLING_AT_A_TIME, WAITING_TO_TELL);
}

void tracking_stop(void)
{
	gate_dispose(&telling);
}

static bool wants_socket(const struct req *rq)
{
	const char *upgrade = req_param(rq, "HTTP_UPGRADE");

	return upgrade && strcasecmp(upgrade, "websocket") == 0;
}

/* Only nginx can answer a WebSocket: with a stream of its own, which is told the last state and
 * ends after a moment. */
static enum err hand_over_ended(struct req *rq, const struct delivery *delivery)
{
	struct ctx *ctx = req_ctx(rq);
	const char *data = shape_to_text(ctx->arena, &delivery_view, delivery);
	char id[25];
	bson_oid_t own;
	const char *channel;
	enum err e;

	bson_oid_init(&own, NULL);
	bson_oid_to_string(&own, id);
	channel = arena_printf(ctx->arena, "ended-%s", id);
	if (!data || !channel)
		return ERR_UNAVAILABLE;
	e = gate_enter(&telling, ctx->deadline);
	if (e)
		return e;
	e = stream_tell(ctx, channel, data);
	gate_leave(&telling);
	return e ? e : redirect(rq, arena_printf(ctx->arena, "/ended/%s", id));
}

/* ---- the call ---- */

enum err events_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	const char *method = req_param(rq, "REQUEST_METHOD");
	struct delivery delivery;
	enum err e = delivery_visible(&delivery, rq, &in->order_id);

	if (e)
		return e;
	if (method && strcmp(method, "HEAD") == 0)
		return reply_event(rq, &delivery);
	e = stream_want(req_ctx(rq), &in->order_id);
	if (!e)
		return hand_over(rq, &in->order_id);
	/* It has ended, maybe since it was read. */
	if (e == ERR_NO_DOCUMENT)
		e = delivery_visible(&delivery, rq, &in->order_id);
	if (e)
		return e;
	return wants_socket(rq) ? hand_over_ended(rq, &delivery) : reply_event(rq, &delivery);
}

/* ---- GET /internal/streams ---- */

enum err streams_authorize(struct req *rq)
{
	return req_message(rq, "Streams may be told");
}
