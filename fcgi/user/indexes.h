/* The indexes of user_db. */
#ifndef USER_INDEXES_H
#define USER_INDEXES_H

#include "db_index.h"

extern const struct db_indexes user_indexes;

#endif
