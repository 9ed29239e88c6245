/* GET /order/{order_id}/events: authorizes subscribers, and redirects them to the nginx that holds
 * the streams (nchan). */
#include "tracking_api.h"

#include <inttypes.h>
#include <string.h>

#include "delivery_view.h"
#include "id.h"
#include "service.h"
#include "status_api.h"
#include "stream_client.h"
#include "stream_store.h"
#include "subscriber_store.h"

static const char event_stream[] = "text/event-stream; charset=utf-8";

/* ---- ended orders ---- */

/* The id that nchan would give to the last status on the channel of the end: see is_final(). */
#define FINAL_ID "0:-,-,-,[0]"

/*
 * Whether no event follows this one: it was the last status of an order that has ended, or the
 * event `replaced`. nchan numbers the messages of a stream's channels (streams.conf.in) in one id,
 * "1795990147:2,-,[0],-", with brackets at the message's channel. The first channel has the
 * statuses under way, the last one the end of the order. A client may send the id of another
 * order's event: so the id alone is no proof that this order has ended.
 */
static bool is_final(const char *event_id, const struct delivery *delivery)
{
	const char *at = event_id ? strstr(event_id, ",[") : NULL;
	bool of_end = at && !strchr(at + 1, ',');

	return at && (!of_end || status_is_end((enum order_status)delivery->status));
}

/* Replies with one event, which nothing follows: the whole stream of an ended order, or the
 * response to HEAD. */
static enum err reply_status(struct req *rq, const struct delivery *delivery)
{
	struct arena *arena = req_ctx(rq)->arena;
	const char *data = shape_to_text(arena, &delivery_view, delivery);
	const char *text =
	    data ? arena_printf(arena, "id: " FINAL_ID "\nevent: status\ndata: %s\n\n", data)
		 : NULL;

	return text ? req_reply_as(rq, event_stream, text, strlen(text)) : ERR_NO_MEMORY;
}

/* ---- the call ---- */

struct events_in {
	bson_oid_t order_id;
	const char *last_event_id; /* NULL: not in the query */
};

/* Polyfills of EventSource send the id in the query: CORS would have to allow a header. */
static const struct field events_fields[] = {
    {FIELD(struct events_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {.name = "lastEventId",
     .type = FIELD_STRING,
     .offset = offsetof(struct events_in, last_event_id),
     .from = FROM_QUERY,
     .optional = true,
     .raw = true,
     .about = "For the package event-source-polyfill, which sends it instead of Last-Event-ID: the "
	      "id of an event as it was received (it is opaque), percent-encoded. Where nothing "
	      "follows it, the answer is JSON",
     .example = "1796051836:[0],-,-,-"},
};
const struct shape events_in = SHAPE(struct events_in, events_fields);

/*
 * Redirects to nginx, which holds the stream until the order or the token ends, or newer streams
 * displace it. ERR_NO_DOCUMENT: the order has ended since it was read.
 *
 * Only the streams of customers are limited. A stream that is refused changes no delivery. The
 * displaced job ends displaced streams: a request can't wait for nginx, which asks this service
 * whether the publisher is authorized.
 */
static enum err open_stream(struct req *rq, const bson_oid_t *order_id)
{
	const struct token *token = req_token(rq);
	int64_t slot = stream_slot(token ? token->expires : 0);
	char id[25], name[25] = "none";
	bson_oid_t stream;
	bool displaces = false;
	enum err e = OK;

	if (streams_limited && streams_per_user && token && token->role & ROLES_PERSON) {
		id_new(&stream);
		bson_oid_to_string(&stream, name);
		e = subscriber_add(&displaces, req_ctx(rq), token->user_id, &stream,
				   streams_per_user);
	}
	if (e == ERR_TOO_MANY_REQUESTS)
		return req_refuse_until(rq, e, DISPLACED_KEPT_MS);
	if (!e && displaces)
		delivery_wake_displaced();
	if (!e)
		e = stream_request_replay(req_ctx(rq), order_id);
	if (e)
		return e;
	delivery_wake_streams();
	bson_oid_to_string(order_id, id);
	e = req_header(rq, "X-Accel-Redirect",
		       arena_printf(req_ctx(rq)->arena, STREAM_SUBSCRIBE_PATH "%s/%" PRId64 "/%s",
				    id, slot, name));
	return e ? e : req_reply_as(rq, event_stream, "", 0);
}

enum err events_get(struct req *rq)
{
	const struct events_in *in = req_input(rq);
	const char *method = req_param(rq, "REQUEST_METHOD");
	struct delivery delivery;
	enum err e = delivery_visible(&delivery, rq, &in->order_id);

	if (e)
		return e;
	if (is_final(req_param(rq, "HTTP_X_LAST_EVENT_ID"), &delivery))
		return req_no_content(rq);
	/* event-source-polyfill reconnects for ever after a 204. It stops at a body that is not an
	 * event stream. */
	if (is_final(in->last_event_id, &delivery))
		return req_reply(rq, &delivery_view, &delivery);
	if (method && strcmp(method, "HEAD") == 0)
		return reply_status(rq, &delivery);
	if (!status_is_end((enum order_status)delivery.status)) {
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
	return req_message(rq, "Publisher authorized");
}
