/*
 * Indexes: each service has a table of them (fcgi/<service>/indexes.c), which its struct service
 * names; the seed program makes those that its database lacks, before the pools start. They are
 * beside the index of _id. Unique ones are chosen so that they hold under the shard keys: carts and
 * orders by user, deliveries by order.
 */
#ifndef LIB_DB_INDEX_H
#define LIB_DB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_index {
	const char *collection;
	const char *keys;    /* JSON: {"user_id": 1, "product_id": 1} */
	const char *partial; /* JSON: the filter of the documents that it holds; NULL: all */
	bool unique;
	int64_t expire_after; /* seconds behind the date in the key; 0: never */
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
