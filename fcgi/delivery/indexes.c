/* The indexes of delivery_db. */
#include "indexes.h"

enum { SUBSCRIBERS_KEPT = 48 * 3600 }; /* no token, and so no stream, lives longer than a day */

static const struct db_index rows[] = {
    /* an order has one delivery */
    {"order_status", "{\"order_id\": 1}", .unique = true},
    /* deliveries in some states, newest first */
    {"order_status", "{\"status\": 1, \"created_at\": -1, \"_id\": -1}"},
    /* deliveries that the simulator moves next, and those whose state is not published yet */
    {"order_status", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"order_status", "{\"stream_due\": 1}", "{\"stream_due\": {\"$exists\": true}}"},
    /* users whose displaced streams are due */
    {"stream_subscribers", "{\"due\": 1}", "{\"due\": {\"$exists\": true}}"},
    {"stream_subscribers", "{\"at\": 1}", .expire_after = SUBSCRIBERS_KEPT},
};
const struct db_indexes delivery_indexes = DB_INDEXES(rows);
