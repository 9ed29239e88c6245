/*
 * A bulkhead limits how many threads do one kind of work at a time. It has a number of slots and a
 * bounded queue: a thread takes a free slot or waits in the queue; if the queue is full, it fails
 * at once.
 */
#ifndef LIB_BULKHEAD_H
#define LIB_BULKHEAD_H

#include <pthread.h>
#include <stdint.h>

#include "err.h"

struct bulkhead {
	pthread_mutex_t lock;
	pthread_cond_t handed_over;
	unsigned slots;   /* free slots */
	unsigned queue;   /* how many threads may wait at a time */
	unsigned waiting; /* how many threads wait */
	unsigned handed;  /* slots handed to waiting threads that have not woken yet */
};

/* `slots`: at least 1. ERR_INVALID for 0, ERR_INTERNAL if the system has no resources. The caller
 * calls bulkhead_dispose() when no thread uses it any more. */
enum err bulkhead_init(struct bulkhead *bulkhead, unsigned slots, unsigned queue) MUST_CHECK;
void bulkhead_dispose(struct bulkhead *bulkhead);

/* Takes a slot; waits for one until `deadline` (clock_mono_ms()). bulkhead_leave() frees it.
 * ERR_TIMEOUT if none became free in time, ERR_UNAVAILABLE if the queue is full. */
enum err bulkhead_enter(struct bulkhead *bulkhead, int64_t deadline) MUST_CHECK;
void bulkhead_leave(struct bulkhead *bulkhead);

#endif
