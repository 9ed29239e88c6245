/* GET /order/{order_id}/events: decides who may subscribe; the stream itself is nginx's (nchan). */
#include <inttypes.h>
#include <string.h>

#include "delivery_jobs.h"
#include "delivery_service.h"
#include "delivery_view.h"
#include "gate.h"
#include "id.h"
#include "stream_client.h"
#include "stream_store.h"
#include "subscriber_store.h"

int64_t streams_per_user;
bool streams_limited;
struct metric streams_replaced = {"streams_replaced_total",
				  "streams that ended for newer ones of their user", COUNTED};

static const char event_stream[] = "text/event-stream; charset=utf-8";

/* ---- the end ---- */

/* As nchan would number the last state on the channel of the end: see is_final(). */
#define FINAL_ID "0:-,-,-,[0]"

/*
 * Whether nothing follows this event: it was the last state, or told that another stream has taken
 * this one's place. nchan numbers the messages of a stream's channels (streams.conf.in) in one id,
 * "1795990147:2,-,[0],-", where the brackets are at the channel that the message came by; the
 * channel of states under way is the first.
 */
static bool is_final(const char *event_id)
{
	return event_id && strstr(event_id, ",[");
}

/* A stream of one event, after which nothing follows; with data NULL there was no memory. */
static enum err reply_event(struct req *rq, const char *event, const char *data)
{
	const char *text =
	    data ? arena_printf(req_ctx(rq)->arena, "id: " FINAL_ID "\nevent: %s\ndata: %s\n\n",
				event, data)
		 : NULL;

	return text ? req_reply_as(rq, event_stream, text, strlen(text)) : ERR_UNAVAILABLE;
}

/* The whole stream of an order that has ended, or what HEAD tells of any. */
static enum err reply_status(struct req *rq, const struct delivery *delivery)
{
	return reply_event(rq, "status",
			   shape_to_text(req_ctx(rq)->arena, &delivery_view, delivery));
}

/* ---- as many as a user may have ---- */

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

/* Staff and services watch as many orders as they need; without a token there is no user. */
static bool is_limited(const struct token *token)
{
	return streams_limited && streams_per_user && token && token->role == ROLE_CUSTOMER;
}

/* Tells a stream that it is replaced, and ends it. */
static enum err end_stream(struct ctx *ctx, const bson_oid_t *stream)
{
	char id[25];
	const char *channel;

	bson_oid_to_string(stream, id);
	channel = arena_printf(ctx->arena, STREAM_SUBSCRIBER "%s", id);
	if (!channel)
		return ERR_UNAVAILABLE;
	return stream_end(ctx, channel, "replaced", "{}");
}

static enum err end_streams(struct ctx *ctx, const struct list *displaced)
{
	enum err e = gate_enter(&telling, ctx->deadline);

	if (e)
		return e;
	for (size_t i = 0; i < displaced->n && !e; i++)
		e = end_stream(ctx, &((const struct stream *)displaced->items)[i]._id);
	gate_leave(&telling);
	return e;
}

/* A stream that is not opened takes no place. Where this fails it stays in the list for a while. */
static void give_up_place(struct ctx *ctx, const char *user_id, const bson_oid_t *stream)
{
	struct stream own = {*stream};
	bool kept;

	(void)!subscriber_remove(&kept, ctx, user_id, &(struct list){&own, 1}, stream,
				 streams_per_user);
}

/* Counts one more stream of the caller's, and ends those that are too many; *kept is false where so
 * many were opened meanwhile that this one is. On an error none is opened, and the next one ends
 * what this one should have. */
static enum err take_place(bool *kept, struct req *rq, const bson_oid_t *stream)
{
	const char *user_id = req_token(rq)->user_id;
	struct ctx *ctx = req_ctx(rq);
	struct list displaced;
	enum err e = subscriber_add(&displaced, ctx, user_id, stream, streams_per_user);

	if (!e && !displaced.n)
		*kept = true;
	if (e || !displaced.n)
		return e;
	e = end_streams(ctx, &displaced);
	if (e) {
		give_up_place(ctx, user_id, stream);
		return e;
	}
	metric_add(&streams_replaced, (int64_t)displaced.n);
	return subscriber_remove(kept, ctx, user_id, &displaced, stream, streams_per_user);
}

/* ---- the call ---- */

/* nginx holds the stream until the order or the token ends, or another one takes its place. */
static enum err hand_over(struct req *rq, const bson_oid_t *order_id, const char *stream)
{
	const struct token *token = req_token(rq);
	int64_t slot = stream_slot(token ? token->expires : 0);
	char id[25];
	enum err e;

	bson_oid_to_string(order_id, id);
	jobs_wake_streams();
	e = req_header(rq, "X-Accel-Redirect",
		       arena_printf(req_ctx(rq)->arena, "/streams/%s/%" PRId64 "/%s", id, slot,
				    stream));
	return e ? e : req_reply_as(rq, event_stream, "", 0);
}

/* ERR_NO_DOCUMENT: the order has ended since it was read. */
static enum err open_stream(struct req *rq, const bson_oid_t *order_id)
{
	bson_oid_t stream;
	bool kept;
	char id[25];
	enum err e = stream_want(req_ctx(rq), order_id);

	if (e)
		return e;
	if (!is_limited(req_token(rq)))
		return hand_over(rq, order_id, "none");
	id_new(&stream);
	bson_oid_to_string(&stream, id);
	e = take_place(&kept, rq, &stream);
	if (e)
		return e;
	return kept ? hand_over(rq, order_id, id) : reply_event(rq, "replaced", "{}");
}

enum err events_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	const char *method = req_param(rq, "REQUEST_METHOD");
	struct delivery delivery;
	enum err e = delivery_visible(&delivery, rq, &in->order_id);

	if (e)
		return e;
	if (is_final(req_param(rq, "HTTP_X_LAST_EVENT_ID")))
		return req_no_content(rq);
	if (method && strcmp(method, "HEAD") == 0)
		return reply_status(rq, &delivery);
	if (!status_is_end((enum status)delivery.status)) {
		e = open_stream(rq, &in->order_id);
		if (e != ERR_NO_DOCUMENT)
			return e;
		e = delivery_visible(&delivery, rq, &in->order_id);
	}
	return e ? e : reply_status(rq, &delivery);
}

/* ---- GET /internal/streams ---- */

enum err streams_authorize(struct req *rq)
{
	return req_message(rq, "Streams may be told");
}
