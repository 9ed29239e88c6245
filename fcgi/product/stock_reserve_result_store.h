/* The stored result of reserve calls: reads the products, and finds what each order has reserved.
 * Used by stock_reserve_store.c. */
#ifndef STOCK_RESERVE_RESULT_STORE_H
#define STOCK_RESERVE_RESULT_STORE_H

#include "group_commit.h"
#include "stock_store.h"

/* One reserve call: an order's lines, and the result. */
struct reserve_call {
	struct group_commit_job job;
	bson_oid_t order_id;
	const struct list *lines; /* struct stock_line, in the caller's order */

	struct list reserved; /* struct reserved_product, where all lines are reserved */
	bson_oid_t *refused;  /* the products with too little stock */
	size_t n_refused;
	const bson_oid_t *first_missing; /* lowest product id that is not reserved; NULL: none */
	size_t n_reserved;
	bool has_tombstone; /* the order was released before */
	bool is_unreadable; /* a product is missing or malformed: it may be reserved all the same */
	bool was_released;  /* the call was refused, and its reservations were released */
};

/* The calls of one group commit. */
struct reserve_batch {
	struct ctx *ctx;
	struct group_commit_job **jobs;
	size_t n;
};

static inline struct reserve_call *reserve_of(struct group_commit_job *job)
{
	return (struct reserve_call *)(void *)job;
}

/* Number of lines of all calls. */
size_t reserve_batch_count_lines(const struct reserve_batch *batch);

/* Reads the products of all lines, each with the reservations of these orders only: `products` for
 * the two functions below. */
enum err reserve_batch_read(struct list *products, const struct reserve_batch *batch) MUST_CHECK;

/* Fills in the result of a call from the products: what is reserved, has_tombstone, is_unreadable,
 * first_missing, and `refused`. ERR_NO_MEMORY. */
enum err reserve_check_lines(struct reserve_call *reserve, const struct list *products) MUST_CHECK;

/* The same, and returns the result of the call: OK where all lines are reserved, else
 * ERR_OUT_OF_STOCK, or ERR_STOCK_RELEASED where the order was released before. */
enum err reserve_check(struct reserve_call *reserve, const struct list *products) MUST_CHECK;

#endif
