/* The effects of each step of the saga. Concurrent calls are in test_order_saga_turns.c. */
#include "order_saga_fixture.h"

#define REFUSAL                                                       \
	"409 {\"detail\":\"Out of stock\",\"code\":\"out_of_stock\"," \
	"\"product_ids\":[\"000000000000000000000002\"]}"

/* ---- an order ---- */

static void test_create_order(void **state)
{
	struct order_result result = {0};
	const struct order_item *items;
	const struct order *order;
	char hex[25];

	assert_int_equal(place(&result, *state), OK);
	order = assert_one_order(*state);
	bson_oid_to_string(&order->_id, hex);
	assert_string_equal(result.answer,
			    arena_printf(((struct ctx *)*state)->arena,
					 "{\"message\":\"Order created\",\"order_id\":\"%s\","
					 "\"total\":181.5}",
					 hex));
	assert_in_range(order->created_at.ms, clock_now_ms() - 5000, clock_now_ms());
	assert_false(order->cancelled);
	assert_int_equal(order->total.paise, 3 * 6050);
	assert_int_equal(order->items.n, 2);
	items = order->items.items;
	assert_int_equal(items[0].product_id.bytes[11], 1);
	assert_int_equal(items[0].quantity, 2);
	/* the name in the reservation, not the one in the cart */
	assert_string_equal(items[0].facts.name, "Milk as reserved");
	assert_int_equal(items[1].facts.price.paise, 6050);
	assert_string_equal(stored(*state, &order->_id).state, "COMMITTED");
}

static void test_create_calls_product_and_delivery(void **state)
{
	struct order_result result = {0};
	char body[256], hex[25];

	assert_int_equal(place(&result, *state), OK);
	bson_oid_to_string(&assert_one_order(*state)->_id, hex);
	snprintf(body, sizeof body,
		 "\r\n\r\n{\"order_id\":\"%s\",\"items\":["
		 "{\"product_id\":\"000000000000000000000001\",\"quantity\":2},"
		 "{\"product_id\":\"000000000000000000000002\",\"quantity\":1}]}",
		 hex);
	assert_true(called_with(RESERVE, body));
	assert_true(called_with(DISPATCH, hex));
	assert_int_equal(all_calls(), 2);
	sweeper_run(*state);
	assert_true(called_with(CONFIRM, hex));
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(all_calls(), 3);
}

static void test_create_keeps_other_carts(void **state)
{
	struct order_result result = {0};

	put(*state, OTHER, 1, 5);
	assert_int_equal(place(&result, *state), OK);
	assert_int_equal(quantity_of(*state, OTHER, 1), 5);
	assert_int_equal(orders_of(*state, OTHER).n, 0);
}

static void test_failed_dispatch_keeps_the_order(void **state)
{
	static const char *const bad[] = {"/unavailable", "/conflict", "/slow"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct order_result result = {0};

		put(*state, USER, 1, 1);
		neighbour_answers(DISPATCH, bad[i]);
		assert_int_equal(place(&result, *state), OK);
		assert_non_null(result.answer);
		assert_int_equal(orders_of(*state, USER).n, i + 1);
		assert_int_equal(checkouts(*state), (int64_t)i + 1);
	}
	assert_int_equal(calls_of(RELEASE), 0);
}

/* ---- refusals ---- */

static void test_empty_cart_is_refused(void **state)
{
	struct order_result result = {0};

	empty_collection(*state, cart_collection);
	assert_int_equal(place(&result, *state), ERR_CART_EMPTY);
	assert_int_equal(all_calls(), 0);
	assert_int_equal(checkouts(*state), 0);
}

/* A manual edit may make such a cart. */
static void test_oversized_cart_is_refused(void **state)
{
	struct order_result result = {0};
	struct cart_line lines[CART_LINES_MAX];
	const void *in[CART_LINES_MAX];

	for (int i = 0; i < CART_LINES_MAX; i++) {
		lines[i] = make_line(USER, (unsigned char)(100 + i), 1);
		bson_oid_init(&lines[i]._id, NULL);
		in[i] = &lines[i];
	}
	assert_int_equal(db_insert_all(*state, cart_collection, &cart_line_doc, in,
				       CART_LINES_MAX - 1),
			 OK);
	assert_int_equal(place(&result, *state), ERR_CART_FULL);
	assert_int_equal(lines_of(*state, USER).n, CART_LINES_MAX + 1);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(all_calls(), 0);
}

static void test_out_of_stock_is_refused(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	neighbour_answers(RESERVE, REFUSAL);
	assert_int_equal(place_order(&result, *state, &request), ERR_OUT_OF_STOCK);
	assert_string_equal(json_object_to_json_string_ext(result.refused, JSON_C_TO_STRING_PLAIN),
			    "[\"000000000000000000000002\"]");
	assert_no_order(*state, 0);
	assert_int_equal(all_calls(), 1); /* there is nothing to release */
	neighbour_answers(RESERVE, NULL);
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_one_order(*state);
}

/* Where there is no replica of the prices; with one: test_order_saga_total.c. */
static void test_other_total_is_refused(void **state)
{
	static const int64_t others[] = {3 * 6050 - 1, 3 * 6050 + 1, 0};
	struct order_request request = request_with_key();

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct order_result result = {0};

		request.expected_total.paise = others[i];
		assert_int_equal(place_order(&result, *state, &request), ERR_TOTAL_CHANGED);
		assert_int_equal(result.total.paise, 3 * 6050);
		assert_no_order(*state, 0);
		assert_int_equal(calls_of(RELEASE), (int)i + 1);
		assert_true(called_with(RELEASE, "\"answered\":true,"));
	}
}

static void test_expected_total_is_accepted(void **state)
{
	struct order_request request = make_request();
	struct order_result result = {0};

	request.expected_total.paise = 3 * 6050;
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_one_order(*state);
}

static void test_overflowing_total_releases_the_stock(void **state)
{
	struct order_result result = {0};

	neighbours_price = "9999999999999.99";
	assert_int_equal(place(&result, *state), ERR_INTERNAL);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RELEASE), 1);
}

/* ---- no answer ---- */

/* Some lines may be reserved. */
static void test_reserve_without_answer_releases_the_stock(void **state)
{
	static const char *const bad[] = {
	    "/unavailable",
	    "/cut",
	    "/garbage",
	    "/redirect",
	    "/empty",
	    "/conflict", /* without a code */
	    "200 {}",
	    "200 []",
	    "200 {\"items\":[]}",
	    "200 {\"items\":[{\"product_id\":\"000000000000000000000001\",\"name\":\"a\","
	    "\"price\":1}]}",
	    "200 {\"items\":[{\"product_id\":\"000000000000000000000002\",\"name\":\"b\","
	    "\"price\":1},{\"product_id\":\"000000000000000000000001\",\"name\":\"a\","
	    "\"price\":1}]}", /* other lines than requested */
	    "409 []",
	    "409 {\"code\":\"stock_given_back\"}",
	    "409 {\"code\":null,\"product_ids\":[]}",
	    "409 {\"code\":\"out_of_stock\"}",
	    "409 {\"code\":\"out_of_stock\",\"product_ids\":null}",
	    "400 {\"code\":\"out_of_stock\",\"product_ids\":[]}",
	    "404 {}",
	    "422 {}",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct order_result result = {0};

		neighbours_reset();
		neighbour_answers(RESERVE, bad[i]);
		assert_true(err_is_temporary(place(&result, *state)));
		assert_no_order(*state, 0);
		assert_int_equal(calls_of(RESERVE), 1);
		assert_int_equal(calls_of(RELEASE), 1);
		assert_true(called_with(RELEASE, "\"answered\":false,"));
	}
}

static void test_reserve_has_a_timeout(void **state)
{
	struct order_result result = {0};
	int64_t began = clock_mono_ms();

	neighbour_answers(RESERVE, "/slow");
	assert_int_equal(place(&result, *state), ERR_TIMEOUT);
	assert_in_range(clock_mono_ms() - began, 1000, 3000);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RELEASE), 1);
}

/* The sweeper releases it later; the user doesn't wait. */
static void test_failed_release_leaves_an_abandoned_checkout(void **state)
{
	struct order_result result = {0};

	neighbour_answers(RESERVE, "/unavailable");
	neighbour_answers(RELEASE, "/unavailable");
	assert_int_equal(place(&result, *state), ERR_UNAVAILABLE);
	assert_no_order(*state, 1);
	neighbour_answers(RESERVE, NULL);
	neighbour_answers(RELEASE, NULL);
	assert_int_equal(place(&result, *state), OK);
	assert_one_order(*state);
	assert_int_equal(checkouts(*state), 2); /* the abandoned one, and that of the order */
}

static void test_nothing_is_done_after_the_deadline(void **state)
{
	struct ctx *ctx = *state;
	int64_t deadline = ctx->deadline;
	struct order_result result = {0};

	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(place(&result, ctx), ERR_TIMEOUT);
	ctx->deadline = deadline;
	assert_no_order(ctx, 0);
	assert_int_equal(all_calls(), 0);
}

/* ---- changes during the reservation ---- */

static void abandon_all(struct ctx *ctx)
{
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "state", BCON_UTF8("ABANDONED"), "}"));

	if (db_update(NULL, ctx, checkout_collection, everything(ctx), update, false))
		abort();
}

static void let_the_lease_be_over(void)
{
	beside(abandon_all);
}

/* The fence: a call whose checkout was abandoned can't commit. */
static void test_commit_after_the_lease_fails(void **state)
{
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = let_the_lease_be_over;
	assert_int_equal(place(&result, *state), ERR_UNAVAILABLE);
	assert_no_order(*state, 1);
	assert_int_equal(calls_of(RELEASE), 0); /* the process that abandoned it releases */
}

static void put_more(struct ctx *ctx)
{
	struct cart_line line = make_line(USER, 2, 4);
	bool merged;

	if (cart_put(&merged, ctx, &line))
		abort();
}

static void change_the_cart(void)
{
	beside(put_more);
}

/* Exactly the lines that were read are ordered; the earlier reservation is released first. */
static void test_changed_cart_starts_over(void **state)
{
	struct order_result result = {0};
	const struct order *order;

	neighbours[RESERVE].meanwhile = change_the_cart;
	assert_int_equal(place(&result, *state), OK);
	order = assert_one_order(*state);
	assert_int_equal(order->items.n, 2);
	assert_int_equal(order->total.paise, 7 * 6050);
	assert_int_equal(calls_of(RESERVE), 2);
	assert_int_equal(calls_of(RELEASE), 1);
	assert_true(called_with(RELEASE, "\"answered\":true,"));
	assert_int_equal(checkouts(*state), 1);
}

/* The refused cart is no longer the present one. */
static void test_refusal_is_for_the_present_cart(void **state)
{
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = change_the_cart;
	neighbour_answers(RESERVE, REFUSAL);
	neighbours[RESERVE].times = 1;
	assert_int_equal(place(&result, *state), OK);
	assert_int_equal(assert_one_order(*state)->total.paise, 7 * 6050);
	assert_int_equal(calls_of(RESERVE), 2);
	assert_int_equal(checkouts(*state), 1);
}

static void before_each_take(void (*run)(void))
{
	neighbours[RESERVE].meanwhile = run;
	neighbours[RESERVE].each_time = true;
}

/* Each run reserves and releases stock. */
static void test_cart_that_keeps_changing_is_in_progress(void **state)
{
	struct order_result result = {0};

	before_each_take(change_the_cart);
	assert_int_equal(place(&result, *state), ERR_IN_PROGRESS);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(calls_of(RESERVE), 2);
	assert_int_equal(calls_of(RELEASE), 2);
	assert_int_equal(checkouts(*state), 0);
}

/* If the refused cart has changed, the saga starts again, a limited number of times. */
static void test_refused_cart_that_keeps_changing_is_in_progress(void **state)
{
	struct order_result result = {0};

	before_each_take(change_the_cart);
	neighbour_answers(RESERVE, REFUSAL);
	assert_int_equal(place(&result, *state), ERR_IN_PROGRESS);
	assert_int_equal(calls_of(RESERVE), 2);
	assert_int_equal(checkouts(*state), 0);
}

static void change_the_cart_and_store_an_answer(void)
{
	change_the_cart();
	if (neighbours[RESERVE].calls == 2)
		beside(store_an_answer);
}

static void test_answer_of_the_key_is_found_after_the_last_run(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	before_each_take(change_the_cart_and_store_an_answer);
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_string_equal(result.answer, OTHERS_ANSWER);
	assert_int_equal(orders_of(*state, USER).n, 0);
}

static void put_another(struct ctx *ctx)
{
	struct cart_line line = make_line(USER, 3, 4);
	bool merged;

	if (cart_put(&merged, ctx, &line))
		abort();
}

static void add_to_the_cart(void)
{
	beside(put_another);
}

static void test_line_added_meanwhile_stays_in_the_cart(void **state)
{
	struct order_result result = {0};
	const struct order *order;

	neighbours[RESERVE].meanwhile = add_to_the_cart;
	assert_int_equal(place(&result, *state), OK);
	order = orders_of(*state, USER).items;
	assert_int_equal(order->items.n, 2);
	assert_int_equal(lines_of(*state, USER).n, 1);
	assert_int_equal(quantity_of(*state, USER, 3), 4);
	assert_int_equal(calls_of(RESERVE), 1);
}

static void take_all_out(struct ctx *ctx)
{
	int64_t n;

	if (db_delete(&n, ctx, cart_collection, everything(ctx)))
		abort();
}

static void empty_the_cart(void)
{
	beside(take_all_out);
}

static void test_cart_emptied_meanwhile_is_refused(void **state)
{
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = empty_the_cart;
	assert_int_equal(place(&result, *state), ERR_CART_EMPTY);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(calls_of(RESERVE), 1);
	assert_int_equal(calls_of(RELEASE), 1);
	assert_int_equal(checkouts(*state), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, place_order_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_create_order),
	    TEST(test_create_calls_product_and_delivery),
	    TEST(test_create_keeps_other_carts),
	    TEST(test_failed_dispatch_keeps_the_order),
	    TEST(test_empty_cart_is_refused),
	    TEST(test_oversized_cart_is_refused),
	    TEST(test_out_of_stock_is_refused),
	    TEST(test_other_total_is_refused),
	    TEST(test_expected_total_is_accepted),
	    TEST(test_overflowing_total_releases_the_stock),
	    TEST(test_reserve_without_answer_releases_the_stock),
	    TEST(test_reserve_has_a_timeout),
	    TEST(test_failed_release_leaves_an_abandoned_checkout),
	    TEST(test_nothing_is_done_after_the_deadline),
	    TEST(test_commit_after_the_lease_fails),
	    TEST(test_changed_cart_starts_over),
	    TEST(test_refusal_is_for_the_present_cart),
	    TEST(test_cart_that_keeps_changing_is_in_progress),
	    TEST(test_refused_cart_that_keeps_changing_is_in_progress),
	    TEST(test_answer_of_the_key_is_found_after_the_last_run),
	    TEST(test_line_added_meanwhile_stays_in_the_cart),
	    TEST(test_cart_emptied_meanwhile_is_refused),
	};

	return cmocka_run_group_tests_name("order_saga", tests, neighbours_open, neighbours_close);
}
