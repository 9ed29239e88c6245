/*
 * The rates of the database alone: the operations of the bench with the bare driver, one client for
 * each thread, in a closed loop. The ceiling that the services' rates are compared with.
 *
 *     raw setup | raw drop
 *     raw OPERATION SECONDS WARMUP THREADS
 *
 * MONGODB_URI names the server. It writes into a database of its own, which `setup` makes and
 * `drop` removes, and reads product_db and user_db as the services left them. Prints one line of
 * JSON; exit code 1 if an operation failed.
 */
#define _POSIX_C_SOURCE 200809L

#include "raw.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

#define THREADS_MAX  256
#define ERRORS_SHOWN 3

struct bench {
	const struct operation *op;
	mongoc_client_pool_t *pool;
	struct filters filters;
	unsigned threads;
	uint64_t begin, end; /* operations that end between these are counted */
};

struct thread {
	pthread_t id;
	const struct bench *bench;
	struct worker worker;
	struct histogram latency;
	uint64_t errors;
};

/* ---- one thread ---- */

static void error_count(struct thread *t)
{
	if (t->errors++ < ERRORS_SHOWN && t->worker.number == 0)
		fprintf(stderr, "raw: %s: %s\n", t->bench->op->name, t->worker.error.message);
}

static void loop(struct thread *t)
{
	const struct bench *b = t->bench;
	uint64_t began = clock_us(), now;

	for (; began < b->end; began = now, t->worker.turn++) {
		bool done = b->op->run(&t->worker);

		now = clock_us();
		if (!done)
			error_count(t);
		else if (now >= b->begin && now < b->end)
			histogram_record(&t->latency, now - began);
	}
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	struct worker *w = &t->worker;

	w->client = mongoc_client_pool_pop(t->bench->pool);
	w->filters = &t->bench->filters;
	if (worker_open(w, t->bench->op))
		loop(t);
	else
		error_count(t);
	worker_close(w);
	mongoc_client_pool_push(t->bench->pool, w->client);
	return NULL;
}

/* ---- all threads ---- */

static bool threads_run(struct result *result, const struct bench *b)
{
	struct thread *threads = calloc(b->threads, sizeof *threads);
	unsigned started = 0;

	if (!threads)
		return false;
	for (; started < b->threads; started++) {
		struct thread *t = &threads[started];

		t->bench = b;
		t->worker.number = started;
		if (pthread_create(&t->id, NULL, thread_main, t) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++) {
		pthread_join(threads[i].id, NULL);
		histogram_merge(&result->latency, &threads[i].latency);
		result->errors += threads[i].errors;
	}
	free(threads);
	return started == b->threads;
}

/* As the services' connections: no retries (retryable writes cost the server another write
 * each), and a server that doesn't answer is an error and no wait. */
static mongoc_client_pool_t *pool_new(unsigned clients)
{
	const char *address = getenv("MONGODB_URI");
	mongoc_uri_t *uri = address ? mongoc_uri_new(address) : NULL;
	mongoc_client_pool_t *pool = NULL;

	if (uri) {
		mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE, (int32_t)clients);
		mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false);
		mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
		mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2000);
		mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 5000);
		pool = mongoc_client_pool_new(uri);
		mongoc_uri_destroy(uri);
	}
	if (pool)
		mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
	else
		fputs("raw: MONGODB_URI names no server\n", stderr);
	return pool;
}

/* Runs `what` on a client of the pool. */
static bool with_client(mongoc_client_pool_t *pool, bool (*what)(mongoc_client_t *, bson_error_t *))
{
	mongoc_client_t *client = mongoc_client_pool_pop(pool);
	bson_error_t error;
	bool done = what(client, &error);

	if (!done)
		fprintf(stderr, "raw: %s\n", error.message);
	mongoc_client_pool_push(pool, client);
	return done;
}

static bool filters_make(struct bench *b)
{
	mongoc_client_t *client = mongoc_client_pool_pop(b->pool);
	bson_error_t error;
	bool done = filters_init(&b->filters, b->op, client, &error);

	if (!done)
		fprintf(stderr, "raw: %s: %s\n", b->op->name, error.message);
	mongoc_client_pool_push(b->pool, client);
	return done;
}

static bool measure(mongoc_client_pool_t *pool, char **argv)
{
	static struct bench b;
	static struct result result;
	double warmup = strtod(argv[3], NULL);
	bool done;

	b.op = operation_find(argv[1]);
	b.pool = pool;
	b.threads = (unsigned)strtoul(argv[4], NULL, 10);
	result.name = argv[1];
	result.seconds = strtod(argv[2], NULL);
	if (!b.op || b.threads == 0 || b.threads > THREADS_MAX || result.seconds <= 0 ||
	    warmup < 0) {
		fputs("raw: unknown operation, or a number out of range\n", stderr);
		return false;
	}
	if (!filters_make(&b))
		return false;
	b.begin = clock_us() + (uint64_t)(warmup * 1e6);
	b.end = b.begin + (uint64_t)(result.seconds * 1e6);
	done = threads_run(&result, &b);
	filters_dispose(&b.filters);
	if (done)
		result_print(&result);
	return done && result.errors == 0;
}

static bool command(mongoc_client_pool_t *pool, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "setup") == 0)
		return with_client(pool, raw_setup);
	if (argc == 2 && strcmp(argv[1], "drop") == 0)
		return with_client(pool, raw_drop);
	if (argc == 5)
		return measure(pool, argv);
	fputs("usage: raw setup | raw drop | raw OPERATION SECONDS WARMUP THREADS\n", stderr);
	return false;
}

int main(int argc, char **argv)
{
	mongoc_client_pool_t *pool;
	bool done;

	mongoc_init();
	pool = pool_new(THREADS_MAX);
	if (!pool)
		return 1;
	done = command(pool, argc, argv);
	mongoc_client_pool_destroy(pool);
	mongoc_cleanup();
	return done ? 0 : 1;
}
