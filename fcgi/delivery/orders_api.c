/* Where cart & order tells of its orders. */
#include "auth.h"
#include "clock.h"
#include "delivery_service.h"
#include "log.h"
#include "span.h"

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
