/* The service: its routes, its jobs. */
#include "cart_order_service.h"

#include "products.h"
#include "sweeper.h"

static struct route routes[] = {
    {POST, "/cart/add", ROLES_SHOPPER | PUBLISHED, &cart_add_in, cart_add},
    {DELETE, "/cart/remove/{cart_id}", ROLES_SHOPPER | PUBLISHED, &cart_line_in, cart_remove},
    {PUT, "/cart/increase/{cart_id}", ROLES_SHOPPER | PUBLISHED, &cart_line_in, cart_increase},
    {PUT, "/cart/decrease/{cart_id}", ROLES_SHOPPER | PUBLISHED, &cart_line_in, cart_decrease},
    {GET, "/cart/{user_id}", ROLES_SHOPPER | PUBLISHED, &cart_user_in, cart_get},
    {POST, "/order/create", ROLES_SHOPPER | PUBLISHED, &order_create_in, order_create},
    {GET, "/order/{order_id}", ROLES_SHOPPER | ROLE_SERVICE, &order_in, order_get_one},
    {POST, "/order/{order_id}/cancel", ROLES_SHOPPER, &order_in, order_cancel},
    {GET, "/orders/{user_id}", ROLES_SHOPPER | PUBLISHED, &orders_in, orders_get},
};

static const struct background_job jobs[] = {
    {.name = "products", .run = products_refresh, .pause_ms = 500, .budget_ms = 5000},
    {.name = "sweeper", .run = sweeper_run, .pause_ms = 1000, .budget_ms = 10000},
};

const struct service cart_order_service = {
    .name = "cart_order",
    .database = "cart_db",
    .greeting = "Cart service running",
    .routes = ROUTES(routes),
    .jobs = jobs,
    .n_jobs = sizeof jobs / sizeof jobs[0],
    .stop = products_end,
    .holds_data = products_known,
};
