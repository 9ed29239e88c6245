/*
 * A bulkhead limits how many threads do a kind of work at a time. It has a number of slots and a
 * bounded queue: a thread takes a free slot, or waits for one, and is refused at once where the
 * queue is full.
 */
#ifndef LIB_BULKHEAD_H
#define LIB_BULKHEAD_H

#include <pthread.h>
#include <stdint.h>

#include "err.h"

struct bulkhead {
	pthread_mutex_t lock;
	pthread_cond_t handed_over;
	unsigned slots;   /* that are free */
	unsigned queue;   /* threads that may wait at a time */
	unsigned waiting; /* threads that wait */
	unsigned handed;  /* slots handed to waiting threads that have not woken yet */
};

/* ERR_INVALID without slots, ERR_INTERNAL where the system refuses. bulkhead_dispose() when no
 * thread uses it any more. */
enum err bulkhead_init(struct bulkhead *bulkhead, unsigned slots, unsigned queue) MUST_CHECK;
void bulkhead_dispose(struct bulkhead *bulkhead);

/* Takes a slot, waiting for one until `deadline` (clock_mono_ms()); bulkhead_leave() frees it.
 * ERR_UNAVAILABLE: none was free in time, or the queue is full. */
enum err bulkhead_enter(struct bulkhead *bulkhead, int64_t deadline) MUST_CHECK;
void bulkhead_leave(struct bulkhead *bulkhead);

#endif
