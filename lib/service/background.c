#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "background.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clock.h"
#include "log.h"
#include "rest.h"

struct runner {
	const struct background_job *job;
	struct db *db;
	struct arena *arena;
	pthread_t thread;
	bool woken;
};

static struct runner runners[BACKGROUND_JOBS_MAX];
static size_t n_runners;
static atomic_bool stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *run(void *arg)
{
	struct runner *r = arg;
	struct timespec until;
	struct ctx ctx;

	while (!stopping) {
		ctx_begin(&ctx, r->arena, r->db, r->job->budget_ms);
		ctx_set_ids(&ctx, NULL, NULL);
		r->job->run(&ctx);
		if (arena_is_exhausted(r->arena))
			log_event(LOG_ERROR, &ctx, "job.out_of_memory job=%s", r->job->name);
		ctx_end(&ctx);
		until = clock_mono_timespec(clock_mono_ms() + r->job->pause_ms);
		pthread_mutex_lock(&lock);
		while (!stopping && !r->woken &&
		       pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until) == 0)
			;
		r->woken = false;
		pthread_mutex_unlock(&lock);
	}
	rest_thread_end();
	return NULL;
}

enum err background_start(const struct background_job *job, struct db *db)
{
	struct runner *r;

	if (n_runners == BACKGROUND_JOBS_MAX)
		return ERR_UNAVAILABLE;
	r = &runners[n_runners];
	*r = (struct runner){.job = job, .db = db, .arena = arena_new(BACKGROUND_MEMORY_MAX)};
	if (!r->arena)
		return ERR_NO_MEMORY;
	if (pthread_create(&r->thread, NULL, run, r)) {
		arena_free(r->arena);
		return ERR_UNAVAILABLE;
	}
	n_runners++;
	return OK;
}

int background_stopping(void)
{
	return stopping;
}

void background_wake(const struct background_job *job)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n_runners; i++) {
		if (runners[i].job == job)
			runners[i].woken = true;
	}
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void background_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < n_runners; i++) {
		pthread_join(runners[i].thread, NULL);
		arena_free(runners[i].arena);
	}
	n_runners = 0;
}
