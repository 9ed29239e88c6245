/* Calls to the delivery service. */
#include "delivery_client.h"

#include <string.h>

#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1000 };

/* Makes a call whose path contains an order's id. ERR_UNAVAILABLE also where the answer is a 5xx.
 */
static enum err call_about(struct rest_answer *answer, struct ctx *ctx, const bson_oid_t *order_id,
			   const char *path, struct rest_call *call)
{
	enum err e;

	call->path = delivery_path(ctx->arena, path, order_id);
	if (!call->path)
		return ERR_NO_MEMORY;
	e = rest_do(answer, ctx, call);
	return !e && answer->status >= 500 ? ERR_UNAVAILABLE : e;
}

/* Logs an unexpected status: one of the two services is wrong. */
static enum err note_refusal(struct ctx *ctx, const bson_oid_t *order_id, int status)
{
	char id[25];

	bson_oid_to_string(order_id, id);
	log_event(LOG_ERROR, ctx, "delivery.refused order_id=%s status=%d", id, status);
	return ERR_INTERNAL;
}

enum err deliveries_dispatch(struct ctx *ctx, const struct list *orders, long timeout_ms)
{
	struct delivery_orders out = {*orders};
	struct rest_answer answer;
	struct rest_call call = {
	    .method = "POST",
	    .path = DELIVERY_ORDERS_PATH,
	    .body = shape_to_text(ctx->arena, &delivery_orders, &out),
	    .timeout_ms = timeout_ms,
	};
	enum err e = call.body ? rest_do(&answer, ctx, &call) : ERR_NO_MEMORY;

	if (!e && answer.status >= 500)
		e = ERR_UNAVAILABLE;
	if (!e && answer.status != 200)
		e = note_refusal(ctx, orders->items, answer.status);
	return e;
}

enum err deliveries_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			   const char *by)
{
	struct rest_answer answer;
	struct delivery_cancellation out = {.user_id = user_id, .by = CANCELLED_BY_CUSTOMER};
	struct rest_call call = {.method = "POST", .timeout_ms = TIMEOUT_MS};
	enum err e;

	if (strcmp(by, cancelled_by_names[CANCELLED_BY_ADMIN]) == 0)
		out.by = CANCELLED_BY_ADMIN;
	call.body = shape_to_text(ctx->arena, &delivery_cancellation_body, &out);
	if (!call.body)
		return ERR_NO_MEMORY;
	e = call_about(&answer, ctx, order_id, DELIVERY_CANCEL_PATH, &call);
	if (e || answer.status == 200)
		return e;
	if (answer.status == err_info(ERR_NOT_CANCELLABLE)->status)
		return ERR_NOT_CANCELLABLE;
	return note_refusal(ctx, order_id, answer.status);
}

enum err deliveries_get_state(const struct delivery_state **state, struct ctx *ctx,
			      const bson_oid_t *order_id)
{
	struct rest_answer answer;
	struct rest_call call = {.method = "GET", .timeout_ms = TIMEOUT_MS};
	const void *read;
	enum err e = call_about(&answer, ctx, order_id, DELIVERY_ORDER_PATH, &call);

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
