/* The limits of an account: orders per hour, and pieces in an order. */
#include "order_saga_fixture.h"

#include "fcgi/cart_order/order_limits.h"

enum { MINUTE_MS = 60 * 1000, RACERS = 7, ROUNDS = 5 };

static int set_up(void **state)
{
	orders_per_hour = 3;
	order_pieces_max = 3; /* as many as the fixture's cart has */
	return place_order_set_up(state);
}

static int tear_down(void **state)
{
	orders_per_hour = order_pieces_max = 0;
	return store_end(state);
}

static enum err place_limited(struct order_result *result, struct ctx *ctx)
{
	struct order_request request = make_request();

	request.is_limited = true;
	return place_order(result, ctx, &request);
}

/* An earlier order of the user. */
static void put_order(struct ctx *ctx, const char *user_id, int64_t minutes_ago, bool cancelled)
{
	struct order_item item = {product_id_of(1), {.name = "Milk 1L", .price = {6000}}, 1};
	struct order order = {
	    .user_id = user_id,
	    .items = {&item, 1},
	    .total = {6000},
	    .created_at.ms = clock_now_ms() - minutes_ago * MINUTE_MS,
	    .cancelled = cancelled,
	};

	bson_oid_init(&order._id, NULL);
	assert_int_equal(db_insert(ctx, order_collection, &order_doc, &order), OK);
}

/* ---- pieces ---- */

static void test_pieces_limit(void **state)
{
	struct order_result result = {0};

	put(*state, USER, 2, 1);
	assert_int_equal(place_limited(&result, *state), ERR_ORDER_TOO_LARGE);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(quantity_of(*state, USER, 2), 2);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(all_calls(), 0);
}

static void test_pieces_up_to_the_limit_are_ordered(void **state)
{
	struct order_result result = {0};

	assert_int_equal(place_limited(&result, *state), OK);
	assert_one_order(*state);
}

/* ---- orders an hour ---- */

static void test_orders_per_hour_limit(void **state)
{
	struct order_result result = {0};

	put_order(*state, USER, 50, false);
	put_order(*state, USER, 40, true);
	put_order(*state, USER, 1, false);
	put_order(*state, USER, 61, false);
	assert_int_equal(place_limited(&result, *state), ERR_TOO_MANY_ORDERS);
	/* The order of 50 minutes ago is the first to leave the window. */
	assert_in_range(result.wait_ms, 9 * MINUTE_MS, 10 * MINUTE_MS);
	assert_int_equal(orders_of(*state, USER).n, 4);
	assert_int_equal(lines_of(*state, USER).n, 2);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(all_calls(), 0);
}

static void test_older_and_other_orders_do_not_count(void **state)
{
	struct order_result result = {0};

	put_order(*state, USER, 59, false);
	put_order(*state, USER, 30, true);
	for (int i = 0; i < 5; i++) {
		put_order(*state, USER, 61 + i, false);
		put_order(*state, OTHER, 1, false);
	}
	assert_int_equal(place_limited(&result, *state), OK);
}

static void test_unlimited_callers_are_exempt(void **state)
{
	struct order_result result = {0};

	order_pieces_max = 1;
	for (int i = 0; i < 4; i++)
		put_order(*state, USER, 1, false);
	assert_int_equal(place(&result, *state), OK);
}

static void test_zero_disables_a_limit(void **state)
{
	struct order_result result = {0};

	order_pieces_max = orders_per_hour = 0;
	for (int i = 0; i < 4; i++)
		put_order(*state, USER, 1, false);
	assert_int_equal(place_limited(&result, *state), OK);
}

static void test_repetition_beyond_the_limit_gets_its_answer(void **state)
{
	struct order_request request = request_with_key();
	struct order_result first = {0}, again = {0};

	request.is_limited = true;
	orders_per_hour = 1;
	assert_int_equal(place_order(&first, *state, &request), OK);
	put(*state, USER, 1, 1);
	assert_int_equal(place_order(&again, *state, &request), OK);
	assert_string_equal(again.answer, first.answer);
	request.key.id = "create|" USER "|k-2";
	assert_int_equal(place_order(&again, *state, &request), ERR_TOO_MANY_ORDERS);
	assert_int_equal(orders_of(*state, USER).n, 1);
}

/* Each call orders while the cart has lines. */
static enum err fill_and_place(struct ctx *ctx, int i)
{
	struct order_result result = {0};
	enum err e = OK;

	(void)i;
	for (int round = 0; round < ROUNDS && !e; round++) {
		put(ctx, USER, 1, 1);
		e = place_limited(&result, ctx);
	}
	rest_thread_end();
	return e;
}

static void test_concurrent_calls_respect_the_limit(void **state)
{
	enum err results[RACERS_MAX];

	order_pieces_max = 0;
	race(results, RACERS, fill_and_place);
	assert_int_equal(orders_of(*state, USER).n, 3);
	assert_true(count_results(results, RACERS, ERR_TOO_MANY_ORDERS) > 0);
	assert_int_equal(count_results(results, RACERS, OK), 0);
}

/* ---- the program ---- */

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_pieces_limit),
	    TEST(test_pieces_up_to_the_limit_are_ordered),
	    TEST(test_orders_per_hour_limit),
	    TEST(test_older_and_other_orders_do_not_count),
	    TEST(test_unlimited_callers_are_exempt),
	    TEST(test_zero_disables_a_limit),
	    TEST(test_repetition_beyond_the_limit_gets_its_answer),
	    TEST(test_concurrent_calls_respect_the_limit),
	};

	return cmocka_run_group_tests_name("order_limits", tests, neighbours_open,
					   neighbours_close);
}
