/* Concurrent calls for one cart wait for each other. */
#include "order_saga_fixture.h"

#include "service.h"

enum {
	RACERS = 7,
	MORE = 3, /* calls beyond the number of waiting places */
	WAITERS_MAX = CLIENTS - 1,
	EARLY_MS = 1500,
};

/* ---- another call ---- */

/* Another call of the user. It has a checkout open, and closes it after some time. */
struct other_call {
	pthread_t thread;
	int64_t ms;
	void (*end)(struct ctx *ctx);
};

static struct checkout others;

static void *run_other(void *arg)
{
	struct other_call *other = arg;

	clock_sleep_ms(other->ms);
	beside(other->end);
	return NULL;
}

static void other_begin(struct other_call *other, struct ctx *ctx)
{
	others = put_checkout(ctx, USER, CHECKOUT_RESERVING);
	assert_int_equal(pthread_create(&other->thread, NULL, run_other, other), 0);
}

static void give_it_up(struct ctx *ctx)
{
	if (checkout_move(ctx, &others._id, CHECKOUT_RESERVING, CHECKOUT_ABANDONED))
		abort();
}

static void store_and_close(struct ctx *ctx)
{
	store_an_answer(ctx);
	give_it_up(ctx);
}

/* ---- waiting ---- */

static void test_waits_for_another_call(void **state)
{
	struct checkout open = put_checkout(*state, USER, CHECKOUT_RESERVING);
	struct order_result result = {0};
	int64_t began = clock_mono_ms();

	assert_int_equal(place(&result, *state), ERR_IN_PROGRESS);
	assert_in_range(clock_mono_ms() - began, 2000, 3500);
	assert_no_order(*state, 1);
	assert_string_equal(state_of(*state, &open), "RESERVING");
	assert_int_equal(all_calls(), 0);
}

static void test_runs_after_another_call(void **state)
{
	struct other_call other = {.ms = 300, .end = give_it_up};
	struct order_result result = {0};
	int64_t began = clock_mono_ms();

	other_begin(&other, *state);
	assert_int_equal(place(&result, *state), OK);
	assert_in_range(clock_mono_ms() - began, 300, 1500);
	pthread_join(other.thread, NULL);
	assert_one_order(*state);
}

static void test_deadline_is_extended_after_waiting(void **state)
{
	struct other_call other = {.ms = 600, .end = give_it_up};
	struct order_result result = {0};
	struct ctx *ctx = *state;

	other_begin(&other, ctx);
	ctx->deadline = clock_mono_ms() + 200;
	assert_int_equal(place(&result, ctx), OK);
	ctx->deadline = clock_mono_ms() + BUDGET_MS;
	pthread_join(other.thread, NULL);
	assert_one_order(ctx);
}

static void test_waits_for_the_answer_of_its_key(void **state)
{
	struct other_call other = {.ms = 300, .end = store_and_close};
	struct order_request request = request_with_key();
	struct order_result result = {0};

	other_begin(&other, *state);
	assert_int_equal(place_order(&result, *state, &request), OK);
	pthread_join(other.thread, NULL);
	assert_string_equal(result.answer, OTHERS_ANSWER);
	assert_int_equal(lines_of(*state, USER).n, 2);
	assert_int_equal(all_calls(), 0);
}

static void test_does_not_wait_for_other_users(void **state)
{
	struct order_result result = {0};
	int64_t began = clock_mono_ms();

	put_checkout(*state, OTHER, CHECKOUT_RESERVING);
	assert_int_equal(place(&result, *state), OK);
	assert_in_range(clock_mono_ms() - began, 0, 1000);
}

/* ---- many at a time ---- */

static enum err place_one(struct ctx *ctx, int i)
{
	struct order_result result = {0};
	enum err e;

	(void)i;
	ctx_set_ids(ctx, NULL, NULL);
	e = place(&result, ctx);
	rest_thread_end();
	return e;
}

static void test_concurrent_calls_create_one_order(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS, place_one);
	assert_int_equal(count_results(results, RACERS, OK), 1);
	assert_int_equal(count_results(results, RACERS, ERR_CART_EMPTY), RACERS - 1);
	assert_one_order(*state);
	assert_int_equal(calls_of(RESERVE) - calls_of(RELEASE), 1);
	assert_int_equal(checkouts(*state), 1);
}

/* ---- places to wait ---- */

struct waiter {
	pthread_t thread;
	const char *user_id;
	int64_t ms;
	enum err result;
};

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;
	int64_t began = clock_mono_ms();
	struct order_request request = {.user_id = waiter->user_id, .expected_total = MONEY_NONE};
	struct order_result result = {0};
	struct work work;

	work_begin(&work, db);
	ctx_set_ids(&work.ctx, NULL, NULL);
	waiter->result = place_order(&result, &work.ctx, &request);
	waiter->ms = clock_mono_ms() - began;
	rest_thread_end();
	work_end(&work);
	return NULL;
}

/* Two users with many calls must not keep all threads. */
static void test_half_of_the_threads_may_wait(void **state)
{
	int half = (int)service_threads() / 2, n = half + MORE, late = 0;
	struct waiter waiters[WAITERS_MAX];

	assert_in_range(n, MORE + 2, WAITERS_MAX);
	put(*state, OTHER, 1, 1);
	put_checkout(*state, USER, CHECKOUT_RESERVING);
	put_checkout(*state, OTHER, CHECKOUT_RESERVING);
	for (int i = 0; i < n; i++) {
		waiters[i].user_id = i % 2 ? OTHER : USER;
		assert_int_equal(pthread_create(&waiters[i].thread, NULL, run_waiter, &waiters[i]),
				 0);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_int_equal(waiters[i].result, ERR_IN_PROGRESS);
		late += waiters[i].ms > EARLY_MS;
	}
	assert_int_equal(late, half);
	assert_no_order(*state, 2);
}

static void test_waiting_place_is_freed(void **state)
{
	for (unsigned i = 0; i < service_threads(); i++) {
		struct other_call other = {.ms = 30, .end = give_it_up};
		struct order_result result = {0};

		put(*state, USER, 1, 1);
		other_begin(&other, *state);
		assert_int_equal(place(&result, *state), OK);
		pthread_join(other.thread, NULL);
	}
	assert_int_equal(orders_of(*state, USER).n, service_threads());
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, place_order_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_waits_for_another_call),
	    TEST(test_runs_after_another_call),
	    TEST(test_deadline_is_extended_after_waiting),
	    TEST(test_waits_for_the_answer_of_its_key),
	    TEST(test_does_not_wait_for_other_users),
	    TEST(test_concurrent_calls_create_one_order),
	    TEST(test_half_of_the_threads_may_wait),
	    TEST(test_waiting_place_is_freed),
	};

	return cmocka_run_group_tests_name("order_saga_turns", tests, neighbours_open,
					   neighbours_close);
}
