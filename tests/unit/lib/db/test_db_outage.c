#define _XOPEN_SOURCE 700 /* nftw */

#include "db_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "db_calls.h"
#include "mongod.h"

enum {
	ANSWER_MS = 3000, /* limit of a call while the server hangs */
	AT_ONCE_MS = 500, /* limit once the circuit is open; generous for a busy machine */
};

static struct mongod server;

static int open_all(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1);
	mongod_init(&server, getenv("MONGOD"));
	assert_int_equal(db_replica_set_ensure(server.uri), OK);
	open_database(server.uri);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	db_close(db);
	mongod_dispose(&server);
	return 0;
}

static int begin_with_one(void **state)
{
	begin(state);
	put_thing(*state, "a", 1);
	return 0;
}

/* A failed test may have left the server frozen. */
static int end_thawed(void **state)
{
	mongod_thaw(&server);
	return end(state);
}

/* Otherwise the kernel may send SIGHUP to other processes of the test run while it is frozen. */
static void test_mongod_has_own_process_group(void **state)
{
	(void)state;
	assert_int_equal(getpgid(server.pid), server.pid);
}

static void freeze(void)
{
	mongod_freeze(&server);
}

static void thaw(void)
{
	mongod_thaw(&server);
	await_up();
}

static void await_away(void)
{
	int64_t until = clock_mono_ms() + ANSWER_MS;

	while (db_is_up(db) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_false(db_is_up(db));
}

/* ---- a server that hangs ---- */

struct caller {
	pthread_t thread;
	struct work work;
	call *function;
	enum err result;
	int64_t ms;
};

static void *call_once(void *arg)
{
	struct caller *caller = arg;

	caller->ms = time_of(&caller->result, caller->function, &caller->work.ctx);
	return NULL;
}

/* All kinds of calls run concurrently on connections that were just in use; then again, while the
 * circuit is open. */
static void test_calls_return_in_time_while_frozen(void **state)
{
	static const int64_t most[] = {ANSWER_MS, AT_ONCE_MS};
	struct caller callers[CALLS];

	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		callers[i].function = calls[i];
		work_begin(&callers[i].work, db);
		assert_int_equal(db_ping(&callers[i].work.ctx), OK);
	}
	freeze();
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < CALLS; i++)
			assert_int_equal(pthread_create(&callers[i].thread, NULL, call_once,
							&callers[i]),
					 0);
		for (size_t i = 0; i < CALLS; i++)
			pthread_join(callers[i].thread, NULL);
		for (size_t i = 0; i < CALLS; i++) {
			assert_int_equal(callers[i].result, ERR_UNAVAILABLE);
			assert_in_range(callers[i].ms, 0, most[round]);
		}
		assert_false(db_is_up(db));
	}
	thaw();
	for (size_t i = 0; i < CALLS; i++)
		work_end(&callers[i].work);
}

static void test_idle_service_detects_outage(void **state)
{
	db_client_push(*state);
	freeze();
	await_away();
	thaw();
	assert_int_equal(db_ping(*state), OK);
}

struct moment {
	const char *name; /* of the thing that is stored before the freeze */
	enum err result;  /* returned by the body */
	int64_t frozen;   /* clock_mono_ms() of the freeze */
};

static enum err freeze_in_body(struct ctx *ctx, void *arg)
{
	struct moment *moment = arg;

	put_thing(ctx, moment->name, 1);
	freeze();
	moment->frozen = clock_mono_ms();
	return moment->result;
}

/* The server freezes before the commit or the abort. */
static void test_transaction_ends_in_time_while_frozen(void **state)
{
	struct moment moments[] = {
	    {.name = "committed", .result = OK},
	    {.name = "aborted", .result = ERR_OUT_OF_STOCK},
	};

	for (size_t i = 0; i < 2; i++) {
		assert_int_not_equal(db_transaction(*state, freeze_in_body, &moments[i]), OK);
		assert_in_range(clock_mono_ms() - moments[i].frozen, 0, ANSWER_MS);
		thaw();
	}
}

/* ---- a server that restarts ---- */

static void test_connections_recover_after_restart(void **state)
{
	struct work works[CLIENTS];
	enum err result;

	db_client_push(*state);
	for (int i = 0; i < CLIENTS; i++) {
		work_begin(&works[i], db);
		assert_int_equal(db_ping(&works[i].ctx), OK);
	}
	mongod_kill(&server);
	await_away();
	assert_in_range(time_of(&result, call_find, &works[0].ctx), 0, AT_ONCE_MS);
	assert_int_equal(result, ERR_UNAVAILABLE);
	mongod_start(&server);
	await_up();
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(call_update(&works[i].ctx), OK);
		work_end(&works[i]);
	}
	assert_int_equal(n_of(*state, "a"), 1 + CLIENTS);
}

static void test_watch_fails_at_outage_and_restarts(void **state)
{
	struct db_watch *watch;
	struct db_change change;
	int64_t version;

	assert_int_equal(db_watch_new(&watch, &version, *state, server.uri, THINGS), OK);
	assert_int_equal(db_watch_next(&change, watch, 100), ERR_NO_DOCUMENT);
	mongod_kill(&server);
	assert_int_equal(db_watch_next(&change, watch, 100), ERR_UNAVAILABLE);
	db_watch_free(watch);
	await_away();
	mongod_start(&server);
	await_up();
	assert_int_equal(db_watch_new(&watch, &version, *state, server.uri, THINGS), OK);
	put_thing(*state, "b", 1);
	assert_int_equal(db_watch_next(&change, watch, SOON_MS), OK);
	assert_true(change.version > version);
	db_watch_free(watch);
}

static void test_watch_fails_while_frozen(void **state)
{
	struct db_watch *watch;
	struct db_change change;
	int64_t version, started;

	assert_int_equal(db_watch_new(&watch, &version, *state, server.uri, THINGS), OK);
	assert_int_equal(db_watch_next(&change, watch, 100), ERR_NO_DOCUMENT);
	freeze();
	started = clock_mono_ms();
	assert_int_equal(db_watch_next(&change, watch, 100), ERR_UNAVAILABLE);
	db_watch_free(watch);
	assert_in_range(clock_mono_ms() - started, 0, 2 * ANSWER_MS);
	thaw();
}

/* ---- under load ---- */

struct load {
	pthread_t thread;
	atomic_bool *stop;
	int64_t longest; /* ms */
	int done, wrong;
};

static void *call_repeatedly(void *arg)
{
	struct load *load = arg;

	for (size_t i = 0; !*load->stop; i++) {
		struct work work;
		enum err result;
		int64_t ms;

		work_begin(&work, db);
		ms = time_of(&result, calls[i % CALLS], &work.ctx);
		if (ms > load->longest)
			load->longest = ms;
		load->done += result == OK;
		load->wrong += result != OK && !err_is_temporary(result) && result != ERR_DUPLICATE;
		work_end(&work);
		if (result)
			clock_sleep_ms(1);
	}
	return NULL;
}

static void test_load_survives_freezes_and_restarts(void **state)
{
	struct load loads[CLIENTS - 1];
	atomic_bool stop = false;

	(void)state;
	for (int i = 0; i < CLIENTS - 1; i++) {
		loads[i] = (struct load){.stop = &stop};
		assert_int_equal(pthread_create(&loads[i].thread, NULL, call_repeatedly, &loads[i]),
				 0);
	}
	for (int i = 0; i < 2; i++) {
		clock_sleep_ms(300);
		freeze();
		await_away();
		thaw();
		clock_sleep_ms(300);
		mongod_kill(&server);
		await_away();
		mongod_start(&server);
		await_up();
	}
	clock_sleep_ms(300);
	stop = true;
	for (int i = 0; i < CLIENTS - 1; i++) {
		pthread_join(loads[i].thread, NULL);
		assert_int_equal(loads[i].wrong, 0);
		assert_true(loads[i].done > 0);
		assert_in_range(loads[i].longest, 0, ANSWER_MS);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_with_one, end_thawed)
	const struct CMUnitTest tests[] = {
	    TEST(test_mongod_has_own_process_group),
	    TEST(test_calls_return_in_time_while_frozen),
	    TEST(test_idle_service_detects_outage),
	    TEST(test_transaction_ends_in_time_while_frozen),
	    TEST(test_connections_recover_after_restart),
	    TEST(test_watch_fails_at_outage_and_restarts),
	    TEST(test_watch_fails_while_frozen),
	    TEST(test_load_survives_freezes_and_restarts),
	};

	if (!getenv("MONGOD")) {
		puts("db_outage: skipped, because MONGOD doesn't name a mongod");
		return 0;
	}
	return cmocka_run_group_tests_name("db_outage", tests, open_all, close_all);
}
