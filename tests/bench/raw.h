/* What the raw driver's bench is made of: workers (raw.c) and what they do (raw_ops.c). */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#define RAW_DATABASE    "bench_raw_db"
#define RAW_FILTERS_MAX 10000

/* One thread with its own client, which nobody else uses. */
struct worker {
	unsigned number;
	uint64_t turn; /* how many operations it began */
	mongoc_client_t *client;
	mongoc_client_session_t *session;
	mongoc_collection_t *read; /* what the operation's `filters` are for */
	mongoc_collection_t *lines, *orders, *outbox, *status;
	const struct filters *filters;
	bson_error_t error; /* of the last operation that failed */
};

/* What read operations ask for, in turn; made before the clock runs. */
struct filters {
	size_t count;
	bson_t *filter[RAW_FILTERS_MAX];
};

struct operation {
	const char *name;
	const char *database, *collection; /* that are read; NULL where it only writes */
	const char *key; /* a filter for each document's value of it; NULL: see `prepare` */
	bool (*prepare)(struct filters *filters); /* makes filters without a key */
	bool (*run)(struct worker *w);            /* false: `w->error` says why */
};

/* NULL where there is none of that name. */
const struct operation *operation_find(const char *name);

/* Fills `filters` for the operation. Free them with filters_dispose(). */
bool filters_init(struct filters *filters, const struct operation *op, mongoc_client_t *client,
		  bson_error_t *error);
void filters_dispose(struct filters *filters);

/* Opens the worker's collections and session on its client. */
bool worker_open(struct worker *w, const struct operation *op);
void worker_close(struct worker *w);

/* Makes collections, indexes and the carts that are read; drops what was there. */
bool raw_setup(mongoc_client_t *client, bson_error_t *error);
bool raw_drop(mongoc_client_t *client, bson_error_t *error);

#endif
