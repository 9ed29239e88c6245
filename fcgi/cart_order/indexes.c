/* The indexes of cart_db. */
#include "indexes.h"

enum { KEYS_KEPT = 48 * 3600, LOCKS_KEPT = 3600 };

static const struct db_index rows[] = {
    /* a product has one line in a cart; carts are read by user */
    {"cart_items", "{\"user_id\": 1, \"product_id\": 1}", .unique = true},
    /* a user's orders, newest first */
    {"orders", "{\"user_id\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* a user has at most one order that is being created */
    {"checkouts", "{\"user_id\": 1}", "{\"state\": \"RESERVING\"}", .unique = true},
    /* expired checkouts of a state, the earliest deadline first */
    {"checkouts", "{\"state\": 1, \"due\": 1}"},
    {"keys", "{\"created_at\": 1}", .expire_after = KEYS_KEPT},
    {"cart_locks", "{\"created_at\": 1}", .expire_after = LOCKS_KEPT},
};
const struct db_indexes cart_order_indexes = DB_INDEXES(rows);
