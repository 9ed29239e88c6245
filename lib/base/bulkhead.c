#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "bulkhead.h"

#include "clock.h"

enum err bulkhead_init(struct bulkhead *bulkhead, unsigned slots, unsigned queue)
{
	if (!slots)
		return ERR_INVALID;
	*bulkhead = (struct bulkhead){.slots = slots, .queue = queue};
	if (pthread_mutex_init(&bulkhead->lock, NULL))
		return ERR_INTERNAL;
	if (pthread_cond_init(&bulkhead->handed_over, NULL)) {
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

enum err bulkhead_enter(struct bulkhead *bulkhead, int64_t deadline)
{
	struct timespec until = clock_mono_timespec(deadline);
	enum err e = OK;
	int failed = 0;

	pthread_mutex_lock(&bulkhead->lock);
	if (bulkhead->slots) {
		bulkhead->slots--;
	} else if (bulkhead->waiting == bulkhead->queue) {
		e = ERR_UNAVAILABLE;
	} else {
		/* bulkhead_leave() hands a slot over, which a thread that enters later cannot take.
		 */
		bulkhead->waiting++;
		while (!bulkhead->handed && !failed)
			failed = pthread_cond_clockwait(&bulkhead->handed_over, &bulkhead->lock,
							CLOCK_MONOTONIC, &until);
		bulkhead->waiting--;
		if (bulkhead->handed)
			bulkhead->handed--;
		else
			e = ERR_TIMEOUT;
	}
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
