/* Calls of the cart & order service: deliveries of its orders, their status, their cancellation. */
#include "order_api.h"

#include "clock.h"
#include "fcgi/contracts/deliveries.h"
#include "log.h"
#include "service.h"
#include "span.h"
#include "status_api.h"

/* ---- new orders ---- */

enum err orders_post(struct req *rq)
{
	const struct delivery_orders *in = req_input(rq);
	const struct delivery_order *orders = in->orders.items;
	const struct actor service = {.by = "service"};
	int64_t began_us = clock_mono_us();
	struct ctx order_ctx = {0}; /* logs and spans use its ids only */
	char id[25];
	enum err e = deliveries_create(req_ctx(rq), orders, in->orders.n, &service);

	if (e)
		return e;
	/* Each order is logged in its own trace: a call announces orders of many traces. */
	for (size_t i = 0; i < in->orders.n; i++) {
		bson_oid_to_string(&orders[i].order_id, id);
		ctx_set_ids(&order_ctx, orders[i].request_id, orders[i].traceparent);
		log_event(LOG_INFO, &order_ctx, "delivery.created order_id=%s", id);
		span_note(&order_ctx, &(struct span_end){
					  .type = SPAN_WORK,
					  .verb = "delivery.created",
					  .link = req_ctx(rq)->traceparent,
					  .duration_us = clock_mono_us() - began_us,
				      });
	}
	return req_message(rq, "Orders noted");
}

/* ---- the status of an order ---- */

/* Leaves out the user ids of the history: only the staff of this service may read them. */
enum err delivery_order_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	struct arena *arena = req_ctx(rq)->arena;
	struct delivery_event *events;
	struct delivery_state state;
	struct delivery delivery;
	struct change present;
	enum err e = delivery_get(&delivery, req_ctx(rq), &in->order_id);

	if (e)
		return e;
	/* Documents of versions without a history don't name the actor. */
	present = (struct change){delivery.status, delivery.last_updated, "service", NULL};
	if (!delivery.history.n)
		delivery.history = (struct list){&present, 1};
	events = arena_array(arena, delivery.history.n, sizeof *events);
	if (!events)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < delivery.history.n; i++) {
		const struct change *change = (const struct change *)delivery.history.items + i;
		char *at = arena_alloc(arena, ISO_TIME_SIZE);

		if (!at)
			return ERR_NO_MEMORY;
		clock_format_iso(at, change->at.ms);
		events[i] =
		    (struct delivery_event){order_status_names[change->status], at, change->by};
	}
	state = (struct delivery_state){order_status_names[delivery.status],
					{events, delivery.history.n}};
	return req_reply(rq, &delivery_state, &state);
}

/* ---- cancellation ---- */

enum err delivery_order_cancel(struct req *rq)
{
	const struct delivery_cancellation *in = req_input(rq);
	struct actor actor = {
	    .by = cancelled_by_names[in->by],
	    .user_id = in->by == CANCELLED_BY_CUSTOMER ? in->user_id : NULL,
	};
	enum err e = delivery_cancel(req_ctx(rq), &in->order_id, in->user_id, &actor);

	delivery_wake_streams();
	return e ? e : req_message(rq, "Order cancelled");
}
