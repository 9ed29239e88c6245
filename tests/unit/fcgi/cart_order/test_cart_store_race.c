/* Concurrent calls on carts: threads that start at the same moment, in many rounds. */
#include <stdatomic.h>

#include "cart_fixture.h"
#include "fcgi/cart_order/indexes.h"

enum { ROUNDS = 20 };

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, cart_collection);
	return 0;
}

/* The lines that the threads of a test put and read. */
static int64_t quantity;
static struct list read_lines;

static enum err put_same(struct ctx *ctx, int i)
{
	struct cart_line line = make_line(USER, 1, quantity);
	bool merged;

	(void)i;
	return cart_put(&merged, ctx, &line);
}

static void test_concurrent_puts_on_a_new_line_add_up(void **state)
{
	enum err results[RACERS_MAX];

	quantity = 3;
	for (int round = 0; round < ROUNDS; round++) {
		empty_collection(*state, cart_collection);
		race(results, RACERS_MAX, put_same);
		assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
		assert_int_equal(lines_of(*state, USER).n, 1);
		assert_int_equal(quantity_of(*state, USER, 1), 3 * RACERS_MAX);
	}
}

/* Exactly four quantities of 24 fit into 99; a quantity that fits is not refused. */
static void test_concurrent_puts_respect_the_line_limit(void **state)
{
	enum err results[RACERS_MAX];

	quantity = 24;
	for (int round = 0; round < ROUNDS; round++) {
		empty_collection(*state, cart_collection);
		race(results, RACERS_MAX, put_same);
		assert_int_equal(count_results(results, RACERS_MAX, OK), 4);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_QUANTITY_LIMIT),
				 RACERS_MAX - 4);
		assert_int_equal(quantity_of(*state, USER, 1), 96);
	}
}

static enum err increase_same(struct ctx *ctx, int i)
{
	struct cart_ref ref = {&line_at(&read_lines, 0)->_id, USER};

	(void)i;
	return cart_line_increase(ctx, &ref);
}

static void test_concurrent_increases_stop_at_the_limit(void **state)
{
	enum err results[RACERS_MAX];

	put(*state, USER, 1, 96);
	read_lines = lines_of(*state, USER);
	race(results, RACERS_MAX, increase_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 3);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_QUANTITY_LIMIT), RACERS_MAX - 3);
	assert_int_equal(quantity_of(*state, USER, 1), 99);
}

static atomic_int removals;

static enum err decrease_same(struct ctx *ctx, int i)
{
	struct cart_ref ref = {&line_at(&read_lines, 0)->_id, USER};
	bool removed;
	enum err e = cart_line_decrease(&removed, ctx, &ref);

	(void)i;
	removals += removed;
	return e;
}

/* Of seven decreases of a quantity of 3, three succeed, and one of these removes the line. */
static void test_concurrent_decreases_stop_at_zero(void **state)
{
	enum err results[RACERS_MAX];

	put(*state, USER, 1, 3);
	read_lines = lines_of(*state, USER);
	removals = 0;
	race(results, RACERS_MAX, decrease_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 3);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_ITEM_NOT_FOUND), RACERS_MAX - 3);
	assert_int_equal(removals, 1);
	assert_int_equal(lines_of(*state, USER).n, 0);
}

static enum err decrease_or_increase(struct ctx *ctx, int i)
{
	return i ? increase_same(ctx, i) : decrease_same(ctx, i);
}

/* Either the line is removed and the increase fails, or the quantity is 1. */
static void test_concurrent_decrease_and_increase_are_serialized(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 0; round < 5 * ROUNDS; round++) {
		empty_collection(*state, cart_collection);
		put(*state, USER, 1, 1);
		read_lines = lines_of(*state, USER);
		removals = 0;
		race(results, 2, decrease_or_increase);
		assert_int_equal(results[0], OK);
		assert_int_equal(results[1], removals ? ERR_ITEM_NOT_FOUND : OK);
		assert_int_equal(quantity_of(*state, USER, 1), removals ? 0 : 1);
	}
}

static enum err put_own(struct ctx *ctx, int i)
{
	struct cart_line line = make_line(USER, (unsigned char)(1 + i), 1);
	bool merged;

	return cart_put(&merged, ctx, &line);
}

/* Concurrent lines at the limit may all be refused, but none exceeds it. */
static void test_concurrent_puts_respect_the_cart_limit(void **state)
{
	enum err results[RACERS_MAX];
	int taken;

	for (int i = 0; i < CART_LINES_MAX - 2; i++)
		put(*state, USER, (unsigned char)(100 + i), 1);
	race(results, RACERS_MAX, put_own);
	taken = count_results(results, RACERS_MAX, OK);
	assert_in_range(taken, 0, 2);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_CART_FULL), RACERS_MAX - taken);
	assert_int_equal(count_documents(*state, cart_collection), CART_LINES_MAX - 2 + taken);
}

static void take_off(struct ctx *ctx, unsigned char product)
{
	struct cart_line line = make_line(USER, product, 1);
	bson_t *filter = ctx_bson(ctx, BCON_NEW("product_id", BCON_OID(&line.product_id)));
	int64_t n;

	assert_int_equal(db_delete(&n, ctx, cart_collection, filter), OK);
}

/* A line beyond the limit is deleted again, unless another call has added to it since: that
 * addition was acknowledged. */
static void test_merged_quantity_beyond_the_limit_is_kept(void **state)
{
	enum err results[RACERS_MAX];
	int taken;

	quantity = 2;
	for (int i = 0; i < CART_LINES_MAX; i++)
		put(*state, USER, (unsigned char)(100 + i), 1);
	for (int round = 0; round < 2 * ROUNDS; round++) {
		race(results, RACERS_MAX, put_same);
		taken = count_results(results, RACERS_MAX, OK);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_CART_FULL),
				 RACERS_MAX - taken);
		assert_int_equal(quantity_of(*state, USER, 1), 2 * taken);
		take_off(*state, 1);
	}
}

/* ---- a line that is added and removed repeatedly ---- */

enum { TAKERS = 2, PUTTERS = RACERS_MAX - TAKERS, PUTS = 19, TAKES = 60 };

static atomic_int put_in, taken_out;

/* All quantities fit into one line, so none may be refused. */
static enum err put_again_and_again(struct ctx *ctx)
{
	struct cart_line line = make_line(USER, 1, 1);
	enum err e = OK;
	bool merged;

	for (int i = 0; i < PUTS && !e; i++) {
		e = cart_put(&merged, ctx, &line);
		put_in += !e;
	}
	return e;
}

static enum err remove_again_and_again(struct ctx *ctx)
{
	enum err e = OK;

	for (int i = 0; i < TAKES && !e; i++) {
		struct list lines;

		e = cart_lines(&lines, ctx, USER);
		if (e || !lines.n)
			continue;
		e = cart_line_remove(
		    ctx, &(struct cart_ref){&((const struct cart_line *)lines.items)->_id, USER});
		if (e == ERR_ITEM_NOT_FOUND)
			e = OK;
	}
	return e;
}

static enum err put_or_remove(struct ctx *ctx, int i)
{
	return i < TAKERS ? remove_again_and_again(ctx) : put_again_and_again(ctx);
}

static void test_line_that_is_removed_meanwhile_is_not_too_large(void **state)
{
	enum err results[RACERS_MAX];

	assert_true(PUTTERS * PUTS <= LINE_QUANTITY_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		empty_collection(*state, cart_collection);
		race(results, RACERS_MAX, put_or_remove);
		assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
	}
}

/* ---- orders ---- */

static enum err take_own_out(struct ctx *ctx, void *lines)
{
	return remove_lines(ctx, USER, lines);
}

static enum err order_same(struct ctx *ctx, int i)
{
	(void)i;
	return db_transaction(ctx, take_own_out, &read_lines);
}

static void test_concurrent_orders_remove_the_lines_once(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		put(*state, USER, 1, 2);
		put(*state, USER, 2, 1);
		read_lines = lines_of(*state, USER);
		race(results, 2, order_same);
		assert_int_equal(count_results(results, 2, OK), 1);
		assert_int_equal(count_results(results, 2, ERR_RETRY), 1);
		assert_int_equal(lines_of(*state, USER).n, 0);
	}
}

static enum err order_or_put(struct ctx *ctx, int i)
{
	return i ? put_same(ctx, i) : order_same(ctx, i);
}

/* Pieces added during an order are in the order or in the cart. */
static void test_concurrent_put_is_not_lost_by_an_order(void **state)
{
	enum err results[RACERS_MAX];

	quantity = 5;
	for (int round = 0; round < ROUNDS; round++) {
		empty_collection(*state, cart_collection);
		put(*state, USER, 1, 2);
		read_lines = lines_of(*state, USER);
		race(results, 2, order_or_put);
		assert_int_equal(results[1], OK);
		assert_true(results[0] == OK || results[0] == ERR_RETRY);
		assert_int_equal(quantity_of(*state, USER, 1), results[0] == OK ? 5 : 7);
	}
}

static enum err order_again_and_again(struct ctx *ctx)
{
	enum err e = OK;

	for (int i = 0; i < TAKES / 2 && !e; i++) {
		struct list lines;

		e = cart_lines(&lines, ctx, USER);
		if (e || !lines.n)
			continue;
		e = db_transaction(ctx, take_own_out, &lines);
		if (!e)
			taken_out += (int)((const struct cart_line *)lines.items)->quantity;
		if (e == ERR_RETRY)
			e = OK;
	}
	return e;
}

static enum err put_or_order(struct ctx *ctx, int i)
{
	return i < TAKERS ? order_again_and_again(ctx) : put_again_and_again(ctx);
}

/* However often the line is ordered meanwhile, all pieces are in an order or in the cart. */
static void test_repeated_orders_of_a_line_add_up(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS / 4; round++) {
		empty_collection(*state, cart_collection);
		put_in = taken_out = 0;
		race(results, RACERS_MAX, put_or_order);
		assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
		assert_int_equal(put_in, PUTTERS * PUTS);
		assert_int_equal(taken_out + quantity_of(*state, USER, 1), put_in);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_concurrent_puts_on_a_new_line_add_up),
	    TEST(test_concurrent_puts_respect_the_line_limit),
	    TEST(test_concurrent_increases_stop_at_the_limit),
	    TEST(test_concurrent_decreases_stop_at_zero),
	    TEST(test_concurrent_decrease_and_increase_are_serialized),
	    TEST(test_concurrent_puts_respect_the_cart_limit),
	    TEST(test_merged_quantity_beyond_the_limit_is_kept),
	    TEST(test_line_that_is_removed_meanwhile_is_not_too_large),
	    TEST(test_concurrent_orders_remove_the_lines_once),
	    TEST(test_concurrent_put_is_not_lost_by_an_order),
	    TEST(test_repeated_orders_of_a_line_add_up),
	};

	return cmocka_run_group_tests_name("cart_store_race", tests, open_all, store_close);
}
