/* What the raw driver's bench is made of: workers (raw.c) and what they do (raw_ops.c, and of that
 * orders in raw_order.c). */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#define RAW_DATABASE    "bench_raw_db"
#define RAW_FILTERS_MAX 10000

#define RAW_TOGETHER 64 /* orders whose last writes are made together */

/* Collections that are written. */
enum raw_collection {
	RAW_LINES,
	RAW_ORDERS,
	RAW_CHECKOUTS,
	RAW_KEYS,
	RAW_STATUS,
	RAW_PRODUCTS,
	RAW_COLLECTIONS,
};

/* What makes an order safe, and costs writes. */
enum raw_safety {
	RAW_TRANSACTION = 1 << 0, /* cart and order in one */
	RAW_CHECKOUT = 1 << 1,    /* a mark from before the first step until after the last */
	RAW_STOCK = 1 << 2,       /* taken, looked at, settled */
	RAW_KEY = 1 << 3,         /* the answer, stored under a key */
};

/* Users of different operations never meet. */
enum raw_user_kind { USER_READS, USER_ADDS, USER_ORDERS };

struct raw_user {
	char hex[25];
};

/* One thread with its own client, which nobody else uses. */
struct worker {
	unsigned number;
	uint64_t turn; /* how many operations it began */
	mongoc_client_t *client;
	mongoc_client_session_t *session;
	mongoc_collection_t *read; /* what the operation's `filters` are for */
	mongoc_collection_t *in[RAW_COLLECTIONS];
	const struct operation *op;
	const struct filters *filters;
	bson_oid_t told[RAW_TOGETHER]; /* orders that are still to be finished */
	unsigned n_told;
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
	unsigned safeties;                        /* of an order: enum raw_safety */
};

struct raw_user raw_user(enum raw_user_kind kind, uint64_t number);
bson_oid_t raw_product(uint64_t number);

/* Adds one of a product to a user's cart: the update that an addition of the API comes down to. */
bool raw_line_add(struct worker *w, const char *user, const bson_oid_t *product);

/* Adds a product to a cart and orders it, with the operation's safeties. */
bool raw_order(struct worker *w);

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
