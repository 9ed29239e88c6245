/* The transaction that commits orders. Concurrent orders share it in a group commit. */
#include "order_commit_store.h"

#include "cart_store.h"
#include "checkout_store.h"
#include "db.h"
#include "group_commit.h"

struct commit {
	struct group_commit_job job;
	const struct order_commit *of;
};

/* The orders of one transaction. */
struct group {
	struct group_commit_job **jobs;
	size_t n;
};

static const struct order_commit *commit_of(const struct group *g, size_t i)
{
	return ((const struct commit *)(const void *)g->jobs[i])->of;
}

/* ---- the writes ---- */

/* The first write: it fails where a checkout was abandoned meanwhile. */
static enum err move_checkouts(struct ctx *ctx, const struct group *g)
{
	bson_oid_t ids[GROUP_COMMIT_MAX];

	for (size_t i = 0; i < g->n; i++)
		ids[i] = commit_of(g, i)->order->_id;
	return checkouts_commit(ctx, ids, g->n);
}

static enum err remove_cart_lines(struct ctx *ctx, const struct group *g)
{
	struct cart_part parts[GROUP_COMMIT_MAX];

	for (size_t i = 0; i < g->n; i++)
		parts[i] =
		    (struct cart_part){commit_of(g, i)->order->user_id, commit_of(g, i)->lines};
	return carts_remove_lines(ctx, parts, g->n);
}

static enum err insert_orders(struct ctx *ctx, const struct group *g)
{
	const struct order *orders[GROUP_COMMIT_MAX];

	for (size_t i = 0; i < g->n; i++)
		orders[i] = commit_of(g, i)->order;
	return orders_insert(ctx, orders, g->n);
}

static enum err store_answers(struct ctx *ctx, const struct group *g)
{
	struct key_answered answered[GROUP_COMMIT_MAX];

	for (size_t i = 0; i < g->n; i++)
		answered[i] = (struct key_answered){commit_of(g, i)->key, commit_of(g, i)->answer};
	return keys_store(ctx, answered, g->n);
}

static enum err write_all(struct ctx *ctx, void *arg)
{
	static enum err (*const writes[])(struct ctx *ctx, const struct group *g) = {
	    move_checkouts,
	    remove_cart_lines,
	    insert_orders,
	    store_answers,
	};
	enum err e = OK;

	for (size_t i = 0; i < sizeof writes / sizeof writes[0] && !e; i++)
		e = writes[i](ctx, arg);
	return e;
}

static void run_commits(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct group group = {jobs, n};
	enum err e = n > 1 ? db_transaction_once(ctx, write_all, &group)
			   : db_transaction(ctx, write_all, &group);

	/* A shared transaction aborted, perhaps because of one order only. */
	if (n > 1 && (e == ERR_NO_DOCUMENT || e == ERR_DUPLICATE))
		e = ERR_RETRY;
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e;
}

static struct group_commit committing = GROUP_COMMIT(run_commits);

enum err order_commit(struct ctx *ctx, const struct order_commit *commit)
{
	struct commit c = {.job.ctx = ctx, .of = commit};

	return group_commit(&committing, &c.job);
}
