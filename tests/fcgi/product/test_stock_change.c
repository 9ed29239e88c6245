#include "stock_fixture.h"

enum { MINUTE_MS = 60 * 1000 };

static enum err set(struct ctx *ctx, int product, int64_t stock)
{
	bson_oid_t id = id_of(product);
	int64_t left;

	return stock_store_change(&left, ctx, &id,
				  &(struct stock_change){.has_stock = true, .stock = stock});
}

static enum err set_expecting(int64_t *left, struct ctx *ctx, int64_t stock, int64_t expected)
{
	bson_oid_t milk = id_of(MILK);

	return stock_store_change(left, ctx, &milk,
				  &(struct stock_change){.has_stock = true,
							 .has_expected = true,
							 .stock = stock,
							 .expected = expected});
}

static enum err add(int64_t *left, struct ctx *ctx, int64_t delta)
{
	bson_oid_t milk = id_of(MILK);

	return stock_store_change(left, ctx, &milk, &(struct stock_change){.delta = delta});
}

static bool is_available(struct ctx *ctx, int product)
{
	bson_oid_t id = id_of(product);
	struct list found;

	assert_int_equal(product_some(&found, ctx, &id, 1), OK);
	return ((const struct product *)found.items)->available;
}

/* ---- a stock ---- */

static void sets_the_stock_and_nothing_else(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 0), OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
	assert_int_equal(held_by(ctx, MILK, 1), 4);
	assert_int_equal(set(ctx, MILK, STOCK_MAX), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK_MAX);
	assert_true(is_available(ctx, MILK));
	assert_int_equal(set(ctx, NOTHING, 1), ERR_PRODUCT_NOT_FOUND);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS);
}

/* What an order has given up is on the shelf, and was counted there. */
static void what_is_released_later_is_not_added_to_it(void **state)
{
	static const enum stock_release ways[] = {RELEASE_UNANSWERED, RELEASE_ANSWERED};
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		put_holds(ctx, 10 + i, 1,
			  &(struct hold){.quantity = 4, .at = {clock_now_ms() - MINUTE_MS}});
		assert_int_equal(set(ctx, MILK, 7), OK);
		assert_int_equal(release_order(ctx, 10 + i, LINES({MILK, 4}), ways[i]), OK);
		assert_int_equal(stock_of(ctx, MILK), 7);
	}
}

/* It may still be made; if it isn't, its units are there to sell. */
static void what_an_order_in_the_making_releases_is_added_to_it(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 6), OK);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(stock_of(ctx, MILK), 10);
}

static void keeps_tombstones(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, 1, &(struct hold){.at = {clock_now_ms() - MINUTE_MS}});
	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(held_by(ctx, MILK, 1), 0);
}

/* ---- an expected stock ---- */

static void changes_what_is_as_expected(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	assert_int_equal(set_expecting(&left, ctx, 50, STOCK), OK);
	assert_int_equal(stock_of(ctx, MILK), 50);
	assert_int_equal(set_expecting(&left, ctx, 60, STOCK), ERR_STOCK_CHANGED);
	assert_int_equal(left, 50);
	assert_int_equal(stock_of(ctx, MILK), 50);
	assert_int_equal(set_expecting(&left, ctx, 0, 50), OK);
	assert_int_equal(set_expecting(&left, ctx, 1, 0), OK);
	assert_int_equal(stock_of(ctx, MILK), 1);
}

static void a_product_without_a_stock_has_none(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "stock", "", "}"));
	assert_int_equal(set_expecting(&left, ctx, 5, 3), ERR_STOCK_CHANGED);
	assert_int_equal(left, 0);
	assert_int_equal(set_expecting(&left, ctx, 5, 0), OK);
	assert_int_equal(stock_of(ctx, MILK), 5);
}

/* ---- a difference ---- */

static void adds_and_subtracts(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	assert_int_equal(add(&left, ctx, 5), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 5);
	assert_int_equal(add(&left, ctx, -(STOCK + 5)), OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
}

static void a_difference_leads_nowhere_else(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	assert_int_equal(add(&left, ctx, -(STOCK + 1)), ERR_STOCK_CHANGED);
	assert_int_equal(left, STOCK);
	assert_int_equal(add(&left, ctx, STOCK_MAX), ERR_STOCK_CHANGED);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* ---- whether it is sold ---- */

static void sets_whether_it_is_sold(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t milk = id_of(MILK);
	struct stock_change change = {.has_available = true, .available = false};
	int64_t left;

	assert_int_equal(stock_store_change(&left, ctx, &milk, &change), OK);
	assert_false(is_available(ctx, MILK));
	assert_true(is_available(ctx, BREAD));
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	change = (struct stock_change){.has_available = true,
				       .available = true,
				       .has_stock = true,
				       .stock = 3};
	assert_int_equal(stock_store_change(&left, ctx, &milk, &change), OK);
	assert_true(is_available(ctx, MILK));
	assert_int_equal(stock_of(ctx, MILK), 3);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(sets_the_stock_and_nothing_else),
	    TEST(what_is_released_later_is_not_added_to_it),
	    TEST(what_an_order_in_the_making_releases_is_added_to_it),
	    TEST(keeps_tombstones),
	    TEST(changes_what_is_as_expected),
	    TEST(a_product_without_a_stock_has_none),
	    TEST(adds_and_subtracts),
	    TEST(a_difference_leads_nowhere_else),
	    TEST(sets_whether_it_is_sold),
	};

	return cmocka_run_group_tests_name("stock_change", tests, open_shop, store_close);
}
