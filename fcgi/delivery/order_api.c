/* Calls of the cart & order service: its orders, their state, their cancellation. */
#include "order_api.h"

#include "auth.h"
#include "clock.h"
#include "log.h"
#include "service.h"
#include "span.h"
#include "status_api.h"

enum { ORDERS_MAX = 1000 };

/* ---- POST /internal/orders ---- */

static const struct field told_fields[] = {
    {FIELD(struct told_order, order_id)},
    {FIELD(struct told_order, user_id), .check = check_stored_user_id},
    {FIELD(struct told_order, request_id), .optional = true},
    {FIELD(struct told_order, traceparent), .optional = true},
};
static const struct shape told_order_in = SHAPE(struct told_order, told_fields);

struct told_orders_in {
	struct list orders;
};

static const struct field orders_fields[] = {
    {FIELD(struct told_orders_in, orders), .of = &told_order_in, .min = 1, .max = ORDERS_MAX},
};
const struct shape told_orders_in = SHAPE(struct told_orders_in, orders_fields);

/* Under each order's own ids, or its trail would end where many are told of in one call. */
static void note_orders(const struct ctx *call, int64_t began_us, const struct told_order *orders,
			size_t n)
{
	struct ctx ctx = {0}; /* as far as is looked at it */
	char id[25];

	for (size_t i = 0; i < n; i++) {
		bson_oid_to_string(&orders[i].order_id, id);
		ctx_set_ids(&ctx, orders[i].request_id, orders[i].traceparent);
		log_event(LOG_INFO, &ctx, "delivery.created order_id=%s", id);
		span_note(&ctx, &(struct span_end){
				    .type = SPAN_WORK,
				    .verb = "delivery.created",
				    .link = call->traceparent,
				    .duration_us = clock_mono_us() - began_us,
				});
	}
}

enum err orders_post(struct req *rq)
{
	const struct told_orders_in *in = req_input(rq);
	const struct actor service = {.by = "service"};
	int64_t began_us = clock_mono_us();
	enum err e = deliveries_start(req_ctx(rq), in->orders.items, in->orders.n, &service);

	if (e)
		return e;
	note_orders(req_ctx(rq), began_us, in->orders.items, in->orders.n);
	return req_message(rq, "Orders noted");
}

/* ---- GET /internal/orders/{order_id} ---- */

/* Without the user id that an entry has beside these: it is for us to look up. */
static const struct field change_fields[] = {
    {FIELD(struct change, status), .words = order_status_words},
    {FIELD(struct change, at)},
    {FIELD(struct change, by)},
};
static const struct shape change_out = SHAPE(struct change, change_fields);

static const struct field known_fields[] = {
    {FIELD(struct delivery, status), .words = order_status_words},
    {FIELD(struct delivery, history), .of = &change_out},
};
static const struct shape known_out = SHAPE(struct delivery, known_fields);

enum err delivery_order_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	struct delivery delivery;
	struct change present;
	enum err e = delivery_get(&delivery, req_ctx(rq), &in->order_id);

	if (e)
		return e;
	present = (struct change){delivery.status, delivery.last_updated, "service", NULL};
	/* A record from before there were histories: nobody wrote down who it was. */
	if (!delivery.history.n)
		delivery.history = (struct list){&present, 1};
	return req_reply(rq, &known_out, &delivery);
}

/* ---- POST /internal/orders/{order_id}/cancel ---- */

struct cancel_in {
	bson_oid_t order_id;
	const char *user_id; /* whose order it is */
	int by;
};

enum { BY_CUSTOMER, BY_ADMIN };
static const char *const by_words[] = {[BY_CUSTOMER] = "customer", [BY_ADMIN] = "admin", NULL};

static const struct field cancel_fields[] = {
    {FIELD(struct cancel_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {FIELD(struct cancel_in, user_id), .check = check_stored_user_id},
    {FIELD(struct cancel_in, by), .words = by_words},
};
const struct shape delivery_cancel_in = SHAPE(struct cancel_in, cancel_fields);

enum err delivery_order_cancel(struct req *rq)
{
	const struct cancel_in *in = req_input(rq);
	struct actor actor = {
	    .by = by_words[in->by],
	    .user_id = in->by == BY_CUSTOMER ? in->user_id : NULL,
	};
	enum err e = delivery_cancel(req_ctx(rq), &in->order_id, in->user_id, &actor);

	delivery_wake_streams();
	return e ? e : req_message(rq, "Order cancelled");
}
