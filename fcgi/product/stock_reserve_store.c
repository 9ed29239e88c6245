/* Reserve calls. A group commit sends the concurrent ones as one command. */
#include "stock_reserve_store.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue_job.h"
#include "clock.h"
#include "failpoint.h"
#include "product_store.h"
#include "stock_command_store.h"
#include "stock_release_store.h"
#include "stock_reserve_result_store.h"

/* ---- the update ---- */

static bson_t *reservable_filter(const struct reserve_call *reserve, const struct stock_line *line)
{
	bson_t *filter = BCON_NEW("_id", BCON_OID(&line->product_id), "available", BCON_BOOL(true),
				  "holds.order_id", "{", "$ne", BCON_OID(&reserve->order_id), "}");

	if (!failpoint_is_set("stock"))
		BCON_APPEND(filter, "stock", "{", "$gte", BCON_INT64(line->quantity), "}");
	return filter;
}

/* The only place that subtracts stock for an order. */
static bson_t *reserve_update(const struct reserve_call *reserve, const struct stock_line *line)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(-line->quantity), "}", "$push", "{",
			"holds", "{", "order_id", BCON_OID(&reserve->order_id), "quantity",
			BCON_INT64(line->quantity), "at", BCON_DATE_TIME(clock_now_ms()), "}", "}");
}

static int compare_products(const void *a, const void *b)
{
	return bson_oid_compare(&((const struct stock_line *)a)->product_id,
				&((const struct stock_line *)b)->product_id);
}

/* Adds an order's lines in order of the product ids. `strict`: the command ends at the first line
 * that doesn't match. */
static enum err add_lines(struct stock_command *command, const struct reserve_call *reserve,
			  bool strict)
{
	size_t n = reserve->lines->n;
	struct stock_line *sorted = arena_array(command->ctx->arena, n, sizeof *sorted);
	enum err e = OK;

	if (!sorted)
		return ERR_NO_MEMORY;
	memcpy(sorted, reserve->lines->items, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, compare_products);
	for (size_t i = 0; i < n && !e; i++)
		e = stock_command_add(command, reservable_filter(reserve, &sorted[i]),
				      reserve_update(reserve, &sorted[i]), strict);
	return e;
}

/* ---- early refusals ---- */

/* Whether this process's snapshot of the catalogue has too little stock for one of the calls. The
 * snapshot is a moment old, and excludes the units that the order itself has reserved. */
static bool any_is_short_in_snapshot(struct group_commit_job **jobs, size_t n)
{
	struct snapshot *catalogue = catalogue_current();
	bool any = false;

	for (size_t i = 0; catalogue && i < n; i++) {
		const struct list *lines = reserve_of(jobs[i])->lines;

		for (size_t j = 0; j < lines->n && !any; j++) {
			const struct stock_line *line = (const struct stock_line *)lines->items + j;
			const struct entry *product = catalogue_find(catalogue, &line->product_id);

			any = product && (!product->available || product->stock < line->quantity);
		}
	}
	snapshot_unref(catalogue);
	return any;
}

/* Refuses the calls that certainly fail, and puts the others into `others`; returns their number.
 * Reserving and releasing the other lines of such an order would cost two writes each. */
static size_t refuse_early(struct group_commit_job **others, struct ctx *ctx,
			   struct group_commit_job **jobs, size_t n)
{
	struct reserve_batch batch = {ctx, jobs, n};
	struct list products;
	size_t n_others = 0;
	bool read = !failpoint_is_set("stock") && any_is_short_in_snapshot(jobs, n) &&
		    !reserve_batch_read(&products, &batch);

	for (size_t i = 0; i < n; i++) {
		struct reserve_call *reserve = reserve_of(jobs[i]);

		/* The database has too little stock as well, and the order has nothing reserved. */
		if (read && !reserve_check_lines(reserve, &products) && reserve->n_refused &&
		    !reserve->n_reserved && !reserve->has_tombstone && !reserve->is_unreadable)
			jobs[i]->result = ERR_OUT_OF_STOCK;
		else
			others[n_others++] = jobs[i];
	}
	return n_others;
}

/* ---- a batch ---- */

/* Releases the reservations of a refused order. It leaves no tombstone, since an order has only one
 * reserve call. So orders that are too late for the last unit write nothing. */
static void release_refused(struct ctx *ctx, struct reserve_call *reserve)
{
	bool may_have_reserved = reserve->n_reserved > 0 || reserve->is_unreadable;
	enum err e = may_have_reserved
			 ? stock_store_release_plain(ctx, &reserve->order_id, reserve->lines, 0)
			 : OK;

	reserve->was_released |= reserve->n_reserved > 0;
	if (e)
		reserve->job.result = e;
}

/* Reserves what is available, reads the result of each call, and releases the reservations of the
 * refused ones. */
static void reserve_or_release(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct reserve_batch batch = {ctx, jobs, n};
	struct stock_command command;
	struct list products;
	enum err e = stock_command_begin(&command, ctx, reserve_batch_count_lines(&batch));

	/* A single order is strict: of concurrent orders that want the last units of the same
	 * products, the first gets them; otherwise they could refuse each other. */
	for (size_t i = 0; i < n && !e; i++)
		e = add_lines(&command, reserve_of(jobs[i]), n == 1);
	if (!e)
		e = stock_command_run(&command);
	if (!e)
		e = reserve_batch_read(&products, &batch);
	for (size_t i = 0; i < n; i++) {
		struct reserve_call *reserve = reserve_of(jobs[i]);

		jobs[i]->result = e ? e : reserve_check(reserve, &products);
		if (jobs[i]->result == ERR_OUT_OF_STOCK || jobs[i]->result == ERR_STOCK_RELEASED)
			release_refused(ctx, reserve);
	}
}

/* ---- retries ---- */

static bool may_be_released(const struct reserve_batch *batch, const bson_oid_t *product_id)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct reserve_call *reserve = reserve_of(batch->jobs[i]);
		const struct stock_line *line = reserve->lines->items;

		for (size_t j = 0; reserve->was_released && j < reserve->lines->n; j++) {
			if (bson_oid_equal(&line[j].product_id, product_id))
				return true;
		}
	}
	return false;
}

/* Whether the missing units may have been reserved by calls of the batch that were refused as well.
 */
static bool is_worth_retrying(const struct reserve_batch *batch, const struct reserve_call *reserve)
{
	if (batch->n == 1 || reserve->job.result != ERR_OUT_OF_STOCK)
		return false;
	if (reserve->was_released) /* calls of other processes may have released units, too */
		return true;
	for (size_t i = 0; i < reserve->n_refused; i++) {
		if (!may_be_released(batch, &reserve->refused[i]))
			return false;
	}
	return true;
}

/* How many calls fit into one command of at most STOCK_LINES_MAX statements. A command has a time
 * limit, and many long orders must not make a short one fail. */
static size_t count_fitting(struct group_commit_job **jobs, size_t n)
{
	size_t n_lines = reserve_of(jobs[0])->lines->n, fitting = 1;

	while (fitting < n && n_lines + reserve_of(jobs[fitting])->lines->n <= STOCK_LINES_MAX)
		n_lines += reserve_of(jobs[fitting++])->lines->n;
	return fitting;
}

static void run_reserves(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct group_commit_job *others[GROUP_COMMIT_MAX];

	for (size_t done = 0, some; done < n; done += some) {
		struct reserve_batch batch = {ctx, others, 0};

		some = count_fitting(jobs + done, n - done);
		batch.n = refuse_early(others, ctx, jobs + done, some);
		if (batch.n)
			reserve_or_release(ctx, others, batch.n);
		for (size_t i = 0; i < batch.n; i++) {
			if (is_worth_retrying(&batch, reserve_of(others[i])))
				reserve_or_release(ctx, &others[i], 1);
		}
	}
}

static struct group_commit reserves = GROUP_COMMIT(run_reserves);

enum err stock_store_reserve(struct list *reserved, struct list *refused, struct ctx *ctx,
			     const bson_oid_t *order_id, const struct list *lines)
{
	struct reserve_call reserve = {.job.ctx = ctx, .order_id = *order_id, .lines = lines};
	enum err e = group_commit(&reserves, &reserve.job);

	*reserved = reserve.reserved;
	*refused = (struct list){reserve.refused, reserve.n_refused};
	return e;
}
