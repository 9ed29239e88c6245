#include "bulkhead.h"

#include <time.h>

/* Initializes a condition whose timeouts are on the monotonic clock. Returns an error number or 0.
 */
static int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int failed = pthread_condattr_init(&attr);

	if (failed)
		return failed;
	failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!failed)
		failed = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return failed;
}

enum err bulkhead_init(struct bulkhead *bulkhead, unsigned slots, unsigned queue)
{
	if (!slots)
		return ERR_INVALID;
	*bulkhead = (struct bulkhead){.slots = slots, .queue = queue};
	if (pthread_mutex_init(&bulkhead->lock, NULL))
		return ERR_INTERNAL;
	if (cond_init(&bulkhead->handed_over)) {
		pthread_mutex_destroy(&bulkhead->lock);
		return ERR_INTERNAL;
	}
	return OK;
}

void bulkhead_dispose(struct bulkhead *bulkhead)
{
	pthread_cond_destroy(&bulkhead->handed_over);
	pthread_mutex_destroy(&bulkhead->lock);
}

/* Waits, with the lock held, until bulkhead_leave() hands a slot over. A thread that enters later
 * cannot take that slot. */
static enum err wait_for_slot(struct bulkhead *bulkhead, int64_t deadline)
{
	struct timespec until = {
	    .tv_sec = deadline / 1000,
	    .tv_nsec = deadline % 1000 * 1000000,
	};
	int failed = 0;

	if (bulkhead->waiting == bulkhead->queue)
		return ERR_UNAVAILABLE;
	bulkhead->waiting++;
	while (!bulkhead->handed && !failed)
		failed = pthread_cond_timedwait(&bulkhead->handed_over, &bulkhead->lock, &until);
	bulkhead->waiting--;
	if (!bulkhead->handed)
		return ERR_UNAVAILABLE;
	bulkhead->handed--;
	return OK;
}

enum err bulkhead_enter(struct bulkhead *bulkhead, int64_t deadline)
{
	enum err e = OK;

	pthread_mutex_lock(&bulkhead->lock);
	if (bulkhead->slots)
		bulkhead->slots--;
	else
		e = wait_for_slot(bulkhead, deadline);
	pthread_mutex_unlock(&bulkhead->lock);
	return e;
}

void bulkhead_leave(struct bulkhead *bulkhead)
{
	pthread_mutex_lock(&bulkhead->lock);
	if (bulkhead->waiting > bulkhead->handed) {
		bulkhead->handed++;
		pthread_cond_signal(&bulkhead->handed_over);
	} else {
		bulkhead->slots++;
	}
	pthread_mutex_unlock(&bulkhead->lock);
}
