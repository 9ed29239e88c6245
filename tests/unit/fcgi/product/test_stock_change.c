/* Changes of stock by staff, and releases before and after them. */
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

static const enum stock_release_kind ways[] = {RELEASE_UNANSWERED, RELEASE_ANSWERED};

/* A time after all earlier writes, by the database server's clock. */
static int64_t a_moment_later(void)
{
	clock_sleep_ms(3);
	return clock_now_ms();
}

/* ---- set ---- */

static void test_set_changes_only_the_stock(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 0), OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
	assert_int_equal(reserved_by(ctx, MILK, 1), 4);
	assert_int_equal(set(ctx, MILK, STOCK_MAX), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK_MAX);
	assert_true(is_available(ctx, MILK));
	assert_int_equal(set(ctx, NOTHING, 1), ERR_PRODUCT_NOT_FOUND);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS);
}

/* The set stock includes units of orders that were abandoned before. */
static void test_release_of_an_old_reservation_adds_nothing_after_a_set(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		put_reservations(ctx, 10 + i, 1,
				 &(struct reservation){.quantity = 4,
						       .at = {clock_now_ms() - MINUTE_MS}});
		assert_int_equal(set(ctx, MILK, 7), OK);
		assert_int_equal(release_order(ctx, 10 + i, LINES({MILK, 4}), ways[i]), OK);
		assert_int_equal(stock_of(ctx, MILK), 7);
	}
}

/* The order may still be committed; if not, its units are for sale again. */
static void test_release_of_a_pending_order_adds_its_units_after_a_set(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 6), OK);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(stock_of(ctx, MILK), 10);
}

/* Its checkout is ABANDONED, and its release was not answered or is postponed. */
static void test_release_adds_nothing_if_abandoned_before_the_set(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		int64_t abandoned;

		assert_int_equal(reserve(ctx, 1 + i, LINES({MILK, 4}, {BREAD, 3})).result, OK);
		abandoned = a_moment_later();
		assert_true(a_moment_later() > abandoned);
		assert_int_equal(set(ctx, MILK, 7), OK);
		for (int repeated = 0; repeated < 2; repeated++)
			assert_int_equal(release_abandoned(ctx, 1 + i, LINES({MILK, 4}, {BREAD, 3}),
							   ways[i], abandoned),
					 OK);
		assert_int_equal(stock_of(ctx, MILK), 7);
		assert_int_equal(stock_of(ctx, BREAD), STOCK); /* not set */
		assert_int_equal(reserved_by(ctx, MILK, 1 + i), i ? -1 : 0);
	}
}

static void test_release_adds_units_if_abandoned_after_the_set(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(reserve(ctx, 1 + i, LINES({MILK, 4})).result, OK);
		assert_int_equal(set(ctx, MILK, 7), OK);
		assert_int_equal(release_abandoned(ctx, 1 + i, LINES({MILK, 4}), ways[i],
						   a_moment_later()),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), 11);
		assert_int_equal(reserved_by(ctx, MILK, 1 + i), i ? -1 : 0);
	}
}

static void test_latest_set_decides(void **state)
{
	struct ctx *ctx = *state;
	int64_t abandoned, left;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 7), OK);
	abandoned = a_moment_later();
	assert_true(a_moment_later() > abandoned);
	assert_int_equal(set(ctx, MILK, 8), OK);
	assert_int_equal(add(&left, ctx, 2), OK); /* a delta is no set */
	assert_int_equal(release_abandoned(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED, abandoned),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), 10);
}

/* A late reserve call arrives after the order was abandoned and the stock was set: the set stock
 * doesn't include its units. */
static void test_release_adds_units_reserved_after_the_set(void **state)
{
	struct ctx *ctx = *state;
	int64_t abandoned = clock_now_ms() - MINUTE_MS;

	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(stock_of(ctx, MILK), 3);
	assert_int_equal(release_abandoned(ctx, 1, LINES({MILK, 4}), RELEASE_UNANSWERED, abandoned),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), 7);
	assert_int_equal(reserved_by(ctx, MILK, 1), 0);
}

/* The order keeps its units; the stock stays. */
static void test_confirm_does_not_change_a_set_stock(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(confirm_order(ctx, 1), OK);
	assert_int_equal(stock_of(ctx, MILK), 7);
	assert_int_equal(reserved_by(ctx, MILK, 1), -1);
}

static void test_return_adds_units_to_a_set_stock(void **state)
{
	struct ctx *ctx = *state;

	for (int confirmed = 0; confirmed < 2; confirmed++) {
		assert_int_equal(reserve(ctx, 1 + confirmed, LINES({MILK, 4})).result, OK);
		assert_int_equal(set(ctx, MILK, 7), OK);
		if (confirmed)
			assert_int_equal(confirm_order(ctx, 2), OK);
		assert_int_equal(release_with_tombstone(ctx, 1 + confirmed, LINES({MILK, 4}), true),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), 11);
	}
}

static void test_set_keeps_tombstones(void **state)
{
	struct ctx *ctx = *state;

	put_reservations(ctx, 1, 1, &(struct reservation){.at = {clock_now_ms() - MINUTE_MS}});
	assert_int_equal(set(ctx, MILK, 7), OK);
	assert_int_equal(reserved_by(ctx, MILK, 1), 0);
}

/* ---- an expected stock ---- */

static void test_set_compares_with_the_expected_stock(void **state)
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

static void test_missing_stock_counts_as_zero(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "stock", "", "}"));
	assert_int_equal(set_expecting(&left, ctx, 5, 3), ERR_STOCK_CHANGED);
	assert_int_equal(left, 0);
	assert_int_equal(set_expecting(&left, ctx, 5, 0), OK);
	assert_int_equal(stock_of(ctx, MILK), 5);
}

/* ---- delta ---- */

static void test_delta_adds_and_subtracts(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	assert_int_equal(add(&left, ctx, 5), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 5);
	assert_int_equal(add(&left, ctx, -(STOCK + 5)), OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
}

static void test_delta_out_of_range_is_refused(void **state)
{
	struct ctx *ctx = *state;
	int64_t left = -1;

	assert_int_equal(add(&left, ctx, -(STOCK + 1)), ERR_STOCK_CHANGED);
	assert_int_equal(left, STOCK);
	assert_int_equal(add(&left, ctx, STOCK_MAX), ERR_STOCK_CHANGED);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* ---- availability ---- */

static void test_set_availability(void **state)
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
	    TEST(test_set_changes_only_the_stock),
	    TEST(test_release_of_an_old_reservation_adds_nothing_after_a_set),
	    TEST(test_release_of_a_pending_order_adds_its_units_after_a_set),
	    TEST(test_release_adds_nothing_if_abandoned_before_the_set),
	    TEST(test_release_adds_units_if_abandoned_after_the_set),
	    TEST(test_latest_set_decides),
	    TEST(test_release_adds_units_reserved_after_the_set),
	    TEST(test_confirm_does_not_change_a_set_stock),
	    TEST(test_return_adds_units_to_a_set_stock),
	    TEST(test_set_keeps_tombstones),
	    TEST(test_set_compares_with_the_expected_stock),
	    TEST(test_missing_stock_counts_as_zero),
	    TEST(test_delta_adds_and_subtracts),
	    TEST(test_delta_out_of_range_is_refused),
	    TEST(test_set_availability),
	};

	return cmocka_run_group_tests_name("stock_change", tests, open_shop, store_close);
}
