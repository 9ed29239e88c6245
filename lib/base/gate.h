/*
 * A gate before work that must not be done by all threads at a time: a number of them are inside, a
 * bounded number wait for a place, and whatever comes beyond is refused at once.
 */
#ifndef LIB_GATE_H
#define LIB_GATE_H

#include <pthread.h>
#include <stdint.h>

#include "err.h"

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t handed_over;
	unsigned slots;   /* free ones */
	unsigned queue;   /* threads that may wait */
	unsigned waiting; /* threads that do */
	unsigned handed;  /* slots given to waiting threads that haven't woken yet */
};

/* ERR_INVALID without slots, ERR_INTERNAL where the system refuses. gate_dispose() when no thread
 * uses it any more. */
enum err gate_init(struct gate *gate, unsigned slots, unsigned queue) MUST_CHECK;
void gate_dispose(struct gate *gate);

/* Takes a slot, waiting for one until `deadline` (clock_mono_ms()), and gives it back by
 * gate_leave(). ERR_UNAVAILABLE: none was free in time, or too many wait already. */
enum err gate_enter(struct gate *gate, int64_t deadline) MUST_CHECK;
void gate_leave(struct gate *gate);

#endif
