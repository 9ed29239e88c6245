/* A FastCGI worker: threads that accept requests from one listening socket until SIGTERM. */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include "metrics.h"
#include "pipeline.h"

enum { WORKER_THREADS_MAX = 256, WORKER_DRAIN_MS = 5000, WORKER_QUEUE_MS = 500 };

/* The listening socket of a worker. */
struct worker_socket {
	int fd;   /* blocking */
	bool own; /* no other process accepts from it */
};

extern struct metric worker_threads, worker_busy_threads;

/* Blocks every signal that could interrupt a request, in the calling thread and the threads that it
 * starts later. Before any other thread. */
void worker_block_signals(void);

/* Serves with `threads` threads until SIGTERM, SIGINT or SIGUSR1. Then it accepts no new requests,
 * and waits up to WORKER_DRAIN_MS for current ones; from a socket of its own it also accepts the
 * queued connections, for at most WORKER_QUEUE_MS. ERR_INTERNAL if a thread is still busy: the
 * caller must then end the process without freeing its data. ERR_UNAVAILABLE without resources. */
enum err worker_run(const struct service_state *state, const struct worker_socket *socket,
		    unsigned threads) MUST_CHECK;

/* Whether the worker is shutting down. */
bool worker_draining(void);

#endif
