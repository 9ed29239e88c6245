/* The saga: what each step leaves behind. Calls that wait for each other are in
 * test_order_saga_turns.c. */
#include "order_saga_fixture.h"

#define REFUSAL                                                       \
	"409 {\"detail\":\"Out of stock\",\"code\":\"out_of_stock\"," \
	"\"product_ids\":[\"000000000000000000000002\"]}"

/* ---- an order ---- */

static void makes_an_order_of_the_cart(void **state)
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
	/* as the product was when its stock was taken, not as the cart had it */
	assert_string_equal(items[0].facts.name, "Milk as reserved");
	assert_int_equal(items[1].facts.price.paise, 6050);
	assert_string_equal(stored(*state, &order->_id).state, "COMMITTED");
}

static void calls_the_others_about_the_order(void **state)
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

static void leaves_other_carts_alone(void **state)
{
	struct order_result result = {0};

	put(*state, OTHER, 1, 5);
	assert_int_equal(place(&result, *state), OK);
	assert_int_equal(quantity_of(*state, OTHER, 1), 5);
	assert_int_equal(orders_of(*state, OTHER).n, 0);
}

static void an_order_stands_that_delivery_is_not_told_of(void **state)
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

static void refuses_an_empty_cart(void **state)
{
	struct order_result result = {0};

	empty_collection(*state, cart_collection);
	assert_int_equal(place(&result, *state), ERR_CART_EMPTY);
	assert_int_equal(all_calls(), 0);
	assert_int_equal(checkouts(*state), 0);
}

/* Such a cart was made by hand. */
static void refuses_a_cart_of_too_many_lines(void **state)
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

static void refuses_what_is_out_of_stock(void **state)
{
	struct order_request request = request_with_key();
	struct order_result result = {0};

	neighbour_answers(RESERVE, REFUSAL);
	assert_int_equal(place_order(&result, *state, &request), ERR_OUT_OF_STOCK);
	assert_string_equal(json_object_to_json_string_ext(result.refused, JSON_C_TO_STRING_PLAIN),
			    "[\"000000000000000000000002\"]");
	assert_no_order(*state, 0);
	assert_int_equal(all_calls(), 1); /* nothing is held that could go back */
	neighbour_answers(RESERVE, NULL);
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_one_order(*state);
}

/* Where there is no replica of the prices; with one: test_order_saga_total.c. */
static void refuses_another_total(void **state)
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

static void makes_an_order_of_the_expected_total(void **state)
{
	struct order_request request = make_request();
	struct order_result result = {0};

	request.expected_total.paise = 3 * 6050;
	assert_int_equal(place_order(&result, *state, &request), OK);
	assert_one_order(*state);
}

static void gives_back_what_can_not_be_paid(void **state)
{
	struct order_result result = {0};

	neighbours_price = "9999999999999.99";
	assert_int_equal(place(&result, *state), ERR_INTERNAL);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RELEASE), 1);
}

/* ---- no answer ---- */

/* Some of it may be held. */
static void gives_back_what_may_have_been_taken(void **state)
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
	    "\"price\":1}]}", /* of other lines than were asked for */
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

static void does_not_wait_long_for_stock(void **state)
{
	struct order_result result = {0};
	int64_t began = clock_mono_ms();

	neighbour_answers(RESERVE, "/slow");
	assert_int_equal(place(&result, *state), ERR_TIMEOUT);
	assert_in_range(clock_mono_ms() - began, 1000, 3000);
	assert_no_order(*state, 0);
	assert_int_equal(calls_of(RELEASE), 1);
}

/* The sweeper goes on with it; the user needn't wait for that. */
static void abandons_what_can_not_be_given_back(void **state)
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
	assert_int_equal(checkouts(*state), 2); /* it, and what is to do about the order */
}

static void does_nothing_after_the_deadline(void **state)
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

/* ---- what happens while stock is taken ---- */

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

/* The fence: who was given up for dead can't commit. */
static void makes_no_order_after_the_lease(void **state)
{
	struct order_result result = {0};

	neighbours[RESERVE].meanwhile = let_the_lease_be_over;
	assert_int_equal(place(&result, *state), ERR_UNAVAILABLE);
	assert_no_order(*state, 1);
	assert_int_equal(calls_of(RELEASE), 0); /* whoever gave it up does that */
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

/* Exactly what was read is ordered; the stock that was taken for it goes back first. */
static void tries_anew_where_the_cart_changed(void **state)
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

/* What was refused is no longer what the user wants. */
static void refuses_the_cart_as_it_is_now(void **state)
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

/* Each try takes stock and gives it back. */
static void gives_up_on_a_cart_that_changes_all_the_time(void **state)
{
	struct order_result result = {0};

	before_each_take(change_the_cart);
	assert_int_equal(place(&result, *state), ERR_IN_PROGRESS);
	assert_int_equal(orders_of(*state, USER).n, 0);
	assert_int_equal(calls_of(RESERVE), 2);
	assert_int_equal(calls_of(RELEASE), 2);
	assert_int_equal(checkouts(*state), 0);
}

/* Stock that is short for a cart that is no longer the user's refuses nothing, but isn't asked for
 * without end. */
static void gives_up_on_refusals_of_a_cart_that_changes(void **state)
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

static void finds_the_answer_of_its_key_after_the_last_try(void **state)
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

static void what_comes_into_the_cart_meanwhile_stays_there(void **state)
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

static void refuses_a_cart_that_was_emptied(void **state)
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
	    TEST(makes_an_order_of_the_cart),
	    TEST(calls_the_others_about_the_order),
	    TEST(leaves_other_carts_alone),
	    TEST(an_order_stands_that_delivery_is_not_told_of),
	    TEST(refuses_an_empty_cart),
	    TEST(refuses_a_cart_of_too_many_lines),
	    TEST(refuses_what_is_out_of_stock),
	    TEST(refuses_another_total),
	    TEST(makes_an_order_of_the_expected_total),
	    TEST(gives_back_what_can_not_be_paid),
	    TEST(gives_back_what_may_have_been_taken),
	    TEST(does_not_wait_long_for_stock),
	    TEST(abandons_what_can_not_be_given_back),
	    TEST(does_nothing_after_the_deadline),
	    TEST(makes_no_order_after_the_lease),
	    TEST(tries_anew_where_the_cart_changed),
	    TEST(refuses_the_cart_as_it_is_now),
	    TEST(gives_up_on_a_cart_that_changes_all_the_time),
	    TEST(gives_up_on_refusals_of_a_cart_that_changes),
	    TEST(finds_the_answer_of_its_key_after_the_last_try),
	    TEST(what_comes_into_the_cart_meanwhile_stays_there),
	    TEST(refuses_a_cart_that_was_emptied),
	};

	return cmocka_run_group_tests_name("order_saga", tests, neighbours_open, neighbours_close);
}
