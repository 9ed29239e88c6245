/* Reservations of several orders in one command. */
#define _XOPEN_SOURCE 700 /* nftw */

#include "together.h"

#include "stock_fixture.h"

/* BUTTER is the product of order number 0, which runs alone and conflicts with no other. */
enum { BUTTER = PRODUCTS + 1, ROUNDS = 25, ORDERS_MAX = 200 };

static int open_all(void **state)
{
	together_start();
	return open_shop(state);
}

static int close_all(void **state)
{
	db_close(db);
	together_stop();
	(void)state;
	return 0;
}

static int set_up(void **state)
{
	stock_up(state);
	add_product(*state, BUTTER, "Butter");
	return 0;
}

/* ---- what a test wants ---- */

struct wanted {
	struct stock_line items[PRODUCTS + 1];
	struct list lines;
	int order;
	int refused[PRODUCTS]; /* product ids in the refusal */
	size_t n_refused;
};
static struct wanted wants[TOGETHER_MAX];
static int n_wants;

static void want(int order, const struct list *lines)
{
	struct wanted *w = &wants[n_wants++];

	*w = (struct wanted){.order = order};
	memcpy(w->items, lines->items, lines->n * sizeof w->items[0]);
	w->lines = (struct list){w->items, lines->n};
}

static void begin_wants(void)
{
	n_wants = 0;
	want(ORDERS_MAX, LINES({BUTTER, 1}));
}

/* The names and prices must outlive the arena of the batch's leader. */
static bool is_as_wanted(const struct list *reserved, const struct wanted *w)
{
	static const char *const names[] = {
	    [MILK] = "Milk", [BREAD] = "Bread", [CURD] = "Curd", [BUTTER] = "Butter"};
	const struct reserved_product *t = reserved->items;

	if (w != &wants[1])
		clock_sleep_ms(40); /* until the leader's arena is reset */
	for (size_t i = 0; i < reserved->n && i < w->lines.n; i++) {
		if (!bson_oid_equal(&t[i].product_id, &w->items[i].product_id) ||
		    strcmp(t[i].facts.name, names[t[i].product_id.bytes[11]]) != 0 ||
		    t[i].facts.price.paise != 6050)
			return false;
	}
	return reserved->n == w->lines.n;
}

static enum err reserve_wanted(struct ctx *ctx, int i)
{
	struct wanted *w = &wants[i];
	struct reserve_outcome t = reserve(ctx, w->order, &w->lines);

	if (t.result == OK && !is_as_wanted(&t.reserved, w))
		return ERR_INTERNAL;
	w->n_refused = t.refused.n;
	for (size_t n = 0; n < t.refused.n && n < PRODUCTS; n++)
		w->refused[n] = ((const bson_oid_t *)t.refused.items)[n].bytes[11];
	return t.result;
}

/* Reserves all wants; those behind number 0 share one batch. */
static void reserve_all(enum err results[static TOGETHER_MAX])
{
	together(results, n_wants, "update", reserve_wanted);
	assert_int_equal(results[0], OK);
}

static void assert_refused_for(int i, const int *products, size_t n)
{
	assert_int_equal(wants[i].n_refused, n);
	for (size_t at = 0; at < n; at++)
		assert_int_equal(wants[i].refused[at], products[at]);
}

#define REFUSED_FOR(i, ...)                               \
	assert_refused_for(i, (const int[]){__VA_ARGS__}, \
			   sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void assert_no_reservation(struct ctx *ctx, int order)
{
	for (int product = MILK; product <= BUTTER; product++)
		assert_true(reserved_by(ctx, product, order) <= 0);
}

/* Stock and reservations add up to the initial stock. */
static void assert_adds_up(struct ctx *ctx)
{
	for (int product = MILK; product <= BUTTER; product++) {
		struct stocked found = read_stocked(ctx, product);
		int64_t sum = found.stock;

		assert_in_range(found.stock, 0, STOCK);
		for (size_t i = 0; i < found.holds.n; i++)
			sum += ((const struct reservation *)found.holds.items)[i].quantity;
		assert_int_equal(sum, STOCK);
	}
}

/* ---- tests ---- */

static void test_concurrent_orders_share_one_command(void **state)
{
	int64_t updates = commands("update"), finds = commands("find");
	enum err results[TOGETHER_MAX];

	begin_wants();
	for (int order = 1; order <= 5; order++)
		want(order, LINES({CURD, 2}, {MILK, 1}));
	reserve_all(results);
	assert_int_equal(commands("update"), updates + 2);
	assert_int_equal(commands("find"), finds + 2);
	assert_each(results, n_wants, OK);
	for (int order = 1; order <= 5; order++) {
		assert_int_equal(reserved_by(*state, CURD, order), 2);
		assert_int_equal(reserved_by(*state, MILK, order), 1);
	}
	assert_adds_up(*state);
}

/* So of several processes that want the last units of the same products, one gets all of them. */
static void test_single_order_stops_at_the_first_missing_line(void **state)
{
	int64_t updates = commands("update");
	struct reserve_outcome t = reserve(*state, 1, LINES({CURD, 1}, {MILK, STOCK + 1}));

	REFUSED(&t, MILK);
	assert_int_equal(commands("update"), updates + 1); /* there is nothing to release */
	assert_adds_up(*state);
}

static void test_last_unit_goes_to_the_first_order(void **state)
{
	int64_t updates = commands("update");
	enum err results[TOGETHER_MAX];

	assert_int_equal(reserve(*state, 100, LINES({MILK, STOCK - 1})).result, OK);
	begin_wants();
	for (int order = 1; order <= 6; order++)
		want(order, LINES({MILK, 1}));
	reserve_all(results);
	assert_int_equal(results[1], OK);
	assert_int_equal(reserved_by(*state, MILK, 1), 1);
	for (int i = 2; i <= 6; i++) {
		assert_int_equal(results[i], ERR_OUT_OF_STOCK);
		REFUSED_FOR(i, MILK);
		assert_int_equal(reserved_by(*state, MILK, i), -1); /* nor a tombstone */
	}
	assert_int_equal(commands("update"), updates + 3); /* late orders write nothing */
	assert_adds_up(*state);
}

static void test_one_order_gets_the_last_units_of_several_products(void **state)
{
	enum err results[TOGETHER_MAX];

	begin_wants();
	want(1, LINES({MILK, STOCK}, {CURD, STOCK}));
	want(2, LINES({CURD, STOCK}, {MILK, STOCK}));
	want(3, LINES({CURD, STOCK}, {BREAD, 1}, {MILK, STOCK}));
	reserve_all(results);
	assert_int_equal(count_results(results + 1, 3, OK), 1);
	assert_int_equal(count_results(results + 1, 3, ERR_OUT_OF_STOCK), 2);
	for (int i = 1; i <= 3; i++) {
		if (results[i])
			assert_no_reservation(*state, i);
	}
	assert_int_equal(stock_of(*state, MILK), 0);
	assert_int_equal(stock_of(*state, CURD), 0);
	assert_adds_up(*state);
}

/* Order 1 reserves milk, and releases it because there isn't enough curd. */
static void test_units_of_a_refused_order_are_available_to_the_next(void **state)
{
	enum err results[TOGETHER_MAX];

	begin_wants();
	want(1, LINES({MILK, STOCK}, {CURD, STOCK + 1}));
	want(2, LINES({MILK, STOCK}));
	reserve_all(results);
	assert_int_equal(results[1], ERR_OUT_OF_STOCK);
	REFUSED_FOR(1, CURD);
	assert_int_equal(results[2], OK);
	assert_int_equal(reserved_by(*state, MILK, 2), STOCK);
	assert_no_reservation(*state, 1);
	assert_adds_up(*state);
}

/* Order 2 reserves bread and finds no milk because of order 1; one of 2 and 3 gets the bread. */
static void test_one_of_the_conflicting_orders_succeeds(void **state)
{
	enum err results[TOGETHER_MAX];

	begin_wants();
	want(1, LINES({MILK, STOCK}, {CURD, STOCK + 1}));
	want(2, LINES({MILK, STOCK}, {BREAD, STOCK}));
	want(3, LINES({BREAD, STOCK}));
	reserve_all(results);
	assert_int_equal(results[1], ERR_OUT_OF_STOCK);
	assert_int_equal(count_results(results + 2, 2, OK), 1);
	for (int i = 1; i <= 3; i++) {
		if (results[i])
			assert_no_reservation(*state, i);
	}
	assert_adds_up(*state);
}

static void test_repeated_reserve_in_a_batch_subtracts_once(void **state)
{
	enum err results[TOGETHER_MAX];

	assert_int_equal(reserve(*state, 2, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	begin_wants();
	want(1, LINES({MILK, 3}));
	want(2, LINES({MILK, 4}, {BREAD, 1}));
	want(3, LINES({BREAD, 2}));
	reserve_all(results);
	assert_each(results, n_wants, OK);
	assert_int_equal(reserved_by(*state, MILK, 2), 4);
	assert_int_equal(stock_of(*state, MILK), STOCK - 7);
	assert_int_equal(stock_of(*state, BREAD), STOCK - 3);
	assert_adds_up(*state);
}

/* Also where the release happened before all lines were reserved. */
static void test_released_order_is_refused_in_a_batch(void **state)
{
	struct ctx *ctx = *state;
	enum err results[TOGETHER_MAX];

	assert_int_equal(reserve(ctx, 2, LINES({MILK, 4}, {CURD, 1})).result, OK);
	assert_int_equal(release_with_tombstone(ctx, 2, LINES({MILK, 4}, {CURD, 1}), false), OK);
	assert_int_equal(release_with_tombstone(ctx, 4, LINES({CURD, 1}), false), OK);
	begin_wants();
	want(1, LINES({MILK, 3}, {CURD, 1}));
	want(2, LINES({MILK, 4}, {CURD, 1}));
	want(3, LINES({MILK, 4}));
	want(4, LINES({CURD, 1}, {BREAD, 5}));
	reserve_all(results);
	assert_int_equal(results[1], OK);
	assert_int_equal(results[2], ERR_STOCK_RELEASED);
	assert_int_equal(results[3], OK);
	assert_int_equal(results[4], ERR_STOCK_RELEASED);
	for (int order = 2; order <= 4; order += 2) {
		assert_no_reservation(ctx, order);
		assert_int_equal(reserved_by(ctx, CURD, order), 0); /* its tombstone stays */
	}
	assert_int_equal(reserved_by(ctx, BREAD, 4), -1);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 7);
	assert_adds_up(ctx);
}

static void test_each_refusal_names_its_own_products(void **state)
{
	enum err results[TOGETHER_MAX];

	change_product(*state, BREAD, BCON_NEW("$set", "{", "available", BCON_BOOL(false), "}"));
	begin_wants();
	want(1, LINES({NOTHING, 1}, {MILK, 1}));
	want(2, LINES({MILK, 2}, {BREAD, 1}));
	want(3, LINES({MILK, 3}));
	want(4, LINES({CURD, 99}, {BREAD, 1}, {MILK, 1}));
	reserve_all(results);
	assert_int_equal(results[3], OK);
	assert_int_equal(count_results(results, n_wants, ERR_OUT_OF_STOCK), 3);
	REFUSED_FOR(1, NOTHING);
	REFUSED_FOR(2, BREAD);
	REFUSED_FOR(4, CURD, BREAD);
	assert_int_equal(stock_of(*state, MILK), STOCK - 3);
	assert_adds_up(*state);
}

/* A command has at most as many statements as the longest order has lines. */
static void test_long_orders_use_several_commands(void **state)
{
	static struct stock_line items[3][STOCK_LINES_MAX / 2];
	int64_t updates = commands("update");
	enum err results[TOGETHER_MAX];

	begin_wants();
	for (int i = 0; i < 3; i++) {
		for (int n = 0; n < STOCK_LINES_MAX / 2; n++)
			items[i][n] = (struct stock_line){id_of(1000 + n), 1};
		want(1 + i, LINES({MILK, 1}));
		wants[1 + i].lines = (struct list){items[i], STOCK_LINES_MAX / 2};
	}
	want(4, LINES({MILK, 1}));
	reserve_all(results);
	/* One command for number 0, one for 1 and 2, one for 3 and 4, of which 4 succeeds; and one
	 * release for each of 1 to 3, whose products can't be read. */
	assert_int_equal(commands("update"), updates + 6);
	assert_int_equal(count_results(results, n_wants, ERR_OUT_OF_STOCK), 3);
	assert_int_equal(results[4], OK);
	assert_int_equal(reserved_by(*state, MILK, 4), 1);
	assert_adds_up(*state);
}

/* One after the other in each thread; the seed is the thread's number and the round. */
static enum err reserve_at_random(struct ctx *ctx, int i)
{
	unsigned seed = (unsigned)i;
	enum err e = OK;

	for (int round = 0; round < ROUNDS && !e; round++) {
		int order = 1 + i * ROUNDS + round;
		const struct list *lines =
		    LINES({MILK, 1 + rand_r(&seed) % 4}, {CURD, 1 + rand_r(&seed) % 4},
			  {BREAD, 1 + rand_r(&seed) % 4});
		struct list some = {lines->items, 1 + (size_t)rand_r(&seed) % 3};

		e = reserve(ctx, order, &some).result;
		if (!e && rand_r(&seed) % 4)
			e = release_with_tombstone(ctx, order, &some, false);
		if (e == ERR_OUT_OF_STOCK)
			e = OK;
	}
	return e;
}

static void test_random_reserves_and_releases_add_up(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, reserve_at_random);
	assert_each(results, RACERS_MAX, OK);
	assert_adds_up(*state);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_concurrent_orders_share_one_command),
	    TEST(test_single_order_stops_at_the_first_missing_line),
	    TEST(test_last_unit_goes_to_the_first_order),
	    TEST(test_one_order_gets_the_last_units_of_several_products),
	    TEST(test_units_of_a_refused_order_are_available_to_the_next),
	    TEST(test_one_of_the_conflicting_orders_succeeds),
	    TEST(test_repeated_reserve_in_a_batch_subtracts_once),
	    TEST(test_released_order_is_refused_in_a_batch),
	    TEST(test_each_refusal_names_its_own_products),
	    TEST(test_long_orders_use_several_commands),
	    TEST(test_random_reserves_and_releases_add_up),
	};

	return cmocka_run_group_tests_name("stock_together", tests, open_all, close_all);
}
