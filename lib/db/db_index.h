/*
 * Indexes in addition to the one of _id: each service has a table of them
 * (fcgi/<service>/indexes.c), which its struct service names. The seed program creates the indexes
 * that its database lacks, before the pools start. Unique indexes are compatible with the shard
 * keys: carts and orders by user, deliveries by order.
 */
#ifndef LIB_DB_INDEX_H
#define LIB_DB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_index {
	const char *collection;
	const char *keys;    /* JSON: {"user_id": 1, "product_id": 1} */
	const char *partial; /* JSON: filter of the indexed documents; NULL: all */
	bool unique;
	int64_t expire_after; /* seconds after the date in the key; 0: never */
};

struct db_indexes {
	const struct db_index *rows;
	size_t n;
};

#define DB_INDEXES(array)                                                \
	{                                                                \
		.rows = (array), .n = sizeof(array) / sizeof((array)[0]) \
	}

#endif
