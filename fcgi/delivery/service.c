/* The delivery service: the status of orders on their way to the customer. */
#include "service.h"

#include "delivery_view.h"
#include "displaced_job.h"
#include "fcgi/contracts/deliveries.h"
#include "fcgi/contracts/streams.h"
#include "indexes.h"
#include "migrations.h"
#include "order_api.h"
#include "simulator_job.h"
#include "staff_api.h"
#include "status_api.h"
#include "stream_job.h"
#include "stream_store.h"
#include "subscriber_store.h"
#include "tracking_api.h"

static struct metric streams_pending = {"streams_pending",
					"orders whose status is not published to their stream yet",
					METRIC_CALLBACK, .observe = streams_count_pending};
static struct metric *const rows[] = {&streams_pending, &streams_replaced};
static const struct metrics metrics = METRICS(rows);

static struct route routes[] = {
    {GET, "/order/{order_id}/status", ROLES_SHOPPER | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL,
     &delivery_order_in, delivery_status_get, .name = "getOrderStatus",
     .summary = "Get the status of an order", .response = &delivery_view},
    {GET, "/order/{order_id}/events", ROLES_SHOPPER | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL,
     &events_in, events_get, .name = "streamOrderStatus",
     .summary = "Stream the status of an order: the present one, then each change until the last",
     .response = &delivery_view, .flags = ROUTE_STREAM, .cost = COST_STREAM},
    {POST, "/order/{order_id}/update-status",
     ROLE_COURIER | ROLE_ADMIN | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL, &status_update_in,
     delivery_status_update, .name = "updateOrderStatus",
     .summary = "Move an order to its next status",
     .messages = {"Order status created", "Status updated"},
     .errors = {ERR_START_PLACED, ERR_TRANSITION}},
    {GET, "/deliveries", ROLE_COURIER | ROLE_ADMIN, &deliveries_in, deliveries_get,
     .name = "listDeliveries",
     .summary = "List the unfinished deliveries, or those in one status, newest first",
     .response_list = &delivery_staff_view, .cost = COST_LIST},
    {POST, DELIVERY_ORDERS_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &delivery_orders, orders_post},
    {GET, DELIVERY_ORDER_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &delivery_order_in,
     delivery_order_get},
    {POST, DELIVERY_CANCEL_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &delivery_cancellation,
     delivery_order_cancel},
    {GET, STREAM_AUTHORIZE_PATH, ROLE_SERVICE | ROUTE_INTERNAL, NULL, streams_authorize,
     .flags = ROUTE_PUBLISH},
};

static const struct setting settings[] = {
    {"DELIVERY_SIMULATION", SETTING_SWITCH, &simulator_on, "off", 0, 0, false,
     "on: a simulator moves deliveries to their next status"},
    {"DELIVERY_STEP_SECONDS", SETTING_NUMBER, &delivery_step_seconds, "12", 1, 24 * 3600, false,
     "seconds that a delivery stays in a status before the simulator moves it on"},
    {"STREAMS_PER_USER", SETTING_NUMBER, &streams_per_user, "4", 0, 1000, false,
     "event streams that a customer may have open; a further one ends the oldest; 0: any number"},
    {"RATE_LIMIT", SETTING_SWITCH, &streams_limited, "on", 0, 0, false,
     "off: no limits, for load tests"},
};

enum { JOB_STREAMS, JOB_DISPLACED, JOB_EXPIRY, JOB_SIMULATOR, N_JOBS };

/* Requests wake `streams` and `displaced`. If a process crashes before it has done the work,
 * another process does it after the job's pause. */
static const struct background_job jobs[N_JOBS] = {
    [JOB_STREAMS] = {.name = "streams", .run = streams_run, .pause_ms = 250, .budget_ms = 10000},
    [JOB_DISPLACED] = {.name = "displaced",
		       .run = displaced_run,
		       .pause_ms = 250,
		       .budget_ms = 10000},
    [JOB_EXPIRY] = {.name = "expiry", .run = streams_expire, .pause_ms = 5000, .budget_ms = 5000},
    [JOB_SIMULATOR] = {.name = "simulator",
		       .run = simulator_run,
		       .pause_ms = 300,
		       .budget_ms = 5000},
};

void delivery_wake_streams(void)
{
	background_wake(&jobs[JOB_STREAMS]);
}

void delivery_wake_displaced(void)
{
	background_wake(&jobs[JOB_DISPLACED]);
}

const struct service delivery_service = {
    .name = "delivery",
    .database = "delivery_db",
    .greeting = "Delivery service running",
    .about = "Where orders are on their way",
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .jobs = jobs,
    .n_jobs = N_JOBS,
    .metrics = &metrics,
    .indexes = &delivery_indexes,
    .migrations = &delivery_migrations,
};
