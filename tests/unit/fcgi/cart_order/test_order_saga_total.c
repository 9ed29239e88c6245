/* Orders that are refused for their total by the prices of the replica. */
#include "order_saga_fixture.h"

#include "fcgi/cart_order/product_replica.h"

enum {
	TOTAL = 2 * 6000 + 50,
	AGE_MS = 250
}; /* at the first prices; maximum age of prices that refuse */

/* Reads the replica, and waits until it is too old to refuse. */
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

/* Asserts that no checkout was opened, and nothing was reserved or released. */
static void assert_untouched(struct ctx *ctx)
{
	assert_no_order(ctx, 0);
	assert_int_equal(calls_of(RESERVE), 0);
	assert_int_equal(calls_of(RELEASE), 0);
}

static void test_other_total_is_refused_before_the_reservation(void **state)
{
	static const int64_t others[] = {TOTAL - 1, TOTAL + 1, 0};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct order_result result = {0};

		assert_int_equal(place_expecting(&result, *state, others[i]), ERR_TOTAL_CHANGED);
		assert_int_equal(result.total.paise, TOTAL);
		assert_untouched(*state);
	}
}

/* A client in a loop causes at most one call in that time. */
static void test_prices_are_refreshed_at_most_once_per_interval(void **state)
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

static void test_expected_total_needs_no_refresh(void **state)
{
	struct order_result result = {0};
	int before = calls_of(PRODUCTS);

	(void)!place_expecting(&result, *state, TOTAL);
	assert_int_equal(calls_of(PRODUCTS), before);
	assert_int_equal(calls_of(RESERVE), 1);
}

/* The client has a newer price than this service. */
static void test_refresh_finds_a_newer_price(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, products_at("60.5", "60.5"));
	assert_int_equal(place_expecting(&result, *state, 3 * 6050), OK);
	assert_one_order(*state);
}

/* This service has a newer price than the client. */
static void test_refusal_has_the_newer_total(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, products_at("61", "0.5"));
	products_refresh(*state);
	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_TOTAL_CHANGED);
	assert_int_equal(result.total.paise, 2 * 6100 + 50);
	assert_untouched(*state);
}

/* Neither has the newest price: the reservation decides, and is released without a tombstone. */
static void test_price_of_the_reservation_decides(void **state)
{
	struct order_result result = {0};

	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_TOTAL_CHANGED);
	assert_int_equal(result.total.paise, 3 * 6050);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RESERVE), 1);
	assert_true(called_with(RELEASE, "\"sold\":false,\"answered\":true,"));
}

/* Prices of unknown age refuse nothing, and nothing is reserved. */
static void test_old_prices_do_not_refuse(void **state)
{
	struct order_result result = {0};

	neighbour_answers(PRODUCTS, "/unavailable");
	assert_int_equal(place_expecting(&result, *state, 1), ERR_UNAVAILABLE);
	assert_untouched(*state);
}

static void test_unknown_product_is_left_to_the_reservation(void **state)
{
	struct order_result result = {0};

	put(*state, USER, 7, 1);
	neighbour_answers(RESERVE, "409 {\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
				   "\"product_ids\":[\"000000000000000000000007\"]}");
	assert_int_equal(place_expecting(&result, *state, TOTAL), ERR_OUT_OF_STOCK);
	assert_int_equal(calls_of(RESERVE), 1);
	assert_int_equal(checkouts(*state), 0);
}

static void test_empty_cart_is_refused_before_the_total(void **state)
{
	struct order_result result = {0};

	empty_collection(*state, cart_collection);
	assert_int_equal(place_expecting(&result, *state, 1), ERR_CART_EMPTY);
}

/* ---- concurrent calls ---- */

static void test_refused_total_waits_for_the_answer_of_the_key(void **state)
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
	    TEST(test_other_total_is_refused_before_the_reservation),
	    TEST(test_prices_are_refreshed_at_most_once_per_interval),
	    TEST(test_expected_total_needs_no_refresh),
	    TEST(test_refresh_finds_a_newer_price),
	    TEST(test_refusal_has_the_newer_total),
	    TEST(test_price_of_the_reservation_decides),
	    TEST(test_old_prices_do_not_refuse),
	    TEST(test_unknown_product_is_left_to_the_reservation),
	    TEST(test_empty_cart_is_refused_before_the_total),
	    TEST(test_refused_total_waits_for_the_answer_of_the_key),
	};

	return cmocka_run_group_tests_name("order_saga_total", tests, neighbours_open,
					   neighbours_close);
}
