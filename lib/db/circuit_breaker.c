#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "circuit_breaker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"

enum {
	RETRY_MS = 250, /* between two pings while the server is unavailable */
	CHECK_MS =
	    1000, /* between two pings while it is up: an idle service detects outages, too */
};

enum state { STATE_UNKNOWN, STATE_UP, STATE_AWAY };

struct circuit_breaker {
	atomic_int state; /* enum state; written under the lock, read without it */
	mongoc_client_pool_t *pool;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* ping_wanted or stopping */
	bool ping_wanted;       /* requested after the last ping began */
	bool stopping;
};

static enum state state_of(const struct circuit_breaker *breaker)
{
	return (enum state)atomic_load_explicit(&breaker->state, memory_order_relaxed);
}

bool circuit_breaker_is_open(const struct circuit_breaker *breaker)
{
	return state_of(breaker) == STATE_AWAY;
}

bool circuit_breaker_is_up(const struct circuit_breaker *breaker)
{
	return state_of(breaker) == STATE_UP;
}

/* Sets the state, and logs each transition once. The caller holds the lock. */
static void set_state(struct circuit_breaker *breaker, enum state state, const char *why)
{
	enum state before = (enum state)atomic_exchange(&breaker->state, (int)state);

	if (state == STATE_AWAY && before != STATE_AWAY)
		log_event(LOG_WARNING, NULL, "database.unavailable reason=%s", why);
	if (state == STATE_UP && before == STATE_AWAY)
		log_event(LOG_INFO, NULL, "database.available");
}

/* The caller holds the lock. */
static void request_ping(struct circuit_breaker *breaker)
{
	breaker->ping_wanted = true;
	pthread_cond_signal(&breaker->changed);
}

void circuit_breaker_trip(struct circuit_breaker *breaker, const char *why)
{
	/* In an outage every thread calls this function, and the first call is enough. */
	if (circuit_breaker_is_open(breaker))
		return;
	pthread_mutex_lock(&breaker->lock);
	set_state(breaker, STATE_AWAY, why);
	request_ping(breaker);
	pthread_mutex_unlock(&breaker->lock);
}

void circuit_breaker_check(struct circuit_breaker *breaker)
{
	if (circuit_breaker_is_open(breaker))
		return;
	pthread_mutex_lock(&breaker->lock);
	request_ping(breaker);
	pthread_mutex_unlock(&breaker->lock);
}

/* ---- the thread ---- */

/* Pings the primary, which fails within the pool's timeouts, and sets the state. */
static void ping(struct circuit_breaker *breaker, mongoc_client_t *client)
{
	bson_t command = BSON_INITIALIZER;
	bson_error_t error = {0};
	bool up = BSON_APPEND_INT32(&command, "ping", 1) &&
		  mongoc_client_command_simple(client, "admin", &command, NULL, NULL, &error);

	bson_destroy(&command);
	pthread_mutex_lock(&breaker->lock);
	/* An operation that failed during the ping requested another one: a good answer to this
	 * ping may be older than the failure. */
	if (!up || !breaker->ping_wanted)
		set_state(breaker, up ? STATE_UP : STATE_AWAY, error.message);
	pthread_mutex_unlock(&breaker->lock);
}

static void *run(void *arg)
{
	struct circuit_breaker *breaker = arg;
	mongoc_client_t *client = NULL;
	bool is_running = true;

	while (is_running) {
		struct timespec until;

		if (!client)
			client = mongoc_client_pool_pop(breaker->pool);
		if (client)
			ping(breaker, client);
		until = clock_mono_timespec(
		    clock_mono_ms() + (circuit_breaker_is_open(breaker) ? RETRY_MS : CHECK_MS));
		pthread_mutex_lock(&breaker->lock);
		while (!breaker->stopping && !breaker->ping_wanted &&
		       pthread_cond_clockwait(&breaker->changed, &breaker->lock, CLOCK_MONOTONIC,
					      &until) == 0)
			;
		breaker->ping_wanted = false;
		is_running = !breaker->stopping;
		pthread_mutex_unlock(&breaker->lock);
	}
	if (client)
		mongoc_client_pool_push(breaker->pool, client);
	return NULL;
}

/* ---- start and end ---- */

enum err circuit_breaker_new(struct circuit_breaker **out, mongoc_client_pool_t *pool)
{
	struct circuit_breaker *breaker = calloc(1, sizeof *breaker);
	sigset_t all, before;
	int failed;

	if (!breaker)
		return ERR_INTERNAL;
	breaker->pool = pool;
	atomic_init(&breaker->state, STATE_UNKNOWN);
	if (pthread_cond_init(&breaker->changed, NULL)) {
		free(breaker);
		return ERR_INTERNAL;
	}
	pthread_mutex_init(&breaker->lock, NULL);
	/* The thread has all signals blocked, because another thread waits for signals. The
	 * driver's monitor threads, which it starts, inherit the mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&breaker->thread, NULL, run, breaker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		pthread_mutex_destroy(&breaker->lock);
		pthread_cond_destroy(&breaker->changed);
		free(breaker);
		return ERR_INTERNAL;
	}
	*out = breaker;
	return OK;
}

void circuit_breaker_free(struct circuit_breaker *breaker)
{
	if (!breaker)
		return;
	pthread_mutex_lock(&breaker->lock);
	breaker->stopping = true;
	pthread_cond_signal(&breaker->changed);
	pthread_mutex_unlock(&breaker->lock);
	pthread_join(breaker->thread, NULL);
	pthread_mutex_destroy(&breaker->lock);
	pthread_cond_destroy(&breaker->changed);
	free(breaker);
}
