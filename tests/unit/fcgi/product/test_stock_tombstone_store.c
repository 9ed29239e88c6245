/* Removal of expired tombstones. */
#include "stock_fixture.h"

#include "fcgi/product/stock_tombstone_store.h"

enum { HOUR_MS = 60 * 60 * 1000, DAY_MS = 24 * HOUR_MS, MANY = 1000 };

static void put(struct ctx *ctx, int order, int64_t quantity, int64_t at, int64_t until)
{
	put_reservations(ctx, order, 1,
			 &(struct reservation){.quantity = quantity, .at = {at}, .until = {until}});
}

static void test_prune_removes_expired_tombstones(void **state)
{
	struct ctx *ctx = *state;
	int64_t now = clock_now_ms();

	put(ctx, 1, 0, now - HOUR_MS, now - 1000);
	put(ctx, 2, 0, now - HOUR_MS, now + HOUR_MS);
	put(ctx, 3, 5, now - HOUR_MS, 0); /* a reservation */
	tombstones_prune(ctx);
	assert_int_equal(reserved_by(ctx, MILK, 1), -1);
	assert_int_equal(reserved_by(ctx, MILK, 2), 0);
	assert_int_equal(reserved_by(ctx, MILK, 3), 5);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* Without its tombstone a repeated return would add the units again. */
static void test_tombstones_of_returns_last_for_days(void **state)
{
	struct ctx *ctx = *state;
	int64_t later = clock_now_ms() + TOMBSTONE_RETURN_MS - HOUR_MS;
	const struct reservation *reservation;

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}), true), OK);
	reservation = read_stocked(ctx, MILK).holds.items;
	assert_in_range(reservation->until.ms, later, later + 2 * HOUR_MS);
}

static void test_tombstones_of_unanswered_reserves_last_for_minutes(void **state)
{
	struct ctx *ctx = *state;
	const struct reservation *reservation;
	int64_t now;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}), false), OK);
	reservation = read_stocked(ctx, MILK).holds.items;
	now = clock_now_ms();
	assert_in_range(reservation->until.ms, now + TOMBSTONE_MS - 10000, now + TOMBSTONE_MS);
}

/* ---- of an earlier version ---- */

static void test_prune_removes_old_tombstones_without_expiry(void **state)
{
	struct ctx *ctx = *state;
	int64_t limit = clock_now_ms() - TOMBSTONE_RETURN_MS;

	put(ctx, 1, 0, limit - HOUR_MS, 0);
	put(ctx, 2, 0, limit + HOUR_MS, 0);
	put(ctx, 3, 5, limit - HOUR_MS, 0);
	tombstones_prune(ctx);
	assert_int_equal(reserved_by(ctx, MILK, 1), -1);
	assert_int_equal(reserved_by(ctx, MILK, 2), 0);
	assert_int_equal(reserved_by(ctx, MILK, 3), 5);
}

/* Tombstones above the limit would postpone releases of the product for days. */
static void test_prune_removes_tombstones_above_the_limit(void **state)
{
	struct ctx *ctx = *state;
	int64_t now = clock_now_ms();

	put_reservations(ctx, 100, MANY, &(struct reservation){.at = {now - DAY_MS}});
	put(ctx, 1, 1, now - DAY_MS, 0);
	put(ctx, 2, 0, now - HOUR_MS, now + HOUR_MS);
	put(ctx, 3, 0, now - TOMBSTONE_MS / 2, 0); /* a late call may still arrive */
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 3);
	assert_int_equal(reserved_by(ctx, MILK, 1), 1);
	assert_int_equal(reserved_by(ctx, MILK, 2), 0);
	assert_int_equal(reserved_by(ctx, MILK, 3), 0);
}

static void test_prune_keeps_tombstones_within_the_limit(void **state)
{
	struct ctx *ctx = *state;

	put_reservations(ctx, 1, TOMBSTONES_MAX - 1,
			 &(struct reservation){.at = {clock_now_ms() - DAY_MS}});
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, TOMBSTONES_MAX - 1);
}

static void test_prune_keeps_reservations(void **state)
{
	struct ctx *ctx = *state;

	put_reservations(ctx, 1, MANY,
			 &(struct reservation){.quantity = 1,
					       .at = {clock_now_ms() - (int64_t)30 * DAY_MS}});
	tombstones_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, MANY);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_prune_removes_expired_tombstones),
	    TEST(test_tombstones_of_returns_last_for_days),
	    TEST(test_tombstones_of_unanswered_reserves_last_for_minutes),
	    TEST(test_prune_removes_old_tombstones_without_expiry),
	    TEST(test_prune_removes_tombstones_above_the_limit),
	    TEST(test_prune_keeps_tombstones_within_the_limit),
	    TEST(test_prune_keeps_reservations),
	};

	return cmocka_run_group_tests_name("stock_tombstone_store", tests, open_shop, store_close);
}
