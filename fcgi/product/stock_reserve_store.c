/* Taking stock. Orders that come at the same time are taken in one command. */
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

/* ---- hold ---- */

static bson_t *takeable(const struct take *take, const struct stock_line *line)
{
	bson_t *filter = BCON_NEW("_id", BCON_OID(&line->product_id), "available", BCON_BOOL(true),
				  "holds.order_id", "{", "$ne", BCON_OID(&take->order_id), "}");

	if (!failpoint_is_set("stock"))
		BCON_APPEND(filter, "stock", "{", "$gte", BCON_INT64(line->quantity), "}");
	return filter;
}

/* The one place where stock becomes less. */
static bson_t *take_out(const struct take *take, const struct stock_line *line)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(-line->quantity), "}", "$push", "{",
			"holds", "{", "order_id", BCON_OID(&take->order_id), "quantity",
			BCON_INT64(line->quantity), "at", BCON_DATE_TIME(clock_now_ms()), "}", "}");
}

static int by_product(const void *a, const void *b)
{
	return bson_oid_compare(&((const struct stock_line *)a)->product_id,
				&((const struct stock_line *)b)->product_id);
}

/* In order of the products. `strict`: not beyond the first that can't be had. */
static enum err add_lines(struct stock_command *command, const struct take *take, bool strict)
{
	size_t n = take->lines->n;
	struct stock_line *sorted = arena_array(command->ctx->arena, n, sizeof *sorted);
	enum err e = OK;

	if (!sorted)
		return ERR_NO_MEMORY;
	memcpy(sorted, take->lines->items, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_product);
	for (size_t i = 0; i < n && !e; i++)
		e = stock_command_add(command, takeable(take, &sorted[i]),
				      take_out(take, &sorted[i]), strict);
	return e;
}

/* An order that is taken alone is so strictly: of those that want the last of the same products
 * the first one gets them, rather than that they refuse each other. */
static enum err hold_lines(const struct takes *takes)
{
	struct stock_command command;
	enum err e = stock_command_begin(&command, takes->ctx, takes_count_lines(takes));

	for (size_t i = 0; i < takes->n && !e; i++)
		e = add_lines(&command, take_of(takes->jobs[i]), takes->n == 1);
	return e ? e : stock_command_run(&command);
}

/* ---- before anything is written ---- */

static bool looks_short(const struct snapshot *catalogue, const struct list *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		const struct stock_line *line = (const struct stock_line *)lines->items + i;
		const struct entry *product = catalogue_find(catalogue, &line->product_id);

		if (product && (!product->available || product->stock < line->quantity))
			return true;
	}
	return false;
}

/* Whether there is too little for one of them in this process's copy of the catalogue, which is a
 * moment old, and where what the order itself holds is taken. */
static bool any_looks_short(struct group_commit_job **jobs, size_t n)
{
	struct snapshot *catalogue = catalogue_current();
	bool any = false;

	for (size_t i = 0; catalogue && i < n && !any; i++)
		any = looks_short(catalogue, take_of(jobs[i])->lines);
	snapshot_unref(catalogue);
	return any;
}

/* Whether the database has too little, too, and the order holds nothing. */
static bool is_refused_at_once(struct take *take, const struct list *held)
{
	return !take_check_lines(take, held) && take->n_refused && !take->n_held && !take->marked &&
	       !take->unread;
}

/* Refuses some; `others` get the rest, whose number is returned. To take and release the other
 * lines of an order that lacks one would be two writes each. */
static size_t refuse_at_once(struct group_commit_job **others, struct ctx *ctx,
			     struct group_commit_job **jobs, size_t n)
{
	struct takes takes = {ctx, jobs, n};
	struct list held;
	size_t n_others = 0;
	bool read =
	    !failpoint_is_set("stock") && any_looks_short(jobs, n) && !takes_read(&held, &takes);

	for (size_t i = 0; i < n; i++) {
		if (read && is_refused_at_once(take_of(jobs[i]), &held))
			jobs[i]->result = ERR_OUT_OF_STOCK;
		else
			others[n_others++] = jobs[i];
	}
	return n_others;
}

/* ---- from its beginning to its end ---- */

/* Holds what there is, and sees what that is. */
static void try(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct takes takes = {ctx, jobs, n};
	struct list held;
	enum err e = hold_lines(&takes);

	if (!e)
		e = takes_read(&held, &takes);
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e ? e : take_check(take_of(jobs[i]), &held);
}

/* A refused order holds nothing in the end. It leaves no tombstone: this was the order's one take.
 * So those who come too late for the last unit write nothing at all. */
static void refuse(struct ctx *ctx, struct take *take)
{
	bool may_hold = take->n_held > 0 || take->unread;
	enum err e = may_hold ? stock_release_held(ctx, &take->order_id, take->lines, 0) : OK;

	take->let_go |= take->n_held > 0;
	if (e)
		take->job.result = e;
}

static void take_or_refuse(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	try(ctx, jobs, n);
	for (size_t i = 0; i < n; i++) {
		enum err e = jobs[i]->result;

		if (e == ERR_OUT_OF_STOCK || e == ERR_STOCK_GIVEN_BACK)
			refuse(ctx, take_of(jobs[i]));
	}
}

/* ---- another try ---- */

static bool has_line(const struct take *take, const bson_oid_t *product_id)
{
	const struct stock_line *line = take->lines->items;

	for (size_t i = 0; i < take->lines->n; i++) {
		if (bson_oid_equal(&line[i].product_id, product_id))
			return true;
	}
	return false;
}

static bool may_be_let_go(const struct takes *takes, const bson_oid_t *product_id)
{
	for (size_t i = 0; i < takes->n; i++) {
		const struct take *take = take_of(takes->jobs[i]);

		if (take->let_go && has_line(take, product_id))
			return true;
	}
	return false;
}

/* What it lacks may have been held by others that were refused as well. */
static bool is_worth_another_try(const struct takes *takes, const struct take *take)
{
	if (takes->n == 1 || take->job.result != ERR_OUT_OF_STOCK)
		return false;
	if (take->let_go) /* by another process's, too */
		return true;
	for (size_t i = 0; i < take->n_refused; i++) {
		if (!may_be_let_go(takes, &take->refused[i]))
			return false;
	}
	return true;
}

static void take_together(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct takes takes = {ctx, jobs, n};

	take_or_refuse(ctx, jobs, n);
	for (size_t i = 0; i < n; i++) {
		if (is_worth_another_try(&takes, take_of(jobs[i])))
			take_or_refuse(ctx, &jobs[i], 1);
	}
}

/* How many of them fit into a command that is no longer than the longest order's may be: a command
 * has a ceiling in time, and many long orders mustn't fail a short one. */
static size_t count_fitting(struct group_commit_job **jobs, size_t n)
{
	size_t n_lines = take_of(jobs[0])->lines->n, fitting = 1;

	while (fitting < n && n_lines + take_of(jobs[fitting])->lines->n <= STOCK_LINES_MAX)
		n_lines += take_of(jobs[fitting++])->lines->n;
	return fitting;
}

static void run_takes(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct group_commit_job *others[GROUP_COMMIT_MAX];

	for (size_t done = 0, some, n_others; done < n; done += some) {
		some = count_fitting(jobs + done, n - done);
		n_others = refuse_at_once(others, ctx, jobs + done, some);
		if (n_others)
			take_together(ctx, others, n_others);
	}
}

static struct group_commit taking = GROUP_COMMIT(run_takes);

enum err stock_store_take(struct list *taken, struct list *refused, struct ctx *ctx,
			  const bson_oid_t *order_id, const struct list *lines)
{
	struct take take = {.job.ctx = ctx, .order_id = *order_id, .lines = lines};
	enum err e = group_commit(&taking, &take.job);

	*taken = take.taken;
	*refused = (struct list){take.refused, take.n_refused};
	return e;
}
