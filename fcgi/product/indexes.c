/* The indexes of product_db. */
#include "indexes.h"

static const struct db_index rows[] = {
    /* the reservations and tombstones of an order, to confirm, release or remove them */
    {"products", "{\"holds.order_id\": 1}"},
};
const struct db_indexes product_indexes = DB_INDEXES(rows);
