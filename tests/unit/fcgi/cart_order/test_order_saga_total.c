/* An order that is refused for its total, by the prices that this service knows. */
#include "order_saga_fixture.h"

#include "fcgi/cart_order/product_replica.h"

enum { TOTAL = 2 * 6000 + 50, AGE_MS = 250 }; /* by the first prices; of the prices that decide */

/* The replica is read, and grows older than what decides. */
static int set_up(void **state)
{
	place_order_set_up(state);
	neighbour_answers(PRODUCTS, products_at("60", "0.5"));
	products_refresh(*state);
	assert_true(products_known());
	clock_sleep_ms(AGE_MS + 50);
	return 0;
}

static int tear_down(void **state)
{
	products_end();
	return store_end(state);
}

static enum err place_expecting(struct order_result *result, struct ctx *ctx, int64_t paise)
{
	struct order_request request = request_with_key();

	request.expected_total.paise = paise;
	return place_order(result, ctx, &request);
}

/* Nothing was opened, taken or released. */
static void assert_untouched(struct ctx *ctx)
{
	assert_no_order(ctx, 0);
	assert_int_equal(calls_of(RESERVE), 0);
	assert_int_equal(calls_of(RELEASE), 0);
}

static void refuses_before_anything_is_taken(void **state)
{
	static const int64_t others[] = {TOTAL - 1, TOTAL + 1, 0};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct order_result result = {0};

		assert_int_equal(place_expecting(&result, *state, others[i]), ERR_TOTAL_CHANGED);
		assert_int_equal(result.total.paise, TOTAL);
		assert_untouched(*state);
	}
}

/* Whoever loops on it makes no more than one call in that time. */
static void asks_for_newer_prices_once_in_a_while(void **state)
{
	int64_t began = clock_mono_ms();
	int before = calls_of(PRODUCTS), most;

	for (int i = 0; i < 50; i++) {
		struct order_result result = {0};

		assert_int_equal(place_expecting(&result, *state, 1), ERR_TOTAL_CHANGED);
	}
	most = 1 + (int)(clock_mono_ms() - began) / AGE_MS;
	assert_in_range(calls_of(PRODUCTS) - before, 1, most);
	assert_untouched(*state);
}

static void a_total_that_is_as_known_asks_for_nothing(void **state)
{
	struct order_result result = {0};
	int before = calls_of(PRODUCTS);

	(void)!place_expecting(&result, *state, TOTAL);
	assert_int_equal(calls_of(PRODUCTS), before);
	assert_int_equal(calls_of(RESERVE), 1);
}

/* The client has seen a price before this service. */
static void a_newer_price_than_the_replicas_is_found(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, products_at("60.5", "60.5"));
	assert_int_equal(place_expecting(&result, *state, 3 * 6050), OK);
	assert_one_order(*state);
}

/* This service knows the price before the client. */
static void the_total_that_is_told_is_the_newer_one(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, products_at("61", "0.5"));
	products_refresh(*state);
	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_TOTAL_CHANGED);
	assert_int_equal(result.total.paise, 2 * 6100 + 50);
	assert_untouched(*state);
}

/* Neither knows it yet: what is taken decides, and is released without a tombstone. */
static void the_price_as_of_the_take_decides(void **state)
{
	struct order_result result = {0};

	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_TOTAL_CHANGED);
	assert_int_equal(result.total.paise, 3 * 6050);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RESERVE), 1);
	assert_true(called_with(RELEASE, "\"sold\":false,\"answered\":true,"));
}

/* By prices that may be of any age nobody is refused, nor is anything taken. */
static void old_prices_refuse_nothing(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, "/unavailable");
	assert_int_equal(place_expecting(&result, *state, 1), ERR_UNAVAILABLE);
	assert_untouched(*state);
}

static void a_product_that_is_not_known_is_for_the_take_to_refuse(void **state)
{
	struct order_result result = {0};

	put(*state, USER, 7, 1);
	neighbour_answers(RESERVE, "409 {\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
				   "\"product_ids\":[\"000000000000000000000007\"]}");
	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_OUT_OF_STOCK);
	assert_int_equal(calls_of(RESERVE), 1);
	assert_int_equal(checkouts(*state), 0);
}

static void an_empty_cart_is_empty_whatever_it_should_cost(void **state)
{
	struct order_result result = {0};

	empty_collection(*state, cart_collection);
	assert_int_equal(place_expecting(&result, *state, 1), ERR_CART_EMPTY);
}

/* ---- beside another call ---- */

static void the_answer_of_its_key_is_waited_for(void **state)
{
	struct checkout others = put_checkout(*state, USER, CHECKOUT_RESERVING);
	struct order_result result = {0};

	assert_int_equal(place_expecting(&result, *state, 1), ERR_IN_PROGRESS);
	assert_string_equal(state_of(*state, &others), "RESERVING");
	store_an_answer(*state);
	assert_int_equal(place_expecting(&result, *state, 1), OK);
	assert_string_equal(result.answer, OTHERS_ANSWER);
	assert_int_equal(calls_of(RESERVE), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(refuses_before_anything_is_taken),
	    TEST(asks_for_newer_prices_once_in_a_while),
	    TEST(a_total_that_is_as_known_asks_for_nothing),
	    TEST(a_newer_price_than_the_replicas_is_found),
	    TEST(the_total_that_is_told_is_the_newer_one),
	    TEST(the_price_as_of_the_take_decides),
	    TEST(old_prices_refuse_nothing),
	    TEST(a_product_that_is_not_known_is_for_the_take_to_refuse),
	    TEST(an_empty_cart_is_empty_whatever_it_should_cost),
	    TEST(the_answer_of_its_key_is_waited_for),
	};

	return cmocka_run_group_tests_name("order_saga_total", tests, neighbours_open,
					   neighbours_close);
}
