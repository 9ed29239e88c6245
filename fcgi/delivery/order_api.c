/* Calls of the cart & order service: its orders, their state, their cancellation. */
#include "order_api.h"

#include "clock.h"
#include "fcgi/contracts/deliveries.h"
#include "log.h"
#include "service.h"
#include "span.h"
#include "status_api.h"

/* ---- orders that are to be delivered ---- */

/* With each order's own ids: else its trace would end where one call announces many orders. */
static void note_orders(const struct ctx *call, int64_t began_us,
			const struct delivery_order *orders, size_t n)
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
	const struct delivery_orders *in = req_input(rq);
	const struct actor service = {.by = "service"};
	int64_t began_us = clock_mono_us();
	enum err e = deliveries_start(req_ctx(rq), in->orders.items, in->orders.n, &service);

	if (e)
		return e;
	note_orders(req_ctx(rq), began_us, in->orders.items, in->orders.n);
	return req_message(rq, "Orders noted");
}

/* ---- the state of an order ---- */

/* Without the user id that a change has as well: it is for this service's staff to look up. */
static enum err event_of(struct delivery_event *event, struct arena *arena,
			 const struct change *change)
{
	char *at = arena_alloc(arena, ISO_TIME_SIZE);

	if (!at)
		return ERR_NO_MEMORY;
	clock_format_iso(at, change->at.ms);
	*event = (struct delivery_event){order_status_names[change->status], at, change->by};
	return OK;
}

static enum err state_of(struct delivery_state *state, struct arena *arena,
			 const struct delivery *delivery)
{
	size_t n = delivery->history.n;
	struct delivery_event *events = arena_array(arena, n, sizeof *events);
	enum err e = events ? OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < n && !e; i++)
		e = event_of(&events[i], arena, (const struct change *)delivery->history.items + i);
	*state = (struct delivery_state){order_status_names[delivery->status], {events, n}};
	return e;
}

enum err delivery_order_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	struct delivery_state state;
	struct delivery delivery;
	struct change present;
	enum err e = delivery_get(&delivery, req_ctx(rq), &in->order_id);

	if (e)
		return e;
	present = (struct change){delivery.status, delivery.last_updated, "service", NULL};
	/* A record from before there were histories: nobody wrote down who it was. */
	if (!delivery.history.n)
		delivery.history = (struct list){&present, 1};
	e = state_of(&state, req_ctx(rq)->arena, &delivery);
	return e ? e : req_reply(rq, &delivery_state, &state);
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
