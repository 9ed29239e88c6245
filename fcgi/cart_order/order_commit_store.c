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

static enum err write_all(struct ctx *ctx, void *arg)
{
	const struct group *group = arg;
	bson_oid_t ids[GROUP_COMMIT_MAX];
	struct cart_part parts[GROUP_COMMIT_MAX];
	const struct order *orders[GROUP_COMMIT_MAX];
	struct key_answered answered[GROUP_COMMIT_MAX];
	enum err e;

	for (size_t i = 0; i < group->n; i++) {
		const struct order_commit *commit =
		    ((const struct commit *)(const void *)group->jobs[i])->of;

		ids[i] = commit->order->_id;
		parts[i] = (struct cart_part){commit->order->user_id, commit->lines};
		orders[i] = commit->order;
		answered[i] = (struct key_answered){commit->key, commit->answer};
	}
	/* The first write: it fails where a checkout was abandoned meanwhile. */
	e = checkouts_commit(ctx, ids, group->n);
	if (!e)
		e = carts_remove_lines(ctx, parts, group->n);
	if (!e)
		e = orders_insert(ctx, orders, group->n);
	return e ? e : keys_store(ctx, answered, group->n);
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
