#include "indexes.h"

enum { ATTEMPTS_KEPT = 5 * 60 };

/* Beside _id's. Unique ones are chosen so that they hold under the shard keys: carts and orders by
 * user, deliveries by order. */
const struct db_index indexes[] = {
    /* an address is registered once */
    {"user_db", "users", "{\"email\": 1}", .unique = true},
    /* attempts count for a minute */
    {"user_db", "login_attempts", "{\"at\": 1}", .expire_after = ATTEMPTS_KEPT},
    /* a product has one line in a cart; a cart is read by its user */
    {"cart_db", "cart_items", "{\"user_id\": 1, \"product_id\": 1}", .unique = true},
    /* a user's orders, newest first */
    {"cart_db", "orders", "{\"user_id\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* what is due first */
    {"cart_db", "outbox", "{\"due\": 1}"},
    /* an order has one delivery */
    {"delivery_db", "order_status", "{\"order_id\": 1}", .unique = true},
};
const size_t n_indexes = sizeof indexes / sizeof indexes[0];
