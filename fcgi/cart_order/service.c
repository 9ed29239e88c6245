/* The cart & order service: carts, and the orders made of them. */
#include "service.h"

#include "call_limit.h"
#include "cart_api.h"
#include "indexes.h"
#include "migrations.h"
#include "order_api.h"
#include "order_limits.h"
#include "order_metrics.h"
#include "order_saga.h"
#include "product_replica.h"
#include "sweeper_job.h"

static int64_t calls_per_minute[CALL_KINDS];
static bool rate_limit;

static const struct setting settings[] = {
    {"ORDERS_PER_HOUR", SETTING_NUMBER, &orders_per_hour, "20", 0, 1000, false,
     "orders that an account may create in an hour, including cancelled ones; 0: any number"},
    {"ORDER_PIECES_MAX", SETTING_NUMBER, &order_pieces_max, "200", 0, 10000, false,
     "pieces that an account's order may have; 0: any number"},
    {"ORDER_CALLS_PER_MINUTE", SETTING_NUMBER, &calls_per_minute[CALLS_ROUTE], "20", 0, 1000000,
     false,
     "calls of an account that create or cancel an order, counted by each process; 0: any number"},
    {"KEYED_ADDS_PER_MINUTE", SETTING_NUMBER, &calls_per_minute[CALLS_KEYED], "120", 0, 1000000,
     false,
     "additions of an account to the cart with an Idempotency-Key, counted by each process; 0: any "
     "number"},
    {"RATE_LIMIT", SETTING_SWITCH, &rate_limit, "on", 0, 0, false,
     "off: no limits, for load tests"},
};

static enum err start(void)
{
	static const int64_t none[CALL_KINDS];

	call_limit_init(rate_limit ? calls_per_minute : none);
	return OK;
}

static const char counts_twice[] =
    "Don't repeat the call after a lost response, because it may count twice: read the cart "
    "instead. An `Idempotency-Key` is ignored; `POST /cart/add` accepts one.";

static struct route routes[] = {
    {POST, "/cart/add", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_add_in, cart_add,
     .name = "addToCart", .summary = "Add a quantity of a product to the cart",
     .messages = {"Item added to cart", "Quantity updated"}, .flags = ROUTE_IDEMPOTENT,
     .errors = {ERR_PRODUCT_UNAVAILABLE, ERR_QUANTITY_LIMIT, ERR_CART_FULL, ERR_IN_PROGRESS}},
    {DELETE, "/cart/remove/{cart_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_line_in,
     cart_remove, .name = "removeCartLine", .summary = "Remove a line from the cart",
     .note = "May be repeated after a lost response: 404 then means that the line is removed.",
     .messages = {"Item removed"}},
    {PUT, "/cart/increase/{cart_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_line_in,
     cart_increase, .name = "increaseCartLine", .summary = "Increase a line's quantity by one",
     .note = counts_twice, .messages = {"Quantity increased"}, .errors = {ERR_QUANTITY_LIMIT}},
    {PUT, "/cart/decrease/{cart_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_line_in,
     cart_decrease, .name = "decreaseCartLine",
     .summary = "Decrease a line's quantity by one; at zero remove the line", .note = counts_twice,
     .messages = {"Quantity decreased", "Item removed"}},
    {GET, "/cart/{user_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_user_in, cart_get,
     .name = "getCart", .summary = "List the cart's lines, with the products' present data",
     .response_list = &cart_line_out},
    {POST, "/order/create", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &order_create_in, order_create,
     .name = "createOrder", .summary = "Order the contents of the cart, and empty it",
     .response = &order_created_out, .flags = ROUTE_IDEMPOTENT | ROUTE_LIMITED,
     .errors = {ERR_CART_EMPTY, ERR_CART_FULL, ERR_ORDER_TOO_LARGE, ERR_TOO_MANY_ORDERS,
		ERR_IN_PROGRESS},
     .error_details = {{ERR_OUT_OF_STOCK, &order_refused_out},
		       {ERR_TOTAL_CHANGED, &order_total_out}}},
    {GET, "/order/{order_id}", ROLES_SHOPPER | ROLE_SERVICE, &order_in, order_get_one,
     .name = "getOrder", .summary = "Get an order: its lines, status and history",
     .response = &order_view, .cost = COST_LIST},
    {POST, "/order/{order_id}/cancel", ROLES_SHOPPER, &order_in, order_cancel,
     .name = "cancelOrder", .summary = "Cancel a PLACED order, and return its stock",
     .response = &order_cancelled_out, .flags = ROUTE_IDEMPOTENT | ROUTE_LIMITED,
     .errors = {ERR_NOT_CANCELLABLE}},
    {GET, "/orders/{user_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &orders_in, orders_get,
     .name = "listOrders", .summary = "List a user's orders, newest first",
     .response_list = &order_out, .cost = COST_LIST},
};

static const struct background_job jobs[] = {
    {.name = "products", .run = products_refresh, .pause_ms = 500, .budget_ms = 5000},
    {.name = "sweeper", .run = sweeper_run, .pause_ms = 1000, .budget_ms = 10000},
};

const struct service cart_order_service = {
    .name = "cart_order",
    .database = "cart_db",
    .greeting = "Cart service running",
    .about = "Carts, and the orders made of them",
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .jobs = jobs,
    .n_jobs = sizeof jobs / sizeof jobs[0],
    .metrics = &order_metrics,
    .indexes = &cart_order_indexes,
    .migrations = &cart_order_migrations,
    .start = start,
    .stop = products_end,
    .holds_data = products_known,
};
