#include "stock_fixture.h"

enum { MINUTE_MS = 60 * 1000 };

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

static const enum stock_release ways[] = {RELEASE_UNANSWERED, RELEASE_ANSWERED};

/* Later than what was done before, by the clock of the server. */
static int64_t a_moment_later(void)
{
	clock_sleep_ms(3);
	return clock_now_ms();
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

/* Its checkout is ABANDONED, and its release was not answered or is put off. */
static void what_was_abandoned_before_adds_nothing(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		int64_t abandoned;

		assert_int_equal(take(ctx, 1 + i, LINES({MILK, 4}, {BREAD, 3})).result, OK);
		abandoned = a_moment_later();
		assert_true(a_moment_later() > abandoned);
		assert_int_equal(set(ctx, MILK, 7), OK);
		for (int repeated = 0; repeated < 2; repeated++)
			assert_int_equal(release_abandoned(ctx, 1 + i, LINES({MILK, 4}, {BREAD, 3}),
							   ways[i], abandoned),
					 OK);
		assert_int_equal(stock_of(ctx, MILK), 7);
		assert_int_equal(stock_of(ctx, BREAD), STOCK); /* nobody set it */
		assert_int_equal(held_by(ctx, MILK, 1 + i), i ? -1 : 0);
	}
}

static void what_is_abandoned_afterwards_is_added_to_it(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(take(ctx, 1 + i, LINES({MILK, 4})).result, OK);
		assert_int_equal(set(ctx, MILK, 7), OK);
		assert_int_equal(release_abandoned(ctx, 1 + i, LINES({MILK, 4}), ways[i],
						   a_moment_later()),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), 11);
		assert_int_equal(held_by(ctx, MILK, 1 + i), i ? -1 : 0);
	}
}

static void the_last_set_decides(void **state)
{
	struct ctx *ctx = *state;
	int64_t abandoned, left;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 7), OK);
	abandoned = a_moment_later();
	assert_true(a_moment_later() > abandoned);
	assert_int_equal(set(ctx, MILK, 8), OK);
	assert_int_equal(add(&left, ctx, 2), OK); /* a difference decides nothing */
	assert_int_equal(release_abandoned(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED, abandoned),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), 10);
}

/* A take that wasn't answered comes after the order was abandoned and the stock was set: its units
 * are none of those that were set. */
static void what_is_taken_afterwards_is_added_to_it(void **state)
{
	struct ctx *ctx = *state;
	int64_t abandoned = clock_now_ms() - MINUTE_MS;

	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(stock_of(ctx, MILK), 3);
	assert_int_equal(release_abandoned(ctx, 1, LINES({MILK, 4}), RELEASE_UNANSWERED, abandoned),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), 7);
	assert_int_equal(held_by(ctx, MILK, 1), 0);
}

/* It has its units; what is left to sell stays. */
static void an_order_that_is_made_changes_nothing(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(settle_order(ctx, 1), OK);
	assert_int_equal(stock_of(ctx, MILK), 7);
	assert_int_equal(held_by(ctx, MILK, 1), -1);
}

static void an_order_that_is_cancelled_returns_its_units(void **state)
{
	struct ctx *ctx = *state;

	for (int settled = 0; settled < 2; settled++) {
		assert_int_equal(take(ctx, 1 + settled, LINES({MILK, 4})).result, OK);
		assert_int_equal(set(ctx, MILK, 7), OK);
		if (settled)
			assert_int_equal(settle_order(ctx, 2), OK);
		assert_int_equal(give_back_order(ctx, 1 + settled, LINES({MILK, 4}), true), OK);
		assert_int_equal(stock_of(ctx, MILK), 11);
	}
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
	    TEST(what_was_abandoned_before_adds_nothing),
	    TEST(what_is_abandoned_afterwards_is_added_to_it),
	    TEST(the_last_set_decides),
	    TEST(what_is_taken_afterwards_is_added_to_it),
	    TEST(an_order_that_is_made_changes_nothing),
	    TEST(an_order_that_is_cancelled_returns_its_units),
	    TEST(keeps_tombstones),
	    TEST(changes_what_is_as_expected),
	    TEST(a_product_without_a_stock_has_none),
	    TEST(adds_and_subtracts),
	    TEST(a_difference_leads_nowhere_else),
	    TEST(sets_whether_it_is_sold),
	};

	return cmocka_run_group_tests_name("stock_change", tests, open_shop, store_close);
}
