/* Places of calls that wait for another call of the same user. */
#include "waiting.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "clock.h"
#include "service.h"
#include "worker.h"

enum {
	PAUSE_MS = 8, /* before the first look; twice as long before each next one */
	PAUSE_MAX_MS = 64,
	PAUSE_TURNS = 3, /* from here on it is the longest */
};

/* The calls that wait: the user of each. */
struct places {
	unsigned share; /* one of so many threads is a place */
	unsigned n;
	const char *users[WORKER_THREADS_MAX];
};

static struct places all_places[WAITING_KINDS] = {
    [WAITING_ORDER] = {.share = 2},
    [WAITING_ADD] = {.share = 4},
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A part of a number, rounded down, but one at least. */
static unsigned part_of(unsigned n, unsigned numerator, unsigned denominator)
{
	unsigned part = n * numerator / denominator;

	return part ? part : 1;
}

static bool has_room(const struct places *places, const char *user_id)
{
	unsigned n = part_of(service_threads(), 1, places->share), own = 0;

	for (unsigned i = 0; i < places->n; i++)
		own += strcmp(places->users[i], user_id) == 0;
	return places->n < n && own < part_of(n, 3, 4);
}

enum err waiting_enter(struct ctx *ctx, enum waiting_for kind, const char *user_id, int64_t until)
{
	struct places *places = &all_places[kind];
	bool entered;

	pthread_mutex_lock(&lock);
	entered = has_room(places, user_id);
	if (entered)
		places->users[places->n++] = user_id;
	pthread_mutex_unlock(&lock);
	if (entered && ctx->deadline < until + WAITING_WORK_MS)
		ctx->deadline = until + WAITING_WORK_MS;
	return entered ? OK : ERR_IN_PROGRESS;
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

/* Between half of the pause and one and a half times. */
void waiting_pause(int turn)
{
	int64_t pause = turn < PAUSE_TURNS ? PAUSE_MS << turn : PAUSE_MAX_MS;

	clock_sleep_ms(pause / 2 + randombytes_uniform((uint32_t)pause));
}
