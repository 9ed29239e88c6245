/* The indexes of delivery_db. */
#include "indexes.h"

enum { SUBSCRIBERS_KEPT = 48 * 3600 }; /* s; tokens, and so streams, live a day at most */

static const struct db_index rows[] = {
    /* an order has one delivery */
    {"order_status", "{\"order_id\": 1}", .unique = true},
    /* deliveries in some statuses, newest first */
    {"order_status", "{\"status\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* deliveries that the simulator moves next, and those whose status is not published yet */
    {"order_status", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"order_status", "{\"stream_due\": 1}", "{\"stream_due\": {\"$exists\": true}}"},
    /* users with displaced streams */
    {"stream_subscribers", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"stream_subscribers", "{\"at\": 1}", .expire_after = SUBSCRIBERS_KEPT},
};
const struct db_indexes delivery_indexes = DB_INDEXES(rows);
