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

static void of_many_at_a_time_one_opens(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS, open_one);
	assert_int_equal(count_results(results, RACERS, OK), 1);
	assert_int_equal(count_results(results, RACERS, ERR_DUPLICATE), RACERS - 1);
	assert_int_equal(checkouts(*state), 1);
}

static struct checkout raced;

/* Its call wants to commit, the sweeper to give it up. */
static enum err move_one(struct ctx *ctx, int i)
{
	return checkout_move(ctx, &raced._id, CHECKOUT_RESERVING,
			     i % 2 ? CHECKOUT_COMMITTED : CHECKOUT_ABANDONED);
}

static void of_many_at_a_time_one_moves(void **state)
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

static void of_many_at_a_time_one_claims(void **state)
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

/* Of an order about which nothing was left to do: all of them find the one that one makes. */
static void many_at_a_time_cancel_one_order(void **state)
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
	    TEST(of_many_at_a_time_one_opens),
	    TEST(of_many_at_a_time_one_moves),
	    TEST(of_many_at_a_time_one_claims),
	    TEST(many_at_a_time_cancel_one_order),
	};

	return cmocka_run_group_tests_name("checkout_store_race", tests, open_all, store_close);
}
