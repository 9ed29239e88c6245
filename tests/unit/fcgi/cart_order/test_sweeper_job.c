/* Telling delivery, and what follows of that; the other duties are in test_sweeper_duties.c. */
#include "sweeper_fixture.h"

#include <sys/wait.h>

enum {
	BACKLOG = 2 * CHECKOUTS_READ + 30,
	TOLD_MAX = 4096, /* as the sweeper has it */
	EACH = 10,       /* of every state, for several processes */
	PROCESSES = 3,
};

/* The job comes before the lease is over. */
static struct checkout put_committed(struct ctx *ctx)
{
	return put_checkout(ctx, USER, CHECKOUT_COMMITTED);
}

static struct checkout put_pending(struct ctx *ctx)
{
	return put_expired(ctx, USER, CHECKOUT_COMMITTED);
}

/* How many are due from one moment to another. */
static int64_t due_between(struct ctx *ctx, int64_t from_ms, int64_t to_ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("due", "{", "$gte", BCON_DATE_TIME(from_ms), "$lte",
						BCON_DATE_TIME(to_ms), "}"));
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, checkout_collection, filter, INT32_MAX), OK);
	return n;
}

/* ---- telling at once ---- */

static void tells_delivery_of_an_order(void **state)
{
	struct checkout checkout = put_committed(*state);
	const char *body =
	    arena_printf(((struct ctx *)*state)->arena,
			 "\r\n\r\n{\"orders\":[{\"order_id\":\"%s\",\"user_id\":\"" USER
			 "\",\"request_id\":\"" REQUEST_ID "\",\"traceparent\":\"%s\"}]}",
			 hex_of(*state, &checkout), checkout.traceparent);

	sweeper_dispatch(*state, &checkout);
	assert_int_equal(all_calls(), 1);
	assert_true(called_with(DISPATCH, "POST /internal/orders HTTP/1.1\r\n"));
	assert_true(called_with(DISPATCH, "X-Request-ID: " REQUEST_ID "\r\n"));
	assert_true(called_with(DISPATCH, TRACE_ID));
	assert_true(called_with(DISPATCH, "Authorization: Bearer "));
	assert_true(called_with(DISPATCH, body));
	assert_non_null(strstr(checkout.traceparent, TRACE_ID));
}

static void waits_at_once_no_longer_than_a_client_may(void **state)
{
	struct checkout checkout = put_committed(*state);
	int64_t began = clock_mono_ms();

	neighbour_answers(DISPATCH, "/slow");
	sweeper_dispatch(*state, &checkout);
	assert_in_range(clock_mono_ms() - began, 200, 1000);
	assert_int_equal(checkouts(*state), 1);
	sweeper_run(*state);
	assert_int_equal(calls_of(CONFIRM), 1);
	assert_int_equal(checkouts(*state), 1); /* who knows whether it was told */
}

/* ---- what was told ---- */

static void settles_and_closes_what_was_told(void **state)
{
	struct checkout checkout = put_committed(*state);
	const char *body =
	    arena_printf(((struct ctx *)*state)->arena,
			 "\r\n\r\n{\"orders\":[{\"order_id\":\"%s\"}]}", hex_of(*state, &checkout));

	sweeper_dispatch(*state, &checkout);
	assert_int_equal(checkouts(*state), 1); /* the client needn't wait for that */
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_true(called_with(CONFIRM, body));
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	assert_int_equal(calls_of(CONFIRM), 1);
}

static void settles_in_one_call(void **state)
{
	struct checkout dispatched[3];

	for (int i = 0; i < 3; i++)
		dispatched[i] = put_committed(*state);
	for (int i = 0; i < 3; i++)
		sweeper_dispatch(*state, &dispatched[i]);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(CONFIRM), 1);
	for (int i = 0; i < 3; i++)
		assert_true(called_about(CONFIRM, *state, &dispatched[i]));
}

/* Which is known still in the next round: delivery isn't told again. */
static void keeps_what_is_not_settled(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "500 {}", "422 {}", "/garbage"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct checkout checkout = put_committed(*state);

		neighbours_reset();
		sweeper_dispatch(*state, &checkout);
		neighbour_answers(CONFIRM, bad[i]);
		sweeper_run(*state);
		assert_string_equal(state_of(*state, &checkout), "COMMITTED");
		neighbour_answers(CONFIRM, NULL);
		sweeper_run(*state);
		assert_string_equal(state_of(*state, &checkout), "gone");
		assert_true(called_about(CONFIRM, *state, &checkout));
		assert_int_equal(calls_of(DISPATCH), 1);
	}
}

/* Beyond what one call may settle, and what is kept in mind. */
static void settles_many_in_some_calls(void **state)
{
	struct checkout dispatched, last = put_committed(*state);

	for (int i = 0; i < TOLD_MAX; i++) {
		dispatched = last;
		bson_oid_init(&dispatched._id, NULL);
		assert_int_equal(sweeper_resume(*state, &dispatched), OK);
	}
	sweeper_dispatch(*state, &last);
	sweeper_run(*state);
	assert_int_equal(calls_of(CONFIRM), (TOLD_MAX + STOCK_ORDERS_MAX - 1) / STOCK_ORDERS_MAX);
	assert_true(called_about(CONFIRM, *state, &dispatched));
	assert_string_equal(state_of(*state, &last), "COMMITTED"); /* had no place */
	set_due(*state, &last._id, -1);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &last), "gone");
}

/* Somebody cancels it between telling and settling: what is to be done then isn't lost. */
static void does_not_close_what_is_cancelled_meanwhile(void **state)
{
	struct checkout checkout = put_committed(*state);

	sweeper_dispatch(*state, &checkout);
	checkout.by = "customer";
	assert_int_equal(checkout_cancel(*state, &checkout), OK);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "CANCELLING");
}

/* ---- telling later ---- */

/* The call that made the order is still busy telling: the job mustn't do it beside it. */
static void leaves_a_new_one_alone(void **state)
{
	put_committed(*state);
	sweeper_run(*state);
	assert_int_equal(all_calls(), 0);
	assert_int_equal(checkouts(*state), 1);
}

static void tells_what_is_due(void **state)
{
	put_pending(*state);
	ctx_set_ids(*state, "job-1", NULL);
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	assert_int_equal(checkouts(*state), 0);
	/* under the ids of the call that made the order */
	assert_true(called_with(DISPATCH, "X-Request-ID: " REQUEST_ID "\r\n"));
	assert_true(called_with(DISPATCH, TRACE_ID));
}

static void what_delivery_does_not_take_stays(void **state)
{
	static const char *const bad[] = {"/conflict", "/empty", "/redirect", "404 {}",
					  "/garbage",  "/cut",   "500 {}",    "/unavailable"};
	struct checkout checkout = put_committed(*state);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		neighbour_answers(DISPATCH, bad[i]);
		sweeper_dispatch(*state, &checkout);
		set_due(*state, &checkout._id, -1000);
		sweeper_run(*state);
		assert_string_equal(state_of(*state, &checkout), "COMMITTED");
	}
	assert_true(calls_of(CONFIRM) > 0); /* sold it is all the same */
	neighbour_answers(DISPATCH, NULL);
	set_due(*state, &checkout._id, -1000);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "gone");
}

/* Whoever looks next, this process or another one, must wait until the lease is over. */
static void one_is_leased_while_it_is_told(void **state)
{
	struct checkout checkout = put_pending(*state);
	int64_t began = clock_now_ms();

	neighbour_answers(DISPATCH, "/unavailable");
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	assert_int_equal(due_between(*state, began + 2000, clock_now_ms() + 2000), 1);
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	set_due(*state, &checkout._id, -1);
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 2);
}

/* It would be away for the others too. */
static void delivery_away_ends_the_round(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "/garbage"};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		empty_collection(ctx, checkout_collection);
		neighbours_reset();
		for (int n = 0; n < 3; n++)
			put_pending(ctx);
		neighbour_answers(DISPATCH, bad[i]);
		sweeper_run(ctx);
		assert_int_equal(calls_of(DISPATCH), 1);
		assert_int_equal(checkouts(ctx), 3);
		neighbour_answers(DISPATCH, NULL);
		sweeper_run(ctx);
		assert_int_equal(checkouts(ctx), 0);
	}
}

static void a_refusal_does_not_hold_up_the_others(void **state)
{
	for (int i = 0; i < 3; i++)
		put_pending(*state);
	neighbour_answers(DISPATCH, "/conflict");
	neighbours[DISPATCH].times = 2; /* all of them in one call, and then the first */
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1 + 3);
	assert_int_equal(checkouts(*state), 1);
}

/* For a minute, counted from the refusal. */
static void a_refusal_puts_it_off(void **state)
{
	struct checkout checkout = put_pending(*state);
	int64_t began = clock_now_ms();

	neighbour_answers(DISPATCH, "/conflict");
	sweeper_run(*state);
	assert_int_equal(due_between(*state, began + 60000, clock_now_ms() + 60000), 1);
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	neighbour_answers(DISPATCH, NULL);
	set_due(*state, &checkout._id, -1);
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 2);
	assert_int_equal(checkouts(*state), 0);
}

/* Many are told of in one call; what was told is closed round by round. */
static void clears_a_backlog_in_one_round(void **state)
{
	for (int i = 0; i < BACKLOG; i++)
		put_pending(*state);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(DISPATCH), 1 + BACKLOG / CHECKOUTS_READ);
	assert_int_equal(calls_of(CONFIRM), 1 + BACKLOG / CHECKOUTS_READ);
}

/* ---- several processes ---- */

/* This program once more, which makes a round of its own (run_round). */
static pid_t start_process(void)
{
	const char *database = test_database(); /* of this process */
	pid_t pid = fork();

	if (pid == 0) {
		execl("/proc/self/exe", "round", neighbours_url, database, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void processes_at_a_time_do_each_thing_once(void **state)
{
	pid_t pids[PROCESSES];
	int status;

	for (int i = 0; i < EACH; i++) {
		put_expired(*state, USER, CHECKOUT_COMMITTED);
		put_expired(*state, USER, CHECKOUT_ABANDONED);
		put_expired(*state, arena_printf(((struct ctx *)*state)->arena, "u-%d", i),
			    CHECKOUT_RESERVING);
	}
	for (int i = 0; i < PROCESSES; i++)
		pids[i] = start_process();
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	/* by each of them all, or by one: to be told twice is harmless */
	assert_in_range(calls_of(DISPATCH), 1, PROCESSES);
	assert_int_equal(calls_of(RELEASE), 2 * EACH);
	assert_int_equal(checkouts(*state), 0);
}

static int run_round(const char *url, const char *database)
{
	const char *uri = getenv("MONGODB_URI");
	struct arena *arena = arena_new(ARENA_MAX);
	struct ctx ctx;

	log_init("test", LOG_ERROR + 1);
	if (!arena || !uri || token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", "") || rest_init(url) ||
	    db_open(&db, uri, database, 2))
		return 1;
	ctx_begin(&ctx, arena, db, BUDGET_MS);
	while (db_ping(&ctx))
		clock_sleep_ms(10);
	sweeper_run(&ctx);
	ctx_end(&ctx);
	rest_thread_end();
	db_close(db);
	arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, sweeper_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(tells_delivery_of_an_order),
	    TEST(waits_at_once_no_longer_than_a_client_may),
	    TEST(settles_and_closes_what_was_told),
	    TEST(settles_in_one_call),
	    TEST(keeps_what_is_not_settled),
	    TEST(settles_many_in_some_calls),
	    TEST(does_not_close_what_is_cancelled_meanwhile),
	    TEST(leaves_a_new_one_alone),
	    TEST(tells_what_is_due),
	    TEST(what_delivery_does_not_take_stays),
	    TEST(one_is_leased_while_it_is_told),
	    TEST(delivery_away_ends_the_round),
	    TEST(a_refusal_does_not_hold_up_the_others),
	    TEST(a_refusal_puts_it_off),
	    TEST(clears_a_backlog_in_one_round),
	    TEST(processes_at_a_time_do_each_thing_once),
	};

	if (argc == 3)
		return run_round(argv[1], argv[2]);
	return cmocka_run_group_tests_name("sweeper_job", tests, neighbours_open, neighbours_close);
}
