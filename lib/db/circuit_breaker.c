#include "circuit_breaker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"

enum {
	RETRY_MS = 250,  /* between two pings of a server that is away */
	CHECK_MS = 1000, /* of one that is up: an idle service must notice an outage, too */
	NS_PER_MS = 1000000,
	NS_PER_SECOND = 1000000000,
};

enum state { STATE_UNKNOWN, STATE_UP, STATE_AWAY };

struct circuit_breaker {
	atomic_int state; /* written under the lock, read without */
	mongoc_client_pool_t *pool;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* asked or stopping */
	bool asked;             /* since the last ping was begun */
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

/* Under the lock. A line in the log for each turn of events, none for its repetition. */
static void settle(struct circuit_breaker *breaker, enum state state, const char *why)
{
	enum state before = (enum state)atomic_exchange(&breaker->state, (int)state);

	if (state == STATE_AWAY && before != STATE_AWAY)
		log_event(LOG_WARNING, NULL, "database.unavailable reason=%s", why);
	if (state == STATE_UP && before == STATE_AWAY)
		log_event(LOG_INFO, NULL, "database.available");
}

/* Under the lock. */
static void ask_now(struct circuit_breaker *breaker)
{
	breaker->asked = true;
	pthread_cond_signal(&breaker->changed);
}

void circuit_breaker_trip(struct circuit_breaker *breaker, const char *why)
{
	/* In an outage every thread comes by here; the first one's word is enough. */
	if (circuit_breaker_is_open(breaker))
		return;
	pthread_mutex_lock(&breaker->lock);
	settle(breaker, STATE_AWAY, why);
	ask_now(breaker);
	pthread_mutex_unlock(&breaker->lock);
}

void circuit_breaker_check(struct circuit_breaker *breaker)
{
	if (circuit_breaker_is_open(breaker))
		return;
	pthread_mutex_lock(&breaker->lock);
	ask_now(breaker);
	pthread_mutex_unlock(&breaker->lock);
}

/* ---- the thread ---- */

/* Reaches the primary, or fails within the pool's time-outs. */
static bool ping(mongoc_client_t *client, bson_error_t *error)
{
	bson_t command = BSON_INITIALIZER;
	bool ok = BSON_APPEND_INT32(&command, "ping", 1) &&
		  mongoc_client_command_simple(client, "admin", &command, NULL, NULL, error);

	bson_destroy(&command);
	return ok;
}

static void probe(struct circuit_breaker *breaker, mongoc_client_t *client)
{
	bson_error_t error = {0};
	bool up = ping(client, &error);

	pthread_mutex_lock(&breaker->lock);
	/* An answer from before an operation failed proves nothing: ask again. */
	if (!up || !breaker->asked)
		settle(breaker, up ? STATE_UP : STATE_AWAY, error.message);
	pthread_mutex_unlock(&breaker->lock);
}

static struct timespec time_in(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * NS_PER_MS;
	if (t.tv_nsec >= NS_PER_SECOND) {
		t.tv_sec++;
		t.tv_nsec -= NS_PER_SECOND;
	}
	return t;
}

/* Waits until it is time for a ping: false at the end. */
static bool wait_for_turn(struct circuit_breaker *breaker)
{
	struct timespec until = time_in(circuit_breaker_is_open(breaker) ? RETRY_MS : CHECK_MS);
	bool go_on;

	pthread_mutex_lock(&breaker->lock);
	while (!breaker->stopping && !breaker->asked &&
	       pthread_cond_timedwait(&breaker->changed, &breaker->lock, &until) == 0)
		;
	breaker->asked = false;
	go_on = !breaker->stopping;
	pthread_mutex_unlock(&breaker->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct circuit_breaker *breaker = arg;
	mongoc_client_t *client = NULL;

	do {
		if (!client)
			client = mongoc_client_pool_pop(breaker->pool);
		if (client)
			probe(breaker, client);
	} while (wait_for_turn(breaker));
	if (client)
		mongoc_client_pool_push(breaker->pool, client);
	return NULL;
}

/* ---- life ---- */

/* The driver starts its monitors from this thread, and they inherit its mask: signals are for the
 * thread that waits for them. */
static int start_thread(struct circuit_breaker *breaker)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&breaker->thread, NULL, run, breaker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

static int init_changed(pthread_cond_t *changed)
{
	pthread_condattr_t attributes;
	int failed = pthread_condattr_init(&attributes);

	if (failed)
		return failed;
	failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!failed)
		failed = pthread_cond_init(changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return failed;
}

enum err circuit_breaker_new(struct circuit_breaker **out, mongoc_client_pool_t *pool)
{
	struct circuit_breaker *breaker = calloc(1, sizeof *breaker);

	if (!breaker)
		return ERR_INTERNAL;
	breaker->pool = pool;
	atomic_init(&breaker->state, STATE_UNKNOWN);
	if (init_changed(&breaker->changed))
		goto no_condition;
	pthread_mutex_init(&breaker->lock, NULL);
	if (start_thread(breaker))
		goto no_thread;
	*out = breaker;
	return OK;
no_thread:
	pthread_mutex_destroy(&breaker->lock);
	pthread_cond_destroy(&breaker->changed);
no_condition:
	free(breaker);
	return ERR_INTERNAL;
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
