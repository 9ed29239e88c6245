/* Several processes at one checkout. */
#include "checkout_fixture.h"
#include "fcgi/cart_order/indexes.h"

enum { RACERS = 7, ROUNDS = 5 };

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, checkout_collection);
	return 0;
}

static enum err open_one(struct ctx *ctx, int i)
{
	struct checkout checkout = {.user_id = USER};

	(void)i;
	bson_oid_init(&checkout._id, NULL);
	return checkout_open(ctx, &checkout);
}

static void test_one_concurrent_open_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS, open_one);
	assert_int_equal(count_results(results, RACERS, OK), 1);
	assert_int_equal(count_results(results, RACERS, ERR_DUPLICATE), RACERS - 1);
	assert_int_equal(checkouts(*state), 1);
}

static struct checkout raced;

/* Its call commits while the sweeper abandons it. */
static enum err move_one(struct ctx *ctx, int i)
{
	return checkout_move(ctx, &raced._id, CHECKOUT_RESERVING,
			     i % 2 ? CHECKOUT_COMMITTED : CHECKOUT_ABANDONED);
}

static void test_one_concurrent_move_succeeds(void **state)
{
	for (int round = 0; round < ROUNDS; round++) {
		enum err results[RACERS_MAX];
		int winner = 0;

		raced = put_checkout(*state, USER, CHECKOUT_RESERVING);
		race(results, RACERS, move_one);
		assert_int_equal(count_results(results, RACERS, OK), 1);
		assert_int_equal(count_results(results, RACERS, ERR_NO_DOCUMENT), RACERS - 1);
		while (results[winner] != OK)
			winner++;
		assert_string_equal(state_of(*state, &raced),
				    winner % 2 ? "COMMITTED" : "ABANDONED");
	}
}

static enum err claim_one(struct ctx *ctx, int i)
{
	struct checkout own = raced;

	(void)i;
	return checkout_claim(ctx, &own, 2000);
}

static void test_one_concurrent_claim_succeeds(void **state)
{
	enum err results[RACERS_MAX];
	struct list due;

	put_expired(*state, USER, CHECKOUT_COMMITTED);
	assert_int_equal(checkouts_find_expired(&due, *state, CHECKOUT_COMMITTED), OK);
	assert_int_equal(due.n, 1);
	raced = *(const struct checkout *)due.items;
	race(results, RACERS, claim_one);
	assert_int_equal(count_results(results, RACERS, OK), 1);
	assert_int_equal(count_results(results, RACERS, ERR_NO_DOCUMENT), RACERS - 1);
}

static enum err cancel_one(struct ctx *ctx, int i)
{
	struct checkout own = raced;

	own.by = i % 2 ? "customer" : "admin";
	return checkout_cancel(ctx, &own);
}

/* The order has no checkout: one call inserts it, and the others find it. */
static void test_concurrent_cancels_of_one_order(void **state)
{
	for (int round = 0; round < ROUNDS; round++) {
		enum err results[RACERS_MAX];

		empty_collection(*state, checkout_collection);
		raced = make_checkout(USER);
		race(results, RACERS, cancel_one);
		assert_int_equal(count_results(results, RACERS, OK), RACERS);
		assert_int_equal(checkouts(*state), 1);
		assert_string_equal(state_of(*state, &raced), "CANCELLING");
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_one_concurrent_open_succeeds),
	    TEST(test_one_concurrent_move_succeeds),
	    TEST(test_one_concurrent_claim_succeeds),
	    TEST(test_concurrent_cancels_of_one_order),
	};

	return cmocka_run_group_tests_name("checkout_store_race", tests, open_all, store_close);
}
