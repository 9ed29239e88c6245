/* The raw driver: workers (raw.c) and their operations (raw_ops.c; orders in raw_order.c). */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#define RAW_DATABASE    "bench_raw_db"
#define RAW_FILTERS_MAX 10000

#define RAW_TOGETHER 64 /* orders whose last writes are one batch */

/* Collections of the writing operations. */
enum raw_collection {
	RAW_LINES,
	RAW_ORDERS,
	RAW_CHECKOUTS,
	RAW_KEYS,
	RAW_STATUS,
	RAW_PRODUCTS,
	RAW_COLLECTIONS,
};

/* Safeguards of an order, which cost writes. */
enum raw_safety {
	RAW_TRANSACTION = 1 << 0, /* cart and order in one */
	RAW_CHECKOUT = 1 << 1,    /* a document from before the first step until after the last */
	RAW_STOCK = 1 << 2,       /* reserved, checked, confirmed */
	RAW_KEY = 1 << 3,         /* the answer, stored under a key */
};

/* Operations do not share users. */
enum raw_user_kind { USER_READS, USER_ADDS, USER_ORDERS };

struct raw_user {
	char hex[25];
};

/* One thread with its own client. */
struct worker {
	unsigned number;
	uint64_t turn; /* number of operations begun */
	mongoc_client_t *client;
	mongoc_client_session_t *session;
	mongoc_collection_t *read; /* for the operation's `filters` */
	mongoc_collection_t *in[RAW_COLLECTIONS];
	const struct operation *op;
	const struct filters *filters;
	bson_oid_t unfinished[RAW_TOGETHER]; /* orders whose last writes are pending */
	unsigned n_unfinished;
	bson_error_t error; /* of the last operation that failed */
};

/* Filters of read operations, used in turn; made before the measurement. */
struct filters {
	size_t count;
	bson_t *filter[RAW_FILTERS_MAX];
};

struct operation {
	const char *name;
	const char *database, *collection; /* of reads; NULL if it only writes */
	const char *key; /* a filter for each document's value of it; NULL: see `prepare` */
	bool (*prepare)(struct filters *filters); /* makes filters without a key */
	bool (*run)(struct worker *w);            /* false: `w->error` is set */
	unsigned safeties;                        /* of an order: enum raw_safety */
};

struct raw_user raw_user(enum raw_user_kind kind, uint64_t number);
bson_oid_t raw_product(uint64_t number);

/* Adds one of a product to a user's cart: the update of an addition in the API. */
bool raw_line_add(struct worker *w, const char *user, const bson_oid_t *product);

/* Adds a product to a cart and orders it, with the operation's safeguards. */
bool raw_order(struct worker *w);

/* NULL if none has the name. */
const struct operation *operation_find(const char *name);

/* Fills `filters` for the operation. Free them with filters_dispose(). */
bool filters_init(struct filters *filters, const struct operation *op, mongoc_client_t *client,
		  bson_error_t *error);
void filters_dispose(struct filters *filters);

/* Opens the worker's collections and session on its client. */
bool worker_open(struct worker *w, const struct operation *op);
void worker_close(struct worker *w);

/* Drops the database and makes collections, indexes and the carts for reads. */
bool raw_setup(mongoc_client_t *client, bson_error_t *error);
bool raw_drop(mongoc_client_t *client, bson_error_t *error);

#endif
