/* Concurrent stock calls: in any interleaving, stock and reservations add up. */
#include "stock_fixture.h"

enum { ROUNDS = 60 };

/* Units of a product that orders 1 to `n` have reserved. */
static int64_t reserved_in_all(struct ctx *ctx, int product, int n)
{
	int64_t sum = 0;

	for (int order = 1; order <= n; order++) {
		int64_t reserved = reserved_by(ctx, product, order);

		sum += reserved > 0 ? reserved : 0;
	}
	return sum;
}

static void assert_adds_up(struct ctx *ctx, int n_orders)
{
	for (int product = MILK; product <= CURD; product++) {
		int64_t stock = stock_of(ctx, product);

		assert_in_range(stock, 0, STOCK);
		assert_int_equal(stock + reserved_in_all(ctx, product, n_orders), STOCK);
	}
}

/* ---- different orders ---- */

static enum err reserve_two_milk(struct ctx *ctx, int i)
{
	return reserve(ctx, i + 1, LINES({MILK, 2})).result;
}

static void test_concurrent_reserves_never_oversell(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		struct ctx *ctx = *state;

		race(results, RACERS_MAX, reserve_two_milk);
		assert_int_equal(count_results(results, RACERS_MAX, OK), STOCK / 2);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_OUT_OF_STOCK),
				 RACERS_MAX - STOCK / 2);
		assert_int_equal(stock_of(ctx, MILK), 0);
		assert_adds_up(ctx, RACERS_MAX);
		store_end(state);
		stock_up(state);
	}
}

/* All orders want the last units of two products, listed in either order. */
static enum err reserve_the_last(struct ctx *ctx, int i)
{
	return i % 2 ? reserve(ctx, i + 1, LINES({MILK, STOCK}, {CURD, STOCK})).result
		     : reserve(ctx, i + 1, LINES({CURD, STOCK}, {MILK, STOCK})).result;
}

static void test_one_order_gets_the_last_units_of_two_products(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		race(results, RACERS_MAX, reserve_the_last);
		assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_OUT_OF_STOCK),
				 RACERS_MAX - 1);
		assert_adds_up(*state, RACERS_MAX);
		store_end(state);
		stock_up(state);
	}
}

/* ---- one order, several calls ---- */

static enum err reserve_one_line(struct ctx *ctx, int i)
{
	(void)i;
	return reserve(ctx, 1, LINES({MILK, 6})).result;
}

static void test_concurrent_reserves_of_one_order_subtract_once(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, reserve_one_line);
	assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
	assert_int_equal(reserved_by(*state, MILK, 1), 6);
	assert_adds_up(*state, 1);
}

/* ---- reserve against release, confirm against return ---- */

/* One reserve call of an order, and concurrent releases of the same order. */
static enum err reserve_or_release(struct ctx *ctx, int i)
{
	if (i)
		return release_with_tombstone(ctx, 1, LINES({MILK, 6}, {CURD, 1}), false);
	reserve(ctx, 1, LINES({MILK, 6}, {CURD, 1}));
	return OK;
}

static void test_concurrent_release_leaves_no_reservation(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		race(results, 2 + i % 2, reserve_or_release);
		assert_int_equal(count_results(results, 2 + i % 2, OK), 2 + i % 2);
		assert_true(reserved_by(*state, MILK, 1) <= 0);
		assert_true(reserved_by(*state, CURD, 1) <= 0);
		assert_int_equal(reserve(*state, 1, LINES({MILK, 6}, {CURD, 1})).result,
				 ERR_STOCK_RELEASED);
		assert_adds_up(*state, 1);
		store_end(state);
		stock_up(state);
	}
}

static enum err confirm_or_cancel(struct ctx *ctx, int i)
{
	return i % 2 ? release_with_tombstone(ctx, 1, LINES({MILK, 6}, {CURD, 1}), true)
		     : confirm_order(ctx, 1);
}

static void test_concurrent_confirm_and_return_add_units_once(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(reserve(*state, 1, LINES({MILK, 6}, {CURD, 1})).result, OK);
		race(results, RACERS_MAX, confirm_or_cancel);
		assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
		assert_int_equal(stock_of(*state, MILK), STOCK);
		assert_int_equal(stock_of(*state, CURD), STOCK);
		store_end(state);
		stock_up(state);
	}
}

/* ---- a stock that is set ---- */

static int64_t abandoned_ms;

static enum err release_or_set(struct ctx *ctx, int i)
{
	if (i == 0)
		return set(ctx, MILK, 50);
	return release_abandoned(ctx, i, LINES({MILK, 1}),
				 i % 2 ? RELEASE_ANSWERED : RELEASE_UNANSWERED, abandoned_ms);
}

/* Abandoned orders are released before, during and after the set. */
static void test_concurrent_releases_do_not_change_a_set_stock(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		for (int order = 1; order < RACERS_MAX; order++)
			assert_int_equal(reserve(*state, order, LINES({MILK, 1})).result, OK);
		abandoned_ms = clock_now_ms();
		clock_sleep_ms(2);
		race(results, RACERS_MAX, release_or_set);
		assert_each(results, RACERS_MAX, OK);
		assert_int_equal(stock_of(*state, MILK), 50);
		assert_int_equal(reserved_in_all(*state, MILK, RACERS_MAX), 0);
		store_end(state);
		stock_up(state);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_concurrent_reserves_never_oversell),
	    TEST(test_one_order_gets_the_last_units_of_two_products),
	    TEST(test_concurrent_reserves_of_one_order_subtract_once),
	    TEST(test_concurrent_release_leaves_no_reservation),
	    TEST(test_concurrent_confirm_and_return_add_units_once),
	    TEST(test_concurrent_releases_do_not_change_a_set_stock),
	};

	return cmocka_run_group_tests_name("stock_race", tests, open_shop, store_close);
}
