#include "stock_fixture.h"

/* ---- take ---- */

static void takes_every_line_and_tells_what_it_was(void **state)
{
	struct ctx *ctx = *state;
	struct taking t = take(ctx, 1, LINES({CURD, 3}, {MILK, 10}));
	const struct reserved_product *taken = t.taken.items;

	assert_int_equal(t.result, OK);
	assert_int_equal(t.taken.n, 2);
	assert_int_equal(taken[0].product_id.bytes[11], CURD);
	assert_string_equal(taken[0].facts.name, "Curd");
	assert_int_equal(taken[0].facts.price.paise, 6050);
	assert_int_equal(taken[1].product_id.bytes[11], MILK);
	assert_string_equal(taken[1].facts.name, "Milk");
	assert_int_equal(stock_of(ctx, CURD), STOCK - 3);
	assert_int_equal(stock_of(ctx, MILK), 0);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(held_by(ctx, CURD, 1), 3);
	assert_int_equal(held_by(ctx, MILK, 1), 10);
	assert_int_equal(held_by(ctx, BREAD, 1), -1);
}

static void tells_name_and_price_as_they_are_now(void **state)
{
	struct ctx *ctx = *state;
	const struct reserved_product *taken;
	struct taking t;

	change_product(ctx, MILK,
		       BCON_NEW("$set", "{", "name", "Fresh Milk", "price", BCON_INT64(7000), "}"));
	t = take(ctx, 1, LINES({MILK, 1}));
	taken = t.taken.items;
	assert_int_equal(t.result, OK);
	assert_string_equal(taken->facts.name, "Fresh Milk");
	assert_int_equal(taken->facts.price.paise, 7000);
}

static void takes_once_however_often_it_is_asked(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 3; i++) {
		struct taking t = take(ctx, 1, LINES({MILK, 6}, {BREAD, 6}));

		assert_int_equal(t.result, OK);
		assert_int_equal(t.taken.n, 2);
		assert_string_equal(((const struct reserved_product *)t.taken.items)[1].facts.name,
				    "Bread");
	}
	assert_int_equal(stock_of(ctx, MILK), 4);
	assert_int_equal(stock_of(ctx, BREAD), 4);
}

static void takes_for_several_orders_until_there_is_too_little(void **state)
{
	struct ctx *ctx = *state;
	struct taking t;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(take(ctx, 2, LINES({MILK, 4})).result, OK);
	t = take(ctx, 3, LINES({MILK, 4}));
	REFUSED(&t, MILK);
	assert_int_equal(take(ctx, 4, LINES({MILK, 2})).result, OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
	t = take(ctx, 5, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), 0);
}

static void takes_of_a_product_that_an_earlier_version_stored(void **state)
{
	struct ctx *ctx = *state;
	struct taking t;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "stock", "", "}"));
	t = take(ctx, 1, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	change_product(ctx, MILK, BCON_NEW("$set", "{", "stock", BCON_INT64(1), "}"));
	assert_int_equal(take(ctx, 2, LINES({MILK, 1})).result, OK);
}

/* ---- what is refused ---- */

/* Nobody is sold anything at a price that no product may have. */
static void takes_nothing_at_a_price_beyond_the_limits(void **state)
{
	static const int64_t prices[] = {-100, MONEY_MAX_PAISE + 1};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
		struct taking t;

		change_product(ctx, MILK,
			       BCON_NEW("$set", "{", "price", BCON_INT64(prices[i]), "}"));
		t = take(ctx, (int)i + 1, LINES({BREAD, 1}, {MILK, 1}));
		REFUSED(&t, MILK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
	}
	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", BCON_INT64(1), "}"));
	assert_int_equal(take(ctx, 5, LINES({MILK, 1})).result, OK);
}

static void leaves_nothing_held_where_a_line_cannot_be_had(void **state)
{
	struct ctx *ctx = *state;
	struct taking t = take(ctx, 1, LINES({CURD, 5}, {BREAD, 11}, {MILK, 5}));

	REFUSED(&t, BREAD);
	for (int product = MILK; product <= CURD; product++) {
		assert_int_equal(stock_of(ctx, product), STOCK);
		assert_int_equal(held_by(ctx, product, 1), -1);
	}
}

static void names_all_that_cannot_be_had(void **state)
{
	struct ctx *ctx = *state;
	struct taking t;

	change_product(ctx, CURD, BCON_NEW("$set", "{", "available", BCON_BOOL(false), "}"));
	t = take(ctx, 1, LINES({NOTHING, 1}, {CURD, 1}, {MILK, 1}, {BREAD, 99}));
	REFUSED(&t, NOTHING, CURD, BREAD);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, CURD), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
}

static void refuses_a_product_that_is_not_available(void **state)
{
	struct ctx *ctx = *state;
	struct taking t;

	change_product(ctx, MILK, BCON_NEW("$set", "{", "available", BCON_BOOL(false), "}"));
	t = take(ctx, 1, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

static void refuses_a_product_that_is_none_any_more(void **state)
{
	struct ctx *ctx = *state;
	struct taking t;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "price", "", "}"));
	t = take(ctx, 1, LINES({MILK, 1}, {BREAD, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
}

/* Where many come too late for the last unit, they don't make its product grow. */
static void a_refusal_leaves_nothing_behind(void **state)
{
	struct ctx *ctx = *state;
	struct taking t = take(ctx, 1, LINES({MILK, 11}, {BREAD, 1}));

	REFUSED(&t, MILK);
	t = take(ctx, 2, LINES({MILK, 1}, {BREAD, 11}));
	REFUSED(&t, BREAD);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 0);
	assert_int_equal(read_stocked(ctx, BREAD).holds.n, 0);
	change_product(ctx, MILK, BCON_NEW("$set", "{", "stock", BCON_INT64(50), "}"));
	assert_int_equal(take(ctx, 1, LINES({MILK, 11}, {BREAD, 1})).result, OK);
}

/* ---- give back ---- */

static void gives_back_once_what_is_held(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 5})).result, OK);
	assert_int_equal(take(ctx, 2, LINES({MILK, 1})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(give_back_order(ctx, 1, LINES({BREAD, 5}, {MILK, 4}), false), OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK - 1);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(held_by(ctx, MILK, 1), 0);
		assert_int_equal(held_by(ctx, MILK, 2), 1);
	}
}

static void refuses_a_take_that_comes_after_it(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), false), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, ERR_STOCK_GIVEN_BACK);
	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {CURD, 1})).result, ERR_STOCK_GIVEN_BACK);
	for (int product = MILK; product <= CURD; product++) {
		assert_int_equal(stock_of(ctx, product), STOCK);
		assert_true(held_by(ctx, product, 1) <= 0);
	}
}

/* As a process leaves it that dies in the middle of a take. */
static void gives_back_what_a_broken_take_left(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 7}), false), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(held_by(ctx, BREAD, 1), 0);
}

static void gives_back_although_a_product_is_gone(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 7})).result, OK);
	assert_int_equal(db_delete(&n, ctx, product_collection, by_id(ctx, MILK)), OK);
	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 7}), false), OK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS - 1);
}

/* ---- what was sold ---- */

static void what_is_settled_stays_sold(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	assert_int_equal(take(ctx, 2, LINES({MILK, 1})).result, OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(settle_order(ctx, 1), OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK - 5);
		assert_int_equal(held_by(ctx, MILK, 1), -1);
		assert_int_equal(held_by(ctx, BREAD, 1), -1);
		assert_int_equal(held_by(ctx, MILK, 2), 1);
	}
}

static void settles_many_orders_at_a_time(void **state)
{
	enum { N = 1000 };
	struct ctx *ctx = *state;
	bson_oid_t *ids = arena_array(ctx->arena, N, sizeof *ids);

	for (int i = 0; i < N; i++)
		ids[i] = id_of(i);
	for (int order = 1; order <= 3; order++)
		assert_int_equal(take(ctx, order, LINES({MILK, 1}, {CURD, 2})).result, OK);
	assert_int_equal(stock_store_settle(ctx, ids, N), OK);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 0);
	assert_int_equal(read_stocked(ctx, CURD).holds.n, 0);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 3);
	assert_int_equal(stock_of(ctx, CURD), STOCK - 6);
}

static void settling_leaves_marks(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}), false), OK);
	assert_int_equal(settle_order(ctx, 1), OK);
	assert_int_equal(held_by(ctx, MILK, 1), 0);
	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, ERR_STOCK_GIVEN_BACK);
}

static void a_cancelled_order_gives_back_what_was_settled(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	assert_int_equal(settle_order(ctx, 1), OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true), OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(settle_order(ctx, 1), OK);
	}
}

static void a_cancelled_order_gives_back_what_is_not_settled_yet(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true), OK);
		assert_int_equal(settle_order(ctx, 1), OK); /* too late */
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
	}
	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, ERR_STOCK_GIVEN_BACK);
}

/* A price as somebody may have written it by hand. */
static void refuses_and_does_not_hold_what_cannot_be_read(void **state)
{
	struct ctx *ctx = *state;

	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", BCON_DOUBLE(60.5), "}"));
	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, ERR_OUT_OF_STOCK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(held_by(ctx, MILK, 1), -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(takes_every_line_and_tells_what_it_was),
	    TEST(tells_name_and_price_as_they_are_now),
	    TEST(takes_once_however_often_it_is_asked),
	    TEST(takes_for_several_orders_until_there_is_too_little),
	    TEST(takes_of_a_product_that_an_earlier_version_stored),
	    TEST(takes_nothing_at_a_price_beyond_the_limits),
	    TEST(leaves_nothing_held_where_a_line_cannot_be_had),
	    TEST(names_all_that_cannot_be_had),
	    TEST(refuses_a_product_that_is_not_available),
	    TEST(refuses_a_product_that_is_none_any_more),
	    TEST(a_refusal_leaves_nothing_behind),
	    TEST(refuses_and_does_not_hold_what_cannot_be_read),
	    TEST(gives_back_once_what_is_held),
	    TEST(refuses_a_take_that_comes_after_it),
	    TEST(gives_back_what_a_broken_take_left),
	    TEST(gives_back_although_a_product_is_gone),
	    TEST(what_is_settled_stays_sold),
	    TEST(settles_many_orders_at_a_time),
	    TEST(settling_leaves_marks),
	    TEST(a_cancelled_order_gives_back_what_was_settled),
	    TEST(a_cancelled_order_gives_back_what_is_not_settled_yet),
	};

	return cmocka_run_group_tests_name("stock_store", tests, open_shop, store_close);
}
