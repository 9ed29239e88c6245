/* Concurrent orders of several users: their dispatch, and that each user gets its own order. */
#include "order_saga_fixture.h"

enum { ANSWER_DELAY_MS = 150, TELL_MS = 300, ROUNDS = 5 };

/* One per thread. */
static struct one {
	char user_id[25], request_id[16], hex[25];
	struct checkout checkout;
} ones[RACERS_MAX];

static void make_ones(struct ctx *ctx)
{
	for (int i = 0; i < RACERS_MAX; i++) {
		struct one *one = &ones[i];

		snprintf(one->user_id, sizeof one->user_id, "65f0c0ffee01234567890%03u",
			 (unsigned)i % 1000);
		snprintf(one->request_id, sizeof one->request_id, "request-%u",
			 10 + (unsigned)i % 10);
		one->checkout = put_checkout(ctx, one->user_id, CHECKOUT_COMMITTED);
		one->checkout.request_id = one->request_id;
		bson_oid_to_string(&one->checkout._id, one->hex);
	}
}

static void delay_answer(void)
{
	clock_sleep_ms(ANSWER_DELAY_MS);
}

/* ---- dispatch ---- */

static enum err dispatch_one(struct ctx *ctx, int i)
{
	sweeper_dispatch(ctx, &ones[i].checkout);
	rest_thread_end();
	return OK;
}

/* The first order is dispatched alone; the others arrive meanwhile. */
static void dispatch_all(void)
{
	enum err results[RACERS_MAX];

	neighbours[DISPATCH].meanwhile = delay_answer;
	race(results, RACERS_MAX, dispatch_one);
	assert_int_equal(calls_of(DISPATCH), 2);
}

static bool is_dispatched(struct ctx *ctx, const struct one *one)
{
	return called_with(DISPATCH, arena_printf(ctx->arena,
						  "{\"order_id\":\"%s\",\"user_id\":\"%s\","
						  "\"request_id\":\"%s\",\"traceparent\":\"%s\"}",
						  one->hex, one->user_id, one->request_id,
						  one->checkout.traceparent));
}

static void test_concurrent_orders_are_dispatched_in_one_call(void **state)
{
	int dispatched = 0;

	make_ones(*state);
	dispatch_all();
	for (int i = 0; i < RACERS_MAX; i++)
		dispatched += is_dispatched(*state, &ones[i]);
	assert_int_equal(dispatched, RACERS_MAX - 1);
	assert_int_equal(checkouts(*state), RACERS_MAX);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(CONFIRM), 1);
	assert_int_equal(calls_of(DISPATCH), 2);
}

/* One by one, since a single order may be the reason of the refusal. */
static void test_failed_shared_dispatch_is_repeated_later(void **state)
{
	static const char *const bad[] = {"/unavailable", "/conflict", "/cut", "422 {}"};

	for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
		neighbours_reset();
		neighbour_answers(DISPATCH, bad[n]);
		make_ones(*state);
		dispatch_all();
		sweeper_run(*state);
		assert_int_equal(checkouts(*state), RACERS_MAX);
		neighbour_answers(DISPATCH, NULL);
		for (int i = 0; i < RACERS_MAX; i++)
			set_due(*state, &ones[i].checkout._id, -1);
		sweeper_run(*state);
		assert_int_equal(checkouts(*state), 0);
		assert_int_equal(calls_of(DISPATCH), 2 + 1);
	}
}

/* A call that arrives during a slow dispatch waits at most twice as long. */
static void test_slow_delivery_delays_a_call_briefly(void **state)
{
	enum err results[RACERS_MAX];
	int64_t began;

	make_ones(*state);
	neighbour_answers(DISPATCH, "/slow");
	began = clock_mono_ms();
	race(results, RACERS_MAX, dispatch_one);
	assert_in_range(clock_mono_ms() - began, TELL_MS, 4 * TELL_MS);
	assert_int_equal(calls_of(DISPATCH), 2);
	assert_int_equal(checkouts(*state), RACERS_MAX);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), RACERS_MAX);
}

/* ---- from cart to order ---- */

static enum err place_as(struct ctx *ctx, int i)
{
	struct order_request request = {.user_id = ones[i].user_id, .expected_total = MONEY_NONE};
	struct order_result result = {0};
	enum err e = place_order(&result, ctx, &request);

	rest_thread_end();
	return e;
}

/* Number i has i + 1 pieces of its product; one more user has an empty cart. */
static void test_each_call_orders_its_own_cart(void **state)
{
	enum err results[RACERS_MAX];
	struct ctx *ctx = *state;

	make_ones(ctx);
	for (int round = 1; round <= ROUNDS; round++) {
		empty_collection(ctx, checkout_collection);
		for (int i = 1; i < RACERS_MAX; i++)
			put(ctx, ones[i].user_id, (unsigned char)(10 + i), i + 1);
		race(results, RACERS_MAX, place_as);
		assert_int_equal(results[0], ERR_CART_EMPTY);
		assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX - 1);
		for (int i = 1; i < RACERS_MAX; i++) {
			struct list orders = orders_of(ctx, ones[i].user_id);
			const struct order *order = orders.items;
			const struct order_item *item = order->items.items;

			assert_int_equal(orders.n, round);
			assert_int_equal(order->items.n, 1);
			assert_int_equal(item->product_id.bytes[11], 10 + i);
			assert_int_equal(item->quantity, i + 1);
			assert_int_equal(order->total.paise, 6050 * (i + 1));
			assert_int_equal(lines_of(ctx, ones[i].user_id).n, 0);
		}
		sweeper_run(ctx);
		assert_int_equal(checkouts(ctx), 0);
	}
	assert_in_range(calls_of(DISPATCH), 1, ROUNDS * (RACERS_MAX - 1));
	assert_int_equal(calls_of(RESERVE), ROUNDS * (RACERS_MAX - 1));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, place_order_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_concurrent_orders_are_dispatched_in_one_call),
	    TEST(test_failed_shared_dispatch_is_repeated_later),
	    TEST(test_slow_delivery_delays_a_call_briefly),
	    TEST(test_each_call_orders_its_own_cart),
	};

	return cmocka_run_group_tests_name("orders_together", tests, neighbours_open,
					   neighbours_close);
}
