/* The order routes. */
#include "order_api.h"

#include "auth.h"
#include "cancel_saga.h"
#include "checkout_store.h"
#include "clock.h"
#include "delivery_client.h"
#include "fcgi/contracts/order_status.h"
#include "json.h"
#include "key_api.h"
#include "order_saga.h"

enum { ORDERS_DEFAULT = 20 };

/* ---- POST /order/create ---- */

struct create_in {
	const char *user_id;
	struct money expected_total;
};

static const struct field create_fields[] = {
    {FIELD(struct create_in, user_id), USER_ID_IN},
    {FIELD(struct create_in, expected_total), .optional = true, .no_null = true},
};
const struct shape order_create_in = NAMED_SHAPE("OrderRequest", struct create_in, create_fields);

struct total_out {
	struct money total;
};

static const struct field total_fields[] = {{FIELD(struct total_out, total)}};
const struct shape order_total_out = SHAPE(struct total_out, total_fields);

/* As the product service names them (stock_client.h). */
static const struct field id_fields[] = {{.type = FIELD_ID}};
static const struct shape id_out = SHAPE(bson_oid_t, id_fields);

struct refused_out {
	struct list product_ids;
};

static const struct field refused_fields[] = {
    {FIELD(struct refused_out, product_ids), .of = &id_out},
};
const struct shape order_refused_out = SHAPE(struct refused_out, refused_fields);

enum err order_create(struct req *rq)
{
	const struct create_in *in = req_input(rq);
	struct order_request request = {.user_id = in->user_id,
					.expected_total = in->expected_total,
					.is_limited = req_is_limited(rq)};
	struct order_result result = {0};
	struct json_object *total;
	enum err e = req_may_act_for(rq, in->user_id);

	if (!e)
		e = key_read(&request.key, rq, "create", in->user_id);
	if (!e)
		e = place_order(&result, req_ctx(rq), &request);
	if (e == ERR_INVALID)
		return key_refuse(rq);
	if (e == ERR_OUT_OF_STOCK)
		return req_refuse_with(rq, e, "product_ids", json_object_get(result.refused));
	if (e == ERR_TOTAL_CHANGED) {
		total = arena_defer(req_ctx(rq)->arena, json_release,
				    shape_to_json(&order_total_out, &result.total));
		return req_refuse_with(rq, e, "total",
				       json_object_get(json_object_object_get(total, "total")));
	}
	if (e == ERR_TOO_MANY_ORDERS)
		return req_refuse_until(rq, e, result.wait_ms);
	return e ? e : key_reply(rq, result.answer);
}

/* ---- GET /order/{order_id} ---- */

struct order_in {
	bson_oid_t order_id;
};

static const struct field order_in_fields[] = {
    {FIELD(struct order_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
};
const struct shape order_in = SHAPE(struct order_in, order_in_fields);

struct order_view {
	bson_oid_t _id;
	const char *user_id;
	struct list items;
	struct money total;
	const char *status;
	struct timestamp created_at;
	struct list history; /* struct delivery_event */
};

static const struct field order_view_fields[] = {
    {FIELD(struct order_view, _id)},
    {FIELD(struct order_view, user_id), USER_ID_OUT},
    {FIELD(struct order_view, items), .of = &order_item_doc},
    {FIELD(struct order_view, total)},
    {FIELD(struct order_view, status), ORDER_STATUS_FIELD},
    {FIELD(struct order_view, created_at)},
    {FIELD(struct order_view, history), .of = &delivery_event},
};
const struct shape order_view = NAMED_SHAPE("Order", struct order_view, order_view_fields);

/* The state of an order that was not dispatched yet. */
static enum err placed_state(struct delivery_state *state, struct ctx *ctx,
			     const struct order *order)
{
	struct delivery_event *placed = arena_alloc(ctx->arena, sizeof *placed);
	char *at = arena_alloc(ctx->arena, ISO_TIME_SIZE);

	if (!placed || !at)
		return ERR_NO_MEMORY;
	clock_format_iso(at, order->created_at.ms);
	*placed = (struct delivery_event){order_status_names[STATUS_PLACED], at, "service"};
	*state = (struct delivery_state){placed->status, {placed, 1}};
	return OK;
}

/* Asks the delivery service. While it is unavailable, only the state of orders that were not
 * dispatched yet is known. */
static enum err get_state(struct delivery_state *state, struct ctx *ctx, const struct order *order)
{
	const struct delivery_state *found;
	bool is_pending;
	enum err e = deliveries_get_state(&found, ctx, &order->_id);

	if (e == ERR_ORDER_NOT_FOUND)
		return placed_state(state, ctx, order);
	if (!e) {
		*state = *found;
		return OK;
	}
	e = checkout_exists(&is_pending, ctx, &order->_id, CHECKOUT_COMMITTED);
	if (e || !is_pending)
		return ERR_UNAVAILABLE;
	return placed_state(state, ctx, order);
}

/* The caller's id where the caller may see only their own orders; NULL for roles that may see all.
 */
static const char *only_of(const struct req *rq, unsigned roles_of_all)
{
	const struct token *token = req_token(rq);

	return token && !(token->role & roles_of_all) ? token->user_id : NULL;
}

enum err order_get_one(struct req *rq)
{
	const struct order_in *in = req_input(rq);
	struct delivery_state state;
	struct order order;
	enum err e = order_get(&order, req_ctx(rq), &in->order_id,
			       only_of(rq, ROLE_COURIER | ROLE_ADMIN | ROLE_SERVICE));

	if (!e)
		e = get_state(&state, req_ctx(rq), &order);
	if (e)
		return e;
	return req_reply(rq, &order_view,
			 &(struct order_view){order._id, order.user_id, order.items, order.total,
					      state.status, order.created_at, state.history});
}

/* ---- POST /order/{order_id}/cancel ---- */

struct cancelled_out {
	const char *message;
	bson_oid_t order_id;
};

static const char *const cancelled_messages[] = {"Order cancelled", NULL};

static const struct field cancelled_fields[] = {
    {FIELD(struct cancelled_out, message), .values = cancelled_messages},
    {FIELD(struct cancelled_out, order_id)},
};
const struct shape order_cancelled_out =
    NAMED_SHAPE("CancelledOrder", struct cancelled_out, cancelled_fields);

enum err order_cancel(struct req *rq)
{
	const struct order_in *in = req_input(rq);
	struct ctx *ctx = req_ctx(rq);
	struct cancelled_out out = {"Order cancelled", in->order_id};
	struct order order;
	const char *answer;
	struct key key;
	bool is_admin = req_token(rq) && req_token(rq)->role == ROLE_ADMIN;
	enum err e = key_read(&key, rq, "cancel", req_user_id(rq));

	if (!e)
		e = key_answer(&answer, ctx, &key);
	if (e == ERR_INVALID)
		return key_refuse(rq);
	if (e != ERR_NO_DOCUMENT)
		return e ? e : key_reply(rq, answer);
	answer = shape_to_text(ctx->arena, &order_cancelled_out, &out);
	if (!answer)
		return ERR_NO_MEMORY;
	e = order_get(&order, ctx, &in->order_id, only_of(rq, ROLE_ADMIN));
	/* A cancelled order needs no stored key: the answer never changes. */
	if (e || order.cancelled)
		return e ? e : key_reply(rq, answer);
	e = cancel_order(ctx, &order, is_admin ? "admin" : "customer");
	/* Stored after the cancellation, not with it: without a stored answer, a repetition makes
	 * the same one. */
	if (!e)
		e = keys_store(ctx, &(struct key_answered){&key, answer}, 1);
	if (e == ERR_DUPLICATE) /* another call has the key, perhaps for another order */
		e = key_answer(&answer, ctx, &key);
	if (e == ERR_INVALID)
		return key_refuse(rq);
	return e ? e : key_reply(rq, answer);
}

/* ---- GET /orders/{user_id} ---- */

struct history_in {
	const char *user_id;
	int64_t limit;    /* 0: not given */
	bson_oid_t after; /* all zero: not given */
};

static const struct field history_fields[] = {
    {FIELD(struct history_in, user_id), .from = FROM_PATH, USER_ID_IN},
    {FIELD(struct history_in, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100,
     .example = "20"},
    {FIELD(struct history_in, after), .from = FROM_QUERY, .optional = true},
};
const struct shape orders_in = SHAPE(struct history_in, history_fields);

/* The published members: without the names in the document. */
static const struct field item_out_fields[] = {
    {FIELD(struct order_item, product_id)},
    {FIELD(struct order_item, quantity)},
    {FIELD_IN(struct order_item, facts, price)},
};
static const struct shape item_out =
    NAMED_SHAPE("OrderSummaryItem", struct order_item, item_out_fields);

static const struct field order_out_fields[] = {
    {FIELD(struct order, _id)},
    {FIELD(struct order, user_id), USER_ID_OUT},
    {FIELD(struct order, items), .of = &item_out},
    {FIELD(struct order, total)},
    {FIELD(struct order, created_at)},
};
const struct shape order_out = NAMED_SHAPE("OrderSummary", struct order, order_out_fields);

enum err orders_get(struct req *rq)
{
	static const bson_oid_t none;
	const struct history_in *in = req_input(rq);
	const bson_oid_t *after = bson_oid_equal(&in->after, &none) ? NULL : &in->after;
	size_t limit = in->limit ? (size_t)in->limit : ORDERS_DEFAULT;
	struct list orders;
	char cursor[25];
	enum err e = req_may_act_for(rq, in->user_id);

	if (e)
		return e;
	/* One more than requested, to find out whether there is a next page. */
	e = orders_of_user(&orders, req_ctx(rq), in->user_id, after, limit + 1);
	if (e == ERR_ORDER_NOT_FOUND)
		return req_invalid(rq, "query", "after", "Input should be an order of this user");
	if (!e && orders.n > limit) {
		orders.n = limit;
		bson_oid_to_string(&((const struct order *)orders.items + limit - 1)->_id, cursor);
		e = req_link_next(rq, cursor);
	}
	return e ? e : req_reply_list(rq, &order_out, &orders);
}
