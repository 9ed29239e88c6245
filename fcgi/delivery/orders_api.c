/* Where cart & order tells of its orders. */
#include "auth.h"
#include "delivery_service.h"
#include "log.h"

enum { ORDERS_MAX = 1000 };

/* ---- POST /internal/orders ---- */

struct told_in {
	bson_oid_t order_id;
	const char *user_id;
	const char *request_id, *traceparent; /* of the call that made the order */
};

static const struct field told_fields[] = {
    {FIELD(struct told_in, order_id)},
    {FIELD(struct told_in, user_id), .check = check_stored_user_id},
    {FIELD(struct told_in, request_id), .optional = true},
    {FIELD(struct told_in, traceparent), .optional = true},
};
static const struct shape told_in = SHAPE(struct told_in, told_fields);

struct told_orders_in {
	struct list orders;
};

static const struct field orders_fields[] = {
    {FIELD(struct told_orders_in, orders), .of = &told_in, .min = 1, .max = ORDERS_MAX},
};
const struct shape told_orders_in = SHAPE(struct told_orders_in, orders_fields);

/* Under each order's own ids, or its trail would end where many are told of in one call. */
static void log_orders(const struct told_in *orders, size_t n)
{
	struct ctx ctx = {0}; /* as far as the log looks */
	char id[25];

	for (size_t i = 0; i < n; i++) {
		bson_oid_to_string(&orders[i].order_id, id);
		ctx_set_ids(&ctx, orders[i].request_id, orders[i].traceparent);
		log_event(LOG_INFO, &ctx, "order %s is to be delivered", id);
	}
}

enum err orders_post(struct req *rq)
{
	const struct told_orders_in *in = req_input(rq);
	const struct told_in *told = in->orders.items;
	struct order_owner *owners = arena_array(req_ctx(rq)->arena, in->orders.n, sizeof *owners);
	const struct actor service = {.by = "service"};
	enum err e;

	if (!owners)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < in->orders.n; i++)
		owners[i] = (struct order_owner){told[i].order_id, told[i].user_id};
	e = deliveries_start(req_ctx(rq), owners, in->orders.n, &service);
	if (e)
		return e;
	log_orders(told, in->orders.n);
	return req_message(rq, "Orders noted");
}
