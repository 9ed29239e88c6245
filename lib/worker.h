/* A FastCGI worker: threads that take requests from one listening socket until SIGTERM. */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include "pipeline.h"

enum { WORKER_THREADS_MAX = 256, WORKER_DRAIN_MS = 5000 };

/* Blocks, in the calling thread and those it will make, every signal that could cut a request
 * short. Before any thread is made. */
void worker_block_signals(void);

/* Serves on `listen_fd` with `threads` threads until SIGTERM, SIGINT or SIGUSR1, then takes nothing
 * new and waits up to WORKER_DRAIN_MS for what is under way. ERR_INTERNAL where a thread was still
 * busy then: the caller must end the process without taking its data apart. ERR_UNAVAILABLE without
 * resources. */
enum err worker_run(const struct service_state *state, int listen_fd, unsigned threads) MUST_CHECK;

/* Whether the worker is on its way out. */
bool worker_draining(void);

#endif
