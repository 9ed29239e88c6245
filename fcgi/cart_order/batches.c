#include "batches.h"

#include <pthread.h>
#include <string.h>

#include "checkout_store.h"
#include "stock_client.h"

enum { BATCH_MAX = 4096 };

static enum err close_committed(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	return checkouts_close(ctx, CHECKOUT_COMMITTED, ids, n);
}

static struct noted {
	enum err (*run)(struct ctx *ctx, const bson_oid_t *ids, size_t n);
	bson_oid_t ids[BATCH_MAX];
	size_t n;
} batches[BATCHES] = {
    [BATCH_SETTLE] = {.run = stock_settle},
    [BATCH_CLOSE] = {.run = close_committed},
    [BATCH_GIVE_UP] = {.run = checkouts_end_leases},
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool batch_note(enum batch batch, const bson_oid_t *order_id)
{
	struct noted *b = &batches[batch];
	bool fits;

	pthread_mutex_lock(&lock);
	fits = b->n < BATCH_MAX;
	if (fits)
		b->ids[b->n++] = *order_id;
	pthread_mutex_unlock(&lock);
	return fits;
}

static size_t count(enum batch batch)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = batches[batch].n;
	pthread_mutex_unlock(&lock);
	return n;
}

/* The first `n`: others came behind them meanwhile. */
static void forget(struct noted *b, size_t n)
{
	pthread_mutex_lock(&lock);
	b->n -= n;
	memmove(b->ids, b->ids + n, b->n * sizeof *b->ids);
	pthread_mutex_unlock(&lock);
}

/* Does the first `n`. Only this thread takes any out, so those stay where they are. */
static enum err run_first(struct ctx *ctx, enum batch batch, size_t n)
{
	struct noted *b = &batches[batch];
	enum err e = OK;

	while (n && !e) {
		size_t some = n < STOCK_SETTLE_MAX ? n : STOCK_SETTLE_MAX;

		e = b->run(ctx, b->ids, some);
		if (!e)
			forget(b, some);
		n -= some;
	}
	return e;
}

void batches_run(struct ctx *ctx)
{
	/* Counted first: what is noted to be closed by now is among those that are settled here. */
	size_t closing = count(BATCH_CLOSE);

	if (run_first(ctx, BATCH_SETTLE, count(BATCH_SETTLE)) == OK)
		(void)!run_first(ctx, BATCH_CLOSE, closing);
	(void)!run_first(ctx, BATCH_GIVE_UP, count(BATCH_GIVE_UP));
}
