#include "indexes.h"

enum {
	ATTEMPTS_KEPT = 60,
	KEYS_KEPT = 48 * 3600,
	LOCKS_KEPT = 3600,
	SUBSCRIBERS_KEPT = 48 * 3600, /* no token, and so no stream, lives longer than a day */
};

/* Beside _id's. Unique ones are chosen so that they hold under the shard keys: carts and orders by
 * user, deliveries by order. */
const struct db_index indexes[] = {
    /* an address is registered once */
    {"user_db", "users", "{\"email\": 1}", .unique = true},
    /* failed logins count until then */
    {"user_db", "login_attempts", "{\"until\": 1}", .expire_after = ATTEMPTS_KEPT},
    /* what orders hold of the stock, to settle it */
    {"product_db", "products", "{\"holds.order_id\": 1}"},
    /* a product has one line in a cart; a cart is read by its user */
    {"cart_db", "cart_items", "{\"user_id\": 1, \"product_id\": 1}", .unique = true},
    /* a user's orders, newest first */
    {"cart_db", "orders", "{\"user_id\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* a user has one order in the making */
    {"cart_db", "checkouts", "{\"user_id\": 1}", "{\"state\": \"RESERVING\"}", .unique = true},
    /* what is due first */
    {"cart_db", "checkouts", "{\"state\": 1, \"due\": 1}"},
    {"cart_db", "keys", "{\"created_at\": 1}", .expire_after = KEYS_KEPT},
    {"cart_db", "cart_locks", "{\"created_at\": 1}", .expire_after = LOCKS_KEPT},
    /* an order has one delivery */
    {"delivery_db", "order_status", "{\"order_id\": 1}", .unique = true},
    /* deliveries in some states, newest first */
    {"delivery_db", "order_status", "{\"status\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* what the simulator moves on next, and whose stream is to be told */
    {"delivery_db", "order_status", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"delivery_db", "order_status", "{\"stream_due\": 1}", "{\"stream_due\": {\"$exists\": true}}"},
    /* whose displaced streams are due */
    {"delivery_db", "stream_subscribers", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"delivery_db", "stream_subscribers", "{\"at\": 1}", .expire_after = SUBSCRIBERS_KEPT},
};
const size_t n_indexes = sizeof indexes / sizeof indexes[0];
