/* The dispatch of committed orders, and their confirmation; the other actions are in
 * test_sweeper_actions.c. */
#include "sweeper_fixture.h"

#include <sys/wait.h>

enum {
	BACKLOG = 2 * CHECKOUTS_READ + 30,
	PENDING_MAX = 4096, /* as in pending_job.c */
	EACH = 10,          /* of every state, for several processes */
	PROCESSES = 3,
};

/* With a lease that has not ended. */
static struct checkout put_committed(struct ctx *ctx)
{
	return put_checkout(ctx, USER, CHECKOUT_COMMITTED);
}

static struct checkout put_pending(struct ctx *ctx)
{
	return put_expired(ctx, USER, CHECKOUT_COMMITTED);
}

/* Number of checkouts whose deadline is in a range of time. */
static int64_t due_between(struct ctx *ctx, int64_t from_ms, int64_t to_ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("due", "{", "$gte", BCON_DATE_TIME(from_ms), "$lte",
						BCON_DATE_TIME(to_ms), "}"));
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, checkout_collection, filter, INT32_MAX), OK);
	return n;
}

/* ---- dispatch by the call ---- */

static void test_dispatch_sends_the_order(void **state)
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

static void test_dispatch_has_a_short_timeout(void **state)
{
	struct checkout checkout = put_committed(*state);
	int64_t began = clock_mono_ms();

	neighbour_answers(DISPATCH, "/slow");
	sweeper_dispatch(*state, &checkout);
	assert_in_range(clock_mono_ms() - began, 200, 1000);
	assert_int_equal(checkouts(*state), 1);
	sweeper_run(*state);
	assert_int_equal(calls_of(CONFIRM), 1);
	assert_int_equal(checkouts(*state), 1); /* it may have arrived or not */
}

/* ---- dispatched orders ---- */

static void test_dispatched_order_is_confirmed_and_closed(void **state)
{
	struct checkout checkout = put_committed(*state);
	const char *body =
	    arena_printf(((struct ctx *)*state)->arena,
			 "\r\n\r\n{\"orders\":[{\"order_id\":\"%s\"}]}", hex_of(*state, &checkout));

	sweeper_dispatch(*state, &checkout);
	assert_int_equal(checkouts(*state), 1); /* closed by the job, not while the client waits */
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_true(called_with(CONFIRM, body));
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1);
	assert_int_equal(calls_of(CONFIRM), 1);
}

static void test_orders_are_confirmed_in_one_call(void **state)
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

/* The list of dispatched orders is kept: the next round doesn't dispatch again. */
static void test_failed_confirmation_is_retried(void **state)
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

/* More than one call may confirm, and more than the list has room for. */
static void test_many_orders_are_confirmed_in_batches(void **state)
{
	struct checkout dispatched, last = put_committed(*state);

	for (int i = 0; i < PENDING_MAX; i++) {
		dispatched = last;
		bson_oid_init(&dispatched._id, NULL);
		assert_int_equal(sweeper_resume(*state, &dispatched), OK);
	}
	sweeper_dispatch(*state, &last);
	sweeper_run(*state);
	assert_int_equal(calls_of(CONFIRM),
			 (PENDING_MAX + STOCK_ORDERS_MAX - 1) / STOCK_ORDERS_MAX);
	assert_true(called_about(CONFIRM, *state, &dispatched));
	assert_string_equal(state_of(*state, &last), "COMMITTED"); /* the list was full */
	set_due(*state, &last._id, -1);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &last), "gone");
}

/* The order is cancelled between dispatch and confirmation: the cancellation isn't lost. */
static void test_order_cancelled_meanwhile_is_not_closed(void **state)
{
	struct checkout checkout = put_committed(*state);

	sweeper_dispatch(*state, &checkout);
	checkout.by = "customer";
	assert_int_equal(checkout_cancel(*state, &checkout), OK);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "CANCELLING");
}

/* ---- dispatch by the job ---- */

/* The call that created the order may still be dispatching it. */
static void test_leased_order_is_left_alone(void **state)
{
	put_committed(*state);
	sweeper_run(*state);
	assert_int_equal(all_calls(), 0);
	assert_int_equal(checkouts(*state), 1);
}

static void test_expired_order_is_dispatched(void **state)
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

static void test_refused_order_stays_pending(void **state)
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
	assert_true(calls_of(CONFIRM) > 0); /* its reservation is confirmed all the same */
	neighbour_answers(DISPATCH, NULL);
	set_due(*state, &checkout._id, -1000);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "gone");
}

/* No process claims it again before the lease ends. */
static void test_claim_leases_the_order(void **state)
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

/* Delivery is unavailable for the other orders as well. */
static void test_unavailable_delivery_ends_the_round(void **state)
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

static void test_refused_order_does_not_delay_others(void **state)
{
	for (int i = 0; i < 3; i++)
		put_pending(*state);
	neighbour_answers(DISPATCH, "/conflict");
	neighbours[DISPATCH].times = 2; /* the shared call, then that of the first order */
	sweeper_run(*state);
	assert_int_equal(calls_of(DISPATCH), 1 + 3);
	assert_int_equal(checkouts(*state), 1);
}

/* For a minute, counted from the refusal. */
static void test_refusal_postpones_the_order(void **state)
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

/* A call dispatches many orders; dispatched orders are closed after each call. */
static void test_backlog_is_cleared_in_one_round(void **state)
{
	for (int i = 0; i < BACKLOG; i++)
		put_pending(*state);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(DISPATCH), 1 + BACKLOG / CHECKOUTS_READ);
	assert_int_equal(calls_of(CONFIRM), 1 + BACKLOG / CHECKOUTS_READ);
}

/* ---- several processes ---- */

/* Starts this program again for one round of the job (run_round). */
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

static void test_concurrent_processes_do_each_action_once(void **state)
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
	/* one process dispatches all, or each does: the call is idempotent */
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
	    TEST(test_dispatch_sends_the_order),
	    TEST(test_dispatch_has_a_short_timeout),
	    TEST(test_dispatched_order_is_confirmed_and_closed),
	    TEST(test_orders_are_confirmed_in_one_call),
	    TEST(test_failed_confirmation_is_retried),
	    TEST(test_many_orders_are_confirmed_in_batches),
	    TEST(test_order_cancelled_meanwhile_is_not_closed),
	    TEST(test_leased_order_is_left_alone),
	    TEST(test_expired_order_is_dispatched),
	    TEST(test_refused_order_stays_pending),
	    TEST(test_claim_leases_the_order),
	    TEST(test_unavailable_delivery_ends_the_round),
	    TEST(test_refused_order_does_not_delay_others),
	    TEST(test_refusal_postpones_the_order),
	    TEST(test_backlog_is_cleared_in_one_round),
	    TEST(test_concurrent_processes_do_each_action_once),
	};

	if (argc == 3)
		return run_round(argv[1], argv[2]);
	return cmocka_run_group_tests_name("sweeper_job", tests, neighbours_open, neighbours_close);
}
