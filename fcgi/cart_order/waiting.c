/* Places for calls that wait for another call of the same user. */
#include "waiting.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "clock.h"
#include "service.h"
#include "worker.h"

enum {
	PAUSE_MS = 8, /* before the first check; doubled before each next one */
	PAUSE_MAX_MS = 64,
	PAUSE_TURNS = 3, /* from this turn on the pause is PAUSE_MAX_MS */
};

/* The waiting calls, each by its user. */
struct places {
	unsigned share; /* one place for this number of threads */
	unsigned n;
	const char *users[WORKER_THREADS_MAX];
};

static struct places all_places[WAITING_KINDS] = {
    [WAITING_ORDER] = {.share = 2},
    [WAITING_ADD] = {.share = 4},
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A fraction of a number, rounded down, at least 1. */
static unsigned part_of(unsigned n, unsigned numerator, unsigned denominator)
{
	unsigned part = n * numerator / denominator;

	return part ? part : 1;
}

enum err waiting_enter(struct ctx *ctx, enum waiting_for kind, const char *user_id, int64_t until)
{
	struct places *places = &all_places[kind];
	unsigned n = part_of(service_threads(), 1, places->share), own = 0;
	bool has_room;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < places->n; i++)
		own += strcmp(places->users[i], user_id) == 0;
	has_room = places->n < n && own < part_of(n, 3, 4);
	if (has_room)
		places->users[places->n++] = user_id;
	pthread_mutex_unlock(&lock);
	if (!has_room)
		return ERR_IN_PROGRESS;
	if (ctx->deadline < until + WAITING_WORK_MS)
		ctx->deadline = until + WAITING_WORK_MS;
	return OK;
}

void waiting_leave(enum waiting_for kind, const char *user_id)
{
	struct places *places = &all_places[kind];
	unsigned i = 0;

	pthread_mutex_lock(&lock);
	while (places->users[i] != user_id)
		i++;
	places->users[i] = places->users[--places->n];
	pthread_mutex_unlock(&lock);
}

/* Sleeps for 0.5 to 1.5 times the pause. */
void waiting_pause(int turn)
{
	int64_t pause = turn < PAUSE_TURNS ? PAUSE_MS << turn : PAUSE_MAX_MS;

	clock_sleep_ms(pause / 2 + randombytes_uniform((uint32_t)pause));
}
