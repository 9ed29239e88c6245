/* The indexes of delivery_db. */
#ifndef DELIVERY_INDEXES_H
#define DELIVERY_INDEXES_H

#include "db_index.h"

extern const struct db_indexes delivery_indexes;

#endif
