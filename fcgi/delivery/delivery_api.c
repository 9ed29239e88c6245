#include "delivery_api.h"

#include <string.h>

#include "auth.h"
#include "delivery_jobs.h"
#include "delivery_service.h"
#include "delivery_view.h"
#include "displaced.h"
#include "indexes.h"
#include "migrations.h"
#include "simulator.h"
#include "stream_store.h"

/* ---- GET /order/{order_id}/status ---- */

static const struct field delivery_order_fields[] = {
    {FIELD(struct delivery_order_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
};
const struct shape delivery_order_in = SHAPE(struct delivery_order_in, delivery_order_fields);

static bool may_see(const struct req *rq, const struct delivery *delivery)
{
	const struct token *token = req_token(rq);

	if (!token || token->role != ROLE_CUSTOMER)
		return true;
	return delivery->user_id && strcmp(delivery->user_id, token->user_id) == 0;
}

enum err delivery_visible(struct delivery *delivery, struct req *rq, const bson_oid_t *order_id)
{
	struct delivery found;
	enum err e = delivery_get(&found, req_ctx(rq), order_id);

	if (!e && !may_see(rq, &found))
		e = ERR_ORDER_NOT_FOUND;
	if (!e)
		*delivery = found;
	return e;
}

static enum err status_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	struct delivery delivery;
	enum err e = delivery_visible(&delivery, rq, &in->order_id);

	return e ? e : req_reply(rq, &delivery_view, &delivery);
}

/* ---- POST /order/{order_id}/update-status ---- */

struct update_in {
	bson_oid_t order_id;
	int status;          /* enum status */
	const char *user_id; /* whose order it is; believed of the role `service` alone */
};

static const struct field update_fields[] = {
    {FIELD(struct update_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {FIELD(struct update_in, status), STATUS_FIELD},
    {FIELD(struct update_in, user_id), USER_ID_OUT, .optional = true,
     .check = check_stored_user_id},
};
static const struct shape update_in = NAMED_SHAPE("StatusUpdate", struct update_in, update_fields);

/* Who a caller is in an order's history. A service's token names no person. */
static struct actor caller(const struct req *rq)
{
	const struct token *token = req_token(rq);

	if (!token)
		return (struct actor){.by = "guest"};
	return (struct actor){
	    .by = role_name(token->role),
	    .user_id = token->role == ROLE_SERVICE ? NULL : token->user_id,
	};
}

/* Says why an order can't become `to`: it isn't known, or it is in another state. */
static enum err refuse_move(struct req *rq, const struct update_in *in)
{
	struct delivery now;
	enum err e = delivery_get(&now, req_ctx(rq), &in->order_id);

	if (e == ERR_ORDER_NOT_FOUND)
		return in->status == STATUS_PLACED ? e : ERR_START_PLACED;
	if (e)
		return e;
	return req_refuse(rq, ERR_TRANSITION, "Invalid transition from %s to %s",
			  status_words[now.status], status_words[in->status]);
}

/* The first status. Only the service that notifies us of an order makes its record, and may do so
 * twice. Without a token (AUTH_REQUIRED=off) a known order is refused as published; a record for an
 * unknown one needs a token, or a guest could make those of orders to come. */
static enum err place(struct req *rq, const struct update_in *in)
{
	const struct told_order *order =
	    &(struct told_order){in->order_id, in->user_id, NULL, NULL};
	const struct token *token = req_token(rq);
	struct actor actor = caller(rq);
	enum err e;

	if (!token || token->role != ROLE_SERVICE) {
		e = refuse_move(rq, in);
		return e == ERR_ORDER_NOT_FOUND && !token ? ERR_MISSING_TOKEN : e;
	}
	e = delivery_start(req_ctx(rq), &in->order_id, in->user_id, &actor);
	if (e == ERR_DUPLICATE)
		e = deliveries_adopt(req_ctx(rq), &order, 1);
	return e ? e : req_message(rq, "Order status created");
}

static enum err status_update(struct req *rq)
{
	const struct update_in *in = req_input(rq);
	enum status to = (enum status)in->status;
	struct actor actor = caller(rq);
	enum err e;

	if (to == STATUS_PLACED)
		return place(rq, in);
	e = delivery_move(req_ctx(rq), &in->order_id, STEP_ON, to, &actor);
	if (e == ERR_NO_DOCUMENT)
		return refuse_move(rq, in);
	jobs_wake_streams(); /* also where it isn't known whether it was done */
	return e ? e : req_message(rq, "Status updated");
}

/* ---- GET /internal/orders/{order_id} ---- */

/* Without the user id that an entry has beside these: it is for us to look up. */
static const struct field change_fields[] = {
    {FIELD(struct change, status), .words = status_words},
    {FIELD(struct change, at)},
    {FIELD(struct change, by)},
};
static const struct shape change_out = SHAPE(struct change, change_fields);

static const struct field known_fields[] = {
    {FIELD(struct delivery, status), .words = status_words},
    {FIELD(struct delivery, history), .of = &change_out},
};
static const struct shape known_out = SHAPE(struct delivery, known_fields);

static enum err order_get(struct req *rq)
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
static const struct shape cancel_in = SHAPE(struct cancel_in, cancel_fields);

static enum err order_cancel(struct req *rq)
{
	const struct cancel_in *in = req_input(rq);
	struct actor actor = {
	    .by = by_words[in->by],
	    .user_id = in->by == BY_CUSTOMER ? in->user_id : NULL,
	};
	enum err e = delivery_cancel(req_ctx(rq), &in->order_id, in->user_id, &actor);

	jobs_wake_streams();
	return e ? e : req_message(rq, "Order cancelled");
}

/* ---- the service ---- */

static struct metric streams_untold = {"streams_untold", "orders whose viewers are yet to be told",
				       OBSERVED, .observe = streams_due};
static struct metric *const rows[] = {&streams_untold, &streams_replaced};
static const struct metrics metrics = METRICS(rows);

static struct route routes[] = {
    {GET, "/order/{order_id}/status", ROLES_SHOPPER | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL,
     &delivery_order_in, status_get, .name = "getOrderStatus", .summary = "Where an order is",
     .response = &delivery_view},
    {GET, "/order/{order_id}/events", ROLES_SHOPPER | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL,
     &events_in, events_get, .name = "streamOrderStatus",
     .summary = "Where an order is, as it changes: the present first, until the order ends",
     .response = &delivery_view, .flags = ROUTE_STREAM, .cost = COST_STREAM},
    {POST, "/order/{order_id}/update-status",
     ROLE_COURIER | ROLE_ADMIN | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL, &update_in, status_update,
     .name = "updateOrderStatus", .summary = "Move an order one step on",
     .messages = {"Order status created", "Status updated"},
     .errors = {ERR_START_PLACED, ERR_TRANSITION}},
    {GET, "/deliveries", ROLE_COURIER | ROLE_ADMIN, &deliveries_in, deliveries_get,
     .name = "listDeliveries", .summary = "Deliveries under way, or in one state, newest first",
     .response_list = &delivery_staff_view, .cost = COST_LIST},
    {POST, "/internal/orders", ROLE_SERVICE | ROUTE_INTERNAL, &told_orders_in, orders_post},
    {GET, "/internal/orders/{order_id}", ROLE_SERVICE | ROUTE_INTERNAL, &delivery_order_in,
     order_get},
    {POST, "/internal/orders/{order_id}/cancel", ROLE_SERVICE | ROUTE_INTERNAL, &cancel_in,
     order_cancel},
    {GET, "/internal/streams", ROLE_SERVICE | ROUTE_INTERNAL, NULL, streams_authorize,
     .flags = ROUTE_PUBLISH},
};

static const struct setting settings[] = {
    {"DELIVERY_SIMULATION", SETTING_SWITCH, &simulator_on, "off", 0, 0, false,
     "on: deliveries move by themselves"},
    {"DELIVERY_STEP_SECONDS", SETTING_NUMBER, &delivery_step_seconds, "12", 1, 24 * 3600, false,
     "how long a delivery stays in a state before the simulator moves it on"},
    {"STREAMS_PER_USER", SETTING_NUMBER, &streams_per_user, "4", 0, 1000, false,
     "event streams that a customer may have open; at most 60 more in a minute; 0: any number"},
    {"RATE_LIMIT", SETTING_SWITCH, &streams_limited, "on", 0, 0, false, "off: for load tests"},
};

const struct service delivery_service = {
    .name = "delivery",
    .database = "delivery_db",
    .greeting = "Delivery service running",
    .about = "Where orders are on their way",
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .jobs = delivery_jobs,
    .n_jobs = DELIVERY_JOBS,
    .metrics = &metrics,
    .indexes = &delivery_indexes,
    .migrations = &delivery_migrations,
};
