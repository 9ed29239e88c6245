/* Fixture of the store tests: a database of their own with a service's indexes. */
#ifndef TESTS_FCGI_STORE_FIXTURE_H
#define TESTS_FCGI_STORE_FIXTURE_H

#include <pthread.h>

#include "db_fixture.h"

enum { RACERS_MAX = 7 }; /* fewer than clients */

/* Context of the current test. */
static struct work store_work;

static inline void make_indexes(const struct db_indexes *indexes)
{
	struct work work;

	work_begin(&work, db);
	for (size_t i = 0; i < indexes->n; i++)
		ensure_index(&work.ctx, &indexes->rows[i]);
	work_end(&work);
}

/* Opens a database that has the indexes of a service. */
static inline void store_open(const struct db_indexes *indexes)
{
	log_init("test", LOG_ERROR + 1); /* no log: most errors are intended */
	assert_int_equal(db_open(&db, test_uri(), test_database(), CLIENTS), OK);
	make_indexes(indexes);
	await_up();
}

static inline int store_close(void **state)
{
	(void)state;
	drop_database(test_uri());
	db_close(db);
	return 0;
}

static inline struct ctx *store_begin(void)
{
	work_begin(&store_work, db);
	return &store_work.ctx;
}

static inline int store_end(void **state)
{
	(void)state;
	work_end(&store_work);
	return 0;
}

/* Retries, because a slow disk may cause timeouts. */
static inline void empty_collection(struct ctx *ctx, const char *collection)
{
	const bson_t *all = everything(ctx);
	int64_t until = clock_mono_ms() + SOON_MS, n;
	enum err e;

	while (err_is_temporary(e = db_delete(&n, ctx, collection, all)) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_int_equal(e, OK);
}

static inline int64_t count_documents(struct ctx *ctx, const char *collection)
{
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, collection, everything(ctx), INT32_MAX), OK);
	return n;
}

/* ---- races ---- */

/* The function of one thread of a race; `i` is its number. */
typedef enum err racer(struct ctx *ctx, int i);

struct race_place {
	pthread_t thread;
	pthread_barrier_t *line;
	racer *run;
	int i;
	enum err result;
};

static inline void *race_run(void *arg)
{
	struct race_place *place = arg;
	struct work work;

	work_begin(&work, db);
	/* All start at the same time, with their connections open. */
	place->result = db_ping(&work.ctx);
	pthread_barrier_wait(place->line);
	if (!place->result)
		place->result = place->run(&work.ctx, place->i);
	work_end(&work);
	return NULL;
}

/* Runs `n` threads at the same time; results[i] is what thread `i` returned. */
static inline void race(enum err results[static RACERS_MAX], int n, racer *run)
{
	struct race_place places[RACERS_MAX];
	pthread_barrier_t line;

	assert_in_range(n, 1, RACERS_MAX);
	assert_int_equal(pthread_barrier_init(&line, NULL, (unsigned)n), 0);
	for (int i = 0; i < n; i++) {
		places[i] = (struct race_place){.line = &line, .run = run, .i = i};
		assert_int_equal(pthread_create(&places[i].thread, NULL, race_run, &places[i]), 0);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(places[i].thread, NULL);
		results[i] = places[i].result;
	}
	pthread_barrier_destroy(&line);
}

static inline void assert_each(const enum err *results, int n, enum err wanted)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(results[i], wanted);
}

static inline int count_results(const enum err *results, int n, enum err wanted)
{
	int found = 0;

	for (int i = 0; i < n; i++)
		found += results[i] == wanted;
	return found;
}

#endif
