/* What the products have of the orders whose stock is being reserved. For stock_reserve_store.c. */
#ifndef STOCK_RESERVE_RESULT_STORE_H
#define STOCK_RESERVE_RESULT_STORE_H

#include "group_commit.h"
#include "stock_store.h"

/* One order's, and what comes of it. */
struct take {
	struct group_commit_job job;
	bson_oid_t order_id;
	const struct list *lines; /* struct stock_line, in the caller's order */

	struct list taken;   /* struct reserved_product, where all are held */
	bson_oid_t *refused; /* the products of which there isn't enough */
	size_t n_refused;
	const bson_oid_t *ended; /* the first that isn't held, in order of the products */
	size_t n_held;
	bool marked; /* given back before */
	bool unread; /* a product wasn't found, or can't be read: it may be held all the same */
	bool let_go; /* what it held, for it was refused */
};

/* Those that are taken together. */
struct takes {
	struct ctx *ctx;
	struct group_commit_job **jobs;
	size_t n;
};

static inline struct take *take_of(struct group_commit_job *job)
{
	return (struct take *)(void *)job;
}

/* How many lines they have. */
size_t takes_count_lines(const struct takes *takes);

/* Reads the products of all lines, with what these orders hold of them: for the two below. */
enum err takes_read(struct list *held, const struct takes *takes) MUST_CHECK;

/* Fills in, from what was read, what the order holds (taken, n_held, marked, unread, ended) and the
 * products of which there is too little (refused). ERR_NO_MEMORY without memory. */
enum err take_check_lines(struct take *take, const struct list *held) MUST_CHECK;

/* The same; the result for the order's caller: OK where all of it is held, else ERR_OUT_OF_STOCK,
 * or ERR_STOCK_GIVEN_BACK. */
enum err take_check(struct take *take, const struct list *held) MUST_CHECK;

#endif
