#include "gate.h"

#include <time.h>

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

enum err gate_init(struct gate *gate, unsigned slots, unsigned queue)
{
	if (!slots)
		return ERR_INVALID;
	*gate = (struct gate){.slots = slots, .queue = queue};
	if (pthread_mutex_init(&gate->lock, NULL))
		return ERR_INTERNAL;
	if (cond_init(&gate->handed_over)) {
		pthread_mutex_destroy(&gate->lock);
		return ERR_INTERNAL;
	}
	return OK;
}

void gate_dispose(struct gate *gate)
{
	pthread_cond_destroy(&gate->handed_over);
	pthread_mutex_destroy(&gate->lock);
}

/* Waits for a slot that is handed over: a thread that comes later can't snatch it. */
static enum err wait_for_slot(struct gate *gate, int64_t deadline)
{
	struct timespec until = {
	    .tv_sec = deadline / 1000,
	    .tv_nsec = deadline % 1000 * 1000000,
	};
	int failed = 0;

	if (gate->waiting == gate->queue)
		return ERR_UNAVAILABLE;
	gate->waiting++;
	while (!gate->handed && !failed)
		failed = pthread_cond_timedwait(&gate->handed_over, &gate->lock, &until);
	gate->waiting--;
	if (!gate->handed)
		return ERR_UNAVAILABLE;
	gate->handed--;
	return OK;
}

enum err gate_enter(struct gate *gate, int64_t deadline)
{
	enum err e = OK;

	pthread_mutex_lock(&gate->lock);
	if (gate->slots)
		gate->slots--;
	else
		e = wait_for_slot(gate, deadline);
	pthread_mutex_unlock(&gate->lock);
	return e;
}

void gate_leave(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	if (gate->waiting > gate->handed) {
		gate->handed++;
		pthread_cond_signal(&gate->handed_over);
	} else {
		gate->slots++;
	}
	pthread_mutex_unlock(&gate->lock);
}
