/* A FastCGI worker: threads that take requests from one listening socket until SIGTERM. */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include "metrics.h"
#include "pipeline.h"

enum { WORKER_THREADS_MAX = 256, WORKER_DRAIN_MS = 5000, WORKER_QUEUE_MS = 500 };

/* Where a worker takes its requests from. */
struct worker_socket {
	int fd;   /* listens, and blocks */
	bool own; /* no other process accepts from it */
};

extern struct metric worker_threads, worker_busy_threads;

/* Blocks, in the calling thread and those it will make, every signal that could cut a request
 * short. Before any thread is made. */
void worker_block_signals(void);

/* Serves with `threads` threads until SIGTERM, SIGINT or SIGUSR1, then takes nothing new and waits
 * up to WORKER_DRAIN_MS for what is under way; of a socket of its own it also takes, for
 * WORKER_QUEUE_MS at the most, what waits there. ERR_INTERNAL where a thread was still busy at the
 * end: the caller must end the process without taking its data apart. ERR_UNAVAILABLE without
 * resources. */
enum err worker_run(const struct service_state *state, const struct worker_socket *socket,
		    unsigned threads) MUST_CHECK;

/* Whether the worker is on its way out. */
bool worker_draining(void);

#endif
