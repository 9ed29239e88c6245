/* Many at a time: whatever the order of things, what there is and what is held add up. */
#include "stock_fixture.h"

enum { ROUNDS = 60 };

/* What all orders from 1 to `n` hold of a product. */
static int64_t held_in_all(struct ctx *ctx, int product, int n)
{
	int64_t sum = 0;

	for (int order = 1; order <= n; order++) {
		int64_t held = held_by(ctx, product, order);

		sum += held > 0 ? held : 0;
	}
	return sum;
}

static void assert_adds_up(struct ctx *ctx, int n_orders)
{
	for (int product = MILK; product <= CURD; product++) {
		int64_t stock = stock_of(ctx, product);

		assert_in_range(stock, 0, STOCK);
		assert_int_equal(stock + held_in_all(ctx, product, n_orders), STOCK);
	}
}

/* ---- different orders ---- */

static enum err take_two_milk(struct ctx *ctx, int i)
{
	return take(ctx, i + 1, LINES({MILK, 2})).result;
}

static void as_many_get_it_as_there_is_for(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		struct ctx *ctx = *state;

		race(results, RACERS_MAX, take_two_milk);
		assert_int_equal(count_results(results, RACERS_MAX, OK), STOCK / 2);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_OUT_OF_STOCK),
				 RACERS_MAX - STOCK / 2);
		assert_int_equal(stock_of(ctx, MILK), 0);
		assert_adds_up(ctx, RACERS_MAX);
		store_end(state);
		stock_up(state);
	}
}

/* Everybody wants the last of two products, named in either order. */
static enum err take_the_last(struct ctx *ctx, int i)
{
	return i % 2 ? take(ctx, i + 1, LINES({MILK, STOCK}, {CURD, STOCK})).result
		     : take(ctx, i + 1, LINES({CURD, STOCK}, {MILK, STOCK})).result;
}

static void one_gets_the_last_of_several_products(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		race(results, RACERS_MAX, take_the_last);
		assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_OUT_OF_STOCK),
				 RACERS_MAX - 1);
		assert_adds_up(*state, RACERS_MAX);
		store_end(state);
		stock_up(state);
	}
}

/* ---- one order, several calls ---- */

static enum err take_one_line(struct ctx *ctx, int i)
{
	(void)i;
	return take(ctx, 1, LINES({MILK, 6})).result;
}

static void calls_for_one_order_take_once(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, take_one_line);
	assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
	assert_int_equal(held_by(*state, MILK, 1), 6);
	assert_adds_up(*state, 1);
}

/* ---- take against give back, settle against give back ---- */

/* An order's one take, while others give it back. */
static enum err take_or_give_back(struct ctx *ctx, int i)
{
	if (i)
		return give_back_order(ctx, 1, LINES({MILK, 6}, {CURD, 1}), false);
	take(ctx, 1, LINES({MILK, 6}, {CURD, 1}));
	return OK;
}

static void nothing_is_held_after_a_give_back_however_they_meet(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		race(results, 2 + i % 2, take_or_give_back);
		assert_int_equal(count_results(results, 2 + i % 2, OK), 2 + i % 2);
		assert_true(held_by(*state, MILK, 1) <= 0);
		assert_true(held_by(*state, CURD, 1) <= 0);
		assert_int_equal(take(*state, 1, LINES({MILK, 6}, {CURD, 1})).result,
				 ERR_STOCK_GIVEN_BACK);
		assert_adds_up(*state, 1);
		store_end(state);
		stock_up(state);
	}
}

static enum err settle_or_cancel(struct ctx *ctx, int i)
{
	return i % 2 ? give_back_order(ctx, 1, LINES({MILK, 6}, {CURD, 1}), true)
		     : settle_order(ctx, 1);
}

static void a_cancelled_order_gives_back_once_however_it_meets_its_settling(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(take(*state, 1, LINES({MILK, 6}, {CURD, 1})).result, OK);
		race(results, RACERS_MAX, settle_or_cancel);
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

/* Orders that were abandoned before are released before, while and after it is set. */
static void a_stock_that_is_set_stays_however_it_meets_releases(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		for (int order = 1; order < RACERS_MAX; order++)
			assert_int_equal(take(*state, order, LINES({MILK, 1})).result, OK);
		abandoned_ms = clock_now_ms();
		clock_sleep_ms(2);
		race(results, RACERS_MAX, release_or_set);
		assert_each(results, RACERS_MAX, OK);
		assert_int_equal(stock_of(*state, MILK), 50);
		assert_int_equal(held_in_all(*state, MILK, RACERS_MAX), 0);
		store_end(state);
		stock_up(state);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(as_many_get_it_as_there_is_for),
	    TEST(one_gets_the_last_of_several_products),
	    TEST(calls_for_one_order_take_once),
	    TEST(nothing_is_held_after_a_give_back_however_they_meet),
	    TEST(a_cancelled_order_gives_back_once_however_it_meets_its_settling),
	    TEST(a_stock_that_is_set_stays_however_it_meets_releases),
	};

	return cmocka_run_group_tests_name("stock_race", tests, open_shop, store_close);
}
