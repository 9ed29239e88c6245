/* Calls to the delivery service. */
#include "delivery_client.h"

#include "fcgi/contracts/order_status.h"
#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1000 };

static const struct field event_fields[] = {
    {FIELD(struct delivery_event, status), ORDER_STATUS_FIELD},
    {FIELD(struct delivery_event, at), .format = "date-time",
     .example = "2026-11-22T23:17:22.313Z"},
    {FIELD(struct delivery_event, by), .example = "service"},
};
const struct shape delivery_event = NAMED_SHAPE("OrderEvent", struct delivery_event, event_fields);

static const struct field state_fields[] = {
    {FIELD(struct delivery_state, status)},
    {FIELD(struct delivery_state, history), .of = &delivery_event, .lenient = true},
};
static const struct shape delivery_state = SHAPE(struct delivery_state, state_fields);

static const struct field order_fields[] = {
    {FIELD(struct delivery_order, order_id)},
    {FIELD(struct delivery_order, user_id)},
    {FIELD(struct delivery_order, request_id)},
    {FIELD(struct delivery_order, traceparent)},
};
static const struct shape delivery_order = SHAPE(struct delivery_order, order_fields);

struct tell_out {
	struct list orders;
};

static const struct field tell_fields[] = {
    {FIELD(struct tell_out, orders), .of = &delivery_order},
};
static const struct shape tell_out = SHAPE(struct tell_out, tell_fields);

/* Makes a call about the order that stands between both parts of its path. ERR_UNAVAILABLE where
 * there is no answer to count on. */
static enum err call_about(struct rest_answer *answer, struct ctx *ctx, const bson_oid_t *order_id,
			   const char *before, const char *behind, struct rest_call *call)
{
	char id[25];
	enum err e;

	bson_oid_to_string(order_id, id);
	call->path = arena_printf(ctx->arena, "%s%s%s", before, id, behind);
	if (!call->path)
		return ERR_NO_MEMORY;
	e = rest_do(answer, ctx, call);
	return !e && answer->status >= 500 ? ERR_UNAVAILABLE : e;
}

/* What it answers to is a fault of ours, or of its own. */
static enum err note_refusal(struct ctx *ctx, const bson_oid_t *order_id, int status)
{
	char id[25];

	bson_oid_to_string(order_id, id);
	log_event(LOG_ERROR, ctx, "delivery.refused order_id=%s status=%d", id, status);
	return ERR_INTERNAL;
}

enum err deliveries_tell(struct ctx *ctx, const struct list *orders, long timeout_ms)
{
	struct tell_out out = {*orders};
	struct rest_answer answer;
	struct rest_call call = {
	    .method = "POST",
	    .path = "/internal/orders",
	    .body = shape_to_text(ctx->arena, &tell_out, &out),
	    .timeout_ms = timeout_ms,
	};
	enum err e = call.body ? rest_do(&answer, ctx, &call) : ERR_NO_MEMORY;

	if (!e && answer.status >= 500)
		e = ERR_UNAVAILABLE;
	if (!e && answer.status != 200)
		e = note_refusal(ctx, orders->items, answer.status);
	return e;
}

enum err delivery_ask_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			     const char *by)
{
	struct rest_answer answer;
	struct rest_call call = {.method = "POST", .timeout_ms = TIMEOUT_MS};
	enum err e;

	call.body = arena_printf(ctx->arena, "{\"user_id\":\"%s\",\"by\":\"%s\"}", user_id, by);
	if (!call.body)
		return ERR_NO_MEMORY;
	e = call_about(&answer, ctx, order_id, "/internal/orders/", "/cancel", &call);
	if (e || answer.status == 200)
		return e;
	if (answer.status == err_info(ERR_NOT_CANCELLABLE)->status)
		return ERR_NOT_CANCELLABLE;
	return note_refusal(ctx, order_id, answer.status);
}

enum err delivery_look(const struct delivery_state **state, struct ctx *ctx,
		       const bson_oid_t *order_id)
{
	struct rest_answer answer;
	struct rest_call call = {.method = "GET", .timeout_ms = TIMEOUT_MS};
	const void *read;
	enum err e = call_about(&answer, ctx, order_id, "/internal/orders/", "", &call);

	if (e)
		return e;
	if (answer.status == 404)
		return ERR_ORDER_NOT_FOUND;
	if (answer.status != 200)
		return note_refusal(ctx, order_id, answer.status);
	e = rest_read(&read, ctx, &answer, &delivery_state);
	if (!e)
		*state = read;
	return e;
}
