/* The databases' indexes, all of them: the one place where they are declared. */
#ifndef INDEXES_H
#define INDEXES_H

#include "db_admin.h"

extern const struct db_index indexes[];
extern const size_t n_indexes;

#endif
