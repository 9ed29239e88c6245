/* Orders with a key, and concurrent calls that commit meanwhile. */
#include "order_saga_fixture.h"

enum { RACERS = 7, ROUNDS = 30 };

static void test_repetition_gets_the_stored_answer(void **state)
{
	struct order_request request = request_with_key();
	struct order_result first = {0}, second = {0};
	int calls;

	assert_int_equal(place_order(&first, *state, &request), OK);
	assert_one_order(*state);
	calls = all_calls();
	put(*state, USER, 1, 1);
	assert_int_equal(place_order(&second, *state, &request), OK);
	assert_string_equal(second.answer, first.answer);
	assert_int_equal(orders_of(*state, USER).n, 1);
	assert_int_equal(quantity_of(*state, USER, 1), 1);
	assert_int_equal(all_calls(), calls);
}

static void test_key_is_for_one_request(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	assert_int_equal(place_order(&result, *state, &request), OK);
	request.key.request = "{\"user_id\":\"" USER "\",\"expected_total\":60}";
	put(*state, USER, 1, 1);
	assert_int_equal(place_order(&result, *state, &request), ERR_INVALID);
	assert_int_equal(orders_of(*state, USER).n, 1);
	assert_int_equal(quantity_of(*state, USER, 1), 1);
}

static void test_other_key_creates_another_order(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	assert_int_equal(place_order(&result, *state, &request), OK);
	request.key.id = "create|" USER "|k-2";
	assert_int_equal(place_order(&result, *state, &request), ERR_CART_EMPTY);
	put(*state, USER, 1, 1);
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_int_equal(orders_of(*state, USER).n, 2);
}

static void test_repetition_without_key_finds_an_empty_cart(void **state)
{
	struct order_result result = {0};

	assert_int_equal(place(&result, *state), OK);
	assert_int_equal(place(&result, *state), ERR_CART_EMPTY);
	assert_one_order(*state);
	assert_int_equal(count_documents(*state, key_collection), 0);
}

static void store_it_meanwhile(void)
{
	beside(store_an_answer);
}

/* Of two equal calls the other one was faster: this one leaves nothing behind. */
static void test_concurrent_answer_of_the_key_is_returned(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = store_it_meanwhile;
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_string_equal(result.answer, OTHERS_ANSWER);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(lines_of(*state, USER).n, 2);
	assert_int_equal(calls_of(RELEASE), 1);
	assert_int_equal(calls_of(DISPATCH), 0);
	assert_int_equal(checkouts(*state), 0);
}

/* ---- another call that commits meanwhile ---- */

static void clear_cart(struct ctx *ctx)
{
	int64_t n;

	if (db_delete(&n, ctx, cart_collection, everything(ctx)))
		abort();
}

static void order_all(struct ctx *ctx)
{
	store_an_answer(ctx);
	clear_cart(ctx);
}

static void order_it_meanwhile(void)
{
	beside(order_all);
}

static void clear_it_meanwhile(void)
{
	beside(clear_cart);
}

#define REFUSAL "409 {\"code\":\"out_of_stock\",\"product_ids\":[]}"

/* The other call with the same key bought the last unit: this one isn't out of stock. */
static void test_refusal_is_replaced_by_the_answer_of_the_key(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = order_it_meanwhile;
	neighbour_answers(RESERVE, REFUSAL);
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_string_equal(result.answer, OTHERS_ANSWER);
	assert_int_equal(checkouts(*state), 0);
}

static void test_double_click_finds_an_empty_cart(void **state)
{
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = clear_it_meanwhile;
	neighbour_answers(RESERVE, REFUSAL);
	assert_int_equal(place(&result, *state), ERR_CART_EMPTY);
	assert_int_equal(checkouts(*state), 0);
}

static void test_total_of_a_changed_cart_is_compared_again(void **state)
{
	struct order_request request = make_request();
	struct order_result result = {0};

	request.expected_total.paise = 1;
	neighbours[RESERVE].meanwhile = clear_it_meanwhile;
	assert_int_equal(place_order(&result, *state, &request), ERR_CART_EMPTY);
	assert_int_equal(calls_of(RELEASE), 1);
}

/* ---- many at a time ---- */

static char raced_answers[RACERS][256];

static enum err place_keyed(struct ctx *ctx, int i)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};
	enum err e;

	ctx_set_ids(ctx, NULL, NULL);
	e = place_order(&result, ctx, &request);
	if (!e)
		snprintf(raced_answers[i], sizeof raced_answers[i], "%s", result.answer);
	rest_thread_end();
	return e;
}

static void test_concurrent_calls_with_one_key_get_one_answer(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 1; round <= ROUNDS; round++) {
		race(results, RACERS, place_keyed);
		assert_int_equal(count_results(results, RACERS, OK), RACERS);
		for (int i = 1; i < RACERS; i++)
			assert_string_equal(raced_answers[i], raced_answers[0]);
		assert_int_equal(orders_of(*state, USER).n, round);
		assert_int_equal(calls_of(RESERVE) - calls_of(RELEASE), round);
		assert_int_equal(calls_of(DISPATCH), round);
		assert_int_equal(count_documents(*state, key_collection), 1);
		empty_collection(*state, key_collection);
		put(*state, USER, 1, 1);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, place_order_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_repetition_gets_the_stored_answer),
	    TEST(test_key_is_for_one_request),
	    TEST(test_other_key_creates_another_order),
	    TEST(test_repetition_without_key_finds_an_empty_cart),
	    TEST(test_concurrent_answer_of_the_key_is_returned),
	    TEST(test_refusal_is_replaced_by_the_answer_of_the_key),
	    TEST(test_double_click_finds_an_empty_cart),
	    TEST(test_total_of_a_changed_cart_is_compared_again),
	    TEST(test_concurrent_calls_with_one_key_get_one_answer),
	};

	return cmocka_run_group_tests_name("order_saga_keys", tests, neighbours_open,
					   neighbours_close);
}
