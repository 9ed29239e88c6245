/* Orders that are confirmed, closed or abandoned in batches. */
#include "pending_job.h"

#include <pthread.h>
#include <string.h>

#include "checkout_store.h"
#include "stock_client.h"

enum { PENDING_MAX = 4096 };

static enum err close_committed(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	return checkouts_close(ctx, CHECKOUT_COMMITTED, ids, n);
}

static struct pending_list {
	enum err (*run)(struct ctx *ctx, const bson_oid_t *ids, size_t n);
	bson_oid_t ids[PENDING_MAX];
	size_t n;
} lists[PENDING_KINDS] = {
    [PENDING_CONFIRM] = {.run = stock_confirm},
    [PENDING_CLOSE] = {.run = close_committed},
    [PENDING_ABANDON] = {.run = checkouts_end_leases},
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool pending_add(enum pending kind, const bson_oid_t *order_id)
{
	struct pending_list *list = &lists[kind];
	bool fits;

	pthread_mutex_lock(&lock);
	fits = list->n < PENDING_MAX;
	if (fits)
		list->ids[list->n++] = *order_id;
	pthread_mutex_unlock(&lock);
	return fits;
}

static size_t count(enum pending kind)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = lists[kind].n;
	pthread_mutex_unlock(&lock);
	return n;
}

/* Processes the first `n`. Only this thread removes orders, so the first ones don't move. */
static enum err run_first(struct ctx *ctx, enum pending kind, size_t n)
{
	struct pending_list *list = &lists[kind];
	enum err e = OK;

	while (n && !e) {
		size_t some = n < STOCK_ORDERS_MAX ? n : STOCK_ORDERS_MAX;

		e = list->run(ctx, list->ids, some);
		n -= some;
		if (e)
			break;
		pthread_mutex_lock(&lock);
		list->n -= some; /* calls may have added others meanwhile */
		memmove(list->ids, list->ids + some, list->n * sizeof *list->ids);
		pthread_mutex_unlock(&lock);
	}
	return e;
}

void pending_run(struct ctx *ctx)
{
	/* Counted first: the orders that are in PENDING_CLOSE now are among those confirmed here.
	 */
	size_t closing = count(PENDING_CLOSE);

	if (run_first(ctx, PENDING_CONFIRM, count(PENDING_CONFIRM)) == OK)
		(void)!run_first(ctx, PENDING_CLOSE, closing);
	(void)!run_first(ctx, PENDING_ABANDON, count(PENDING_ABANDON));
}
