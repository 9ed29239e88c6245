#define _XOPEN_SOURCE 700 /* nftw */

#include "db_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "mongod.h"

enum {
	ANSWER_MS = 3000, /* the longest that a call may take while the server hangs */
	AT_ONCE_MS = 500, /* and once that is known; a busy machine allowed for */
};

static struct mongod server;
static struct db *db;

static int open_all(void **state)
{
	(void)state;
	mongod_init(&server, getenv("MONGOD"));
	assert_int_equal(db_replica_set_ensure(server.uri), OK);
	db = open_database(server.uri);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	db_close(db);
	mongod_dispose(&server);
	return 0;
}

/* A transaction that the outage has left behind holds its locks until the server ends it. */
static void clear_things(struct ctx *ctx)
{
	const bson_t *all = everything(ctx);
	int64_t until = clock_mono_ms() + SOON_MS, n;
	enum err e;

	while ((e = db_delete(&n, ctx, THINGS, all)) == ERR_UNAVAILABLE && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_int_equal(e, OK);
}

static int begin(void **state)
{
	static struct work work;

	work_begin(&work, db);
	clear_things(&work.ctx);
	put_thing(&work.ctx, "a", 1);
	*state = &work.ctx;
	return 0;
}

static int end(void **state)
{
	struct ctx *ctx = *state;
	struct arena *arena = ctx->arena;

	ctx_end(ctx);
	arena_free(arena);
	return 0;
}

static void freeze(void)
{
	kill(server.pid, SIGSTOP);
}

static void thaw(void)
{
	kill(server.pid, SIGCONT);
	await_up(db);
}

static void await_away(void)
{
	int64_t until = clock_mono_ms() + ANSWER_MS;

	while (db_is_up(db) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_false(db_is_up(db));
}

/* ---- the calls ---- */

static enum err call_find_one(struct ctx *ctx)
{
	struct thing out;

	return db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a"));
}

static enum err call_find(struct ctx *ctx)
{
	struct db_query query = {.filter = everything(ctx), .limit = 10};
	struct list list;

	return db_find(&list, ctx, THINGS, &thing_shape, &query);
}

static enum err call_count(struct ctx *ctx)
{
	int64_t n;

	return db_count(&n, ctx, THINGS, everything(ctx), 10);
}

static enum err call_insert(struct ctx *ctx)
{
	struct thing thing = make_thing("b", 1);

	return db_insert(ctx, THINGS, &thing_shape, &thing);
}

static enum err call_update(struct ctx *ctx)
{
	return db_update(NULL, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 1), true);
}

static enum err call_update_and_get(struct ctx *ctx)
{
	struct thing out;

	return db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a"),
				 add_to_n(ctx, 1), true);
}

static enum err call_delete(struct ctx *ctx)
{
	int64_t n;

	return db_delete(&n, ctx, THINGS, by_name(ctx, "c"));
}

static enum err update_in(struct ctx *ctx, void *arg)
{
	(void)arg;
	return call_update(ctx);
}

static enum err call_transaction(struct ctx *ctx)
{
	return db_transaction(ctx, update_in, NULL);
}

typedef enum err call(struct ctx *ctx);

static call *const calls[] = {
    db_ping,     call_find_one,       call_find,   call_count,       call_insert,
    call_update, call_update_and_get, call_delete, call_transaction,
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static int64_t time_of(enum err *result, call *function, struct ctx *ctx)
{
	int64_t started = clock_mono_ms();

	*result = function(ctx);
	return clock_mono_ms() - started;
}

/* ---- a server that hangs ---- */

/* Each call on a connection that was in use a moment ago. */
static void answers_every_call_in_time_when_frozen(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		struct work work;
		enum err result;

		work_begin(&work, db);
		assert_int_equal(db_ping(&work.ctx), OK);
		freeze();
		assert_in_range(time_of(&result, calls[i], &work.ctx), 0, ANSWER_MS);
		assert_int_equal(result, ERR_UNAVAILABLE);
		assert_false(db_is_up(db));
		assert_in_range(time_of(&result, calls[i], &work.ctx), 0, AT_ONCE_MS);
		assert_int_equal(result, ERR_UNAVAILABLE);
		work_end(&work);
		thaw();
	}
}

static void notices_an_outage_without_calls(void **state)
{
	db_client_push(*state);
	freeze();
	await_away();
	thaw();
	assert_int_equal(db_ping(*state), OK);
}

struct moment {
	const char *name; /* of what is put before the server freezes */
	enum err result;  /* of the body */
	int64_t frozen;   /* when */
};

static enum err freeze_in_body(struct ctx *ctx, void *arg)
{
	struct moment *moment = arg;

	put_thing(ctx, moment->name, 1);
	freeze();
	moment->frozen = clock_mono_ms();
	return moment->result;
}

/* The commit, and the abort, meet a frozen server. */
static void ends_a_transaction_in_time_when_frozen(void **state)
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

static void serves_on_every_connection_after_a_restart(void **state)
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
	await_up(db);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(call_update(&works[i].ctx), OK);
		work_end(&works[i]);
	}
	assert_int_equal(n_of(*state, "a"), 1 + CLIENTS);
}

/* ---- a connection that breaks ---- */

/* Has the server fail a command the next `times` that it gets it. `how` is JSON. */
static void fail_command(const char *command, int times, const char *how)
{
	mongoc_client_t *client = mongoc_client_new(server.uri);
	char json[256];
	bson_error_t error;
	bson_t *fault;

	assert_non_null(client);
	snprintf(json, sizeof json,
		 "{\"configureFailPoint\": \"failCommand\", \"mode\": {\"times\": %d},"
		 " \"data\": {\"failCommands\": [\"%s\"], %s}}",
		 times, command, how);
	fault = bson_new_from_json((const uint8_t *)json, -1, &error);
	assert_non_null(fault);
	assert_true(mongoc_client_command_simple(client, "admin", fault, NULL, NULL, &error));
	bson_destroy(fault);
	mongoc_client_destroy(client);
}

static const char CUT[] = "\"closeConnection\": true";
static const char TOO_SLOW[] = "\"errorCode\": 50";
static const char NOT_PRIMARY[] = "\"errorCode\": 10107";

static void reads_again_after_a_cut_connection(void **state)
{
	static call *const reads[] = {call_find_one, call_find};

	for (size_t i = 0; i < 2; i++) {
		fail_command("find", 1, CUT);
		assert_int_equal(reads[i](*state), OK);
	}
	fail_command("aggregate", 1, CUT);
	assert_int_equal(call_count(*state), OK);
	assert_true(db_is_up(db));
}

static void writes_once_alone_over_a_cut_connection(void **state)
{
	fail_command("update", 1, CUT);
	assert_int_equal(call_update(*state), ERR_UNAVAILABLE);
	assert_int_equal(n_of(*state, "a"), 1);
	assert_int_equal(call_update(*state), OK);
	assert_int_equal(n_of(*state, "a"), 2);
}

static void runs_a_transaction_again_after_a_cut_connection(void **state)
{
	static const char *const commands[] = {"update", "commitTransaction"};

	for (int i = 0; i < 2; i++) {
		fail_command(commands[i], 1, CUT);
		assert_int_equal(call_transaction(*state), OK);
		assert_int_equal(n_of(*state, "a"), 2 + i);
	}
}

/* The driver repeats a commit after a lost connection, but not after this. */
static void commits_again_where_the_result_is_unknown(void **state)
{
	fail_command("commitTransaction", 2, TOO_SLOW);
	assert_int_equal(call_transaction(*state), OK);
	assert_int_equal(n_of(*state, "a"), 2);
	fail_command("commitTransaction", 100, TOO_SLOW);
	assert_int_equal(call_transaction(*state), ERR_UNAVAILABLE);
	fail_command("commitTransaction", 0, TOO_SLOW);
}

static void opens_no_breaker_where_a_primary_is_found_in_time(void **state)
{
	fail_command("update", 1, NOT_PRIMARY);
	assert_int_equal(call_update(*state), ERR_UNAVAILABLE);
	assert_int_equal(call_update(*state), OK);
	assert_true(db_is_up(db));
}

/* ---- under load ---- */

struct load {
	pthread_t thread;
	atomic_bool *stop;
	int64_t longest; /* ms */
	int done, wrong;
};

static void *call_again_and_again(void *arg)
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
		load->wrong += result != OK && result != ERR_UNAVAILABLE && result != ERR_DUPLICATE;
		work_end(&work);
		if (result)
			clock_sleep_ms(1);
	}
	return NULL;
}

static void outlives_freezes_and_restarts_under_load(void **state)
{
	struct load loads[CLIENTS - 1];
	atomic_bool stop = false;

	(void)state;
	for (int i = 0; i < CLIENTS - 1; i++) {
		loads[i] = (struct load){.stop = &stop};
		assert_int_equal(pthread_create(&loads[i].thread, NULL, call_again_and_again,
						&loads[i]),
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
		await_up(db);
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
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(answers_every_call_in_time_when_frozen),
	    TEST(notices_an_outage_without_calls),
	    TEST(ends_a_transaction_in_time_when_frozen),
	    TEST(serves_on_every_connection_after_a_restart),
	    TEST(reads_again_after_a_cut_connection),
	    TEST(writes_once_alone_over_a_cut_connection),
	    TEST(runs_a_transaction_again_after_a_cut_connection),
	    TEST(commits_again_where_the_result_is_unknown),
	    TEST(opens_no_breaker_where_a_primary_is_found_in_time),
	    TEST(outlives_freezes_and_restarts_under_load),
	};

	if (!getenv("MONGOD")) {
		puts("db_outage: skipped, because MONGOD doesn't name a mongod");
		return 0;
	}
	return cmocka_run_group_tests_name("db_outage", tests, open_all, close_all);
}
