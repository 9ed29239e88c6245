#include "stock_fixture.h"

#include "fcgi/product/stock_tombstone_store.h"

enum { HOUR_MS = 60 * 60 * 1000, DAY_MS = 24 * HOUR_MS, MANY = 1000 };

static void put(struct ctx *ctx, int order, int64_t quantity, int64_t at, int64_t until)
{
	put_holds(ctx, order, 1,
		  &(struct hold){.quantity = quantity, .at = {at}, .until = {until}});
}

static void pulls_tombstones_that_have_expired(void **state)
{
	struct ctx *ctx = *state;
	int64_t now = clock_now_ms();

	put(ctx, 1, 0, now - HOUR_MS, now - 1000);
	put(ctx, 2, 0, now - HOUR_MS, now + HOUR_MS);
	put(ctx, 3, 5, now - HOUR_MS, 0); /* waits to be settled */
	tombstones_prune(ctx);
	assert_int_equal(held_by(ctx, MILK, 1), -1);
	assert_int_equal(held_by(ctx, MILK, 2), 0);
	assert_int_equal(held_by(ctx, MILK, 3), 5);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* A repeated return would add the units once more. */
static void keeps_those_of_returns_for_days(void **state)
{
	struct ctx *ctx = *state;
	int64_t later = clock_now_ms() + TOMBSTONE_RETURN_MS - HOUR_MS;
	const struct hold *hold;

	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}), true), OK);
	hold = read_stocked(ctx, MILK).holds.items;
	assert_in_range(hold->until.ms, later, later + 2 * HOUR_MS);
}

static void keeps_those_of_unanswered_takes_for_minutes(void **state)
{
	struct ctx *ctx = *state;
	const struct hold *hold;
	int64_t now;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}), false), OK);
	hold = read_stocked(ctx, MILK).holds.items;
	now = clock_now_ms();
	assert_in_range(hold->until.ms, now + TOMBSTONE_MS - 10000, now + TOMBSTONE_MS);
}

/* ---- of an earlier version ---- */

static void pulls_undated_ones_that_are_too_old(void **state)
{
	struct ctx *ctx = *state;
	int64_t limit = clock_now_ms() - TOMBSTONE_RETURN_MS;

	put(ctx, 1, 0, limit - HOUR_MS, 0);
	put(ctx, 2, 0, limit + HOUR_MS, 0);
	put(ctx, 3, 5, limit - HOUR_MS, 0);
	tombstones_prune(ctx);
	assert_int_equal(held_by(ctx, MILK, 1), -1);
	assert_int_equal(held_by(ctx, MILK, 2), 0);
	assert_int_equal(held_by(ctx, MILK, 3), 5);
}

/* More than a product may have now would put off its releases for days. */
static void pulls_undated_ones_of_a_product_that_has_too_many(void **state)
{
	struct ctx *ctx = *state;
	int64_t now = clock_now_ms();

	put_holds(ctx, 100, MANY, &(struct hold){.at = {now - DAY_MS}});
	put(ctx, 1, 1, now - DAY_MS, 0);
	put(ctx, 2, 0, now - HOUR_MS, now + HOUR_MS);
	put(ctx, 3, 0, now - TOMBSTONE_MS / 2, 0); /* a late call may still come */
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 3);
	assert_int_equal(held_by(ctx, MILK, 1), 1);
	assert_int_equal(held_by(ctx, MILK, 2), 0);
	assert_int_equal(held_by(ctx, MILK, 3), 0);
}

static void leaves_as_many_as_a_product_may_have(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, TOMBSTONES_MAX - 1, &(struct hold){.at = {clock_now_ms() - DAY_MS}});
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, TOMBSTONES_MAX - 1);
}

static void leaves_orders_that_wait_to_be_settled(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, MANY,
		  &(struct hold){.quantity = 1, .at = {clock_now_ms() - (int64_t)30 * DAY_MS}});
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, MANY);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(pulls_tombstones_that_have_expired),
	    TEST(keeps_those_of_returns_for_days),
	    TEST(keeps_those_of_unanswered_takes_for_minutes),
	    TEST(pulls_undated_ones_that_are_too_old),
	    TEST(pulls_undated_ones_of_a_product_that_has_too_many),
	    TEST(leaves_as_many_as_a_product_may_have),
	    TEST(leaves_orders_that_wait_to_be_settled),
	};

	return cmocka_run_group_tests_name("stock_tombstone_store", tests, open_shop, store_close);
}
