/* The indexes of product_db. */
#ifndef PRODUCT_INDEXES_H
#define PRODUCT_INDEXES_H

#include "db_index.h"

extern const struct db_indexes product_indexes;

#endif
