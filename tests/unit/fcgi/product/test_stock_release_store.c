/* Which releases leave tombstones, and the limit of tombstones of a product. */
#include "stock_fixture.h"

#include <pthread.h>

enum { LAST = 2000 }; /* the order that is released last */

static size_t entries_of(struct ctx *ctx, int product)
{
	return read_stocked(ctx, product).holds.n;
}

static struct list full_of(struct ctx *ctx, int order, const struct list *lines)
{
	bson_oid_t id = id_of(order);
	struct list full;

	assert_int_equal(stock_store_release(&full, ctx, &id, lines, RELEASE_SOLD, 0),
			 ERR_STOCK_RELEASE_POSTPONED);
	return full;
}

/* ---- RELEASE_ANSWERED ---- */

static void test_release_of_an_answered_reserve_leaves_no_tombstone(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 5})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}, {BREAD, 5}),
					       RELEASE_ANSWERED),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(entries_of(ctx, MILK), 0);
		assert_int_equal(entries_of(ctx, BREAD), 0);
	}
}

static void test_release_keeps_reservations_of_other_orders(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 3})).result, OK);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(reserved_by(ctx, MILK, 2), 3);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 3);
}

static void test_release_without_tombstone_needs_no_room(void **state)
{
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	assert_int_equal(reserve(ctx, LAST, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_order(ctx, LAST, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* ---- the limit ---- */

static void test_product_has_at_most_tombstones_max(void **state)
{
	static const enum stock_release_kind ways[] = {RELEASE_UNANSWERED, RELEASE_SOLD};
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX - 1);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 1}), RELEASE_SOLD), OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(release_order(ctx, LAST, LINES({MILK, 1}), ways[i]),
				 ERR_STOCK_RELEASE_POSTPONED);
	assert_int_equal(entries_of(ctx, MILK), TOMBSTONES_MAX);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 1);
}

static void test_release_of_a_reservation_without_room_is_postponed(void **state)
{
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	assert_int_equal(reserve(ctx, LAST, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_order(ctx, LAST, LINES({MILK, 4}), RELEASE_UNANSWERED),
			 ERR_STOCK_RELEASE_POSTPONED);
	assert_int_equal(reserved_by(ctx, MILK, LAST), 4);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 4);
}

/* Else a postponed release would occupy room in the products that have some. */
static void test_full_product_postpones_the_whole_release(void **state)
{
	struct ctx *ctx = *state;
	struct list full;
	bson_oid_t milk = id_of(MILK);

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	full = full_of(ctx, LAST, LINES({BREAD, 2}, {MILK, 1}, {CURD, 1}));
	assert_int_equal(full.n, 1);
	assert_true(bson_oid_equal(full.items, &milk));
	assert_int_equal(entries_of(ctx, BREAD), 0);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(stock_of(ctx, CURD), STOCK);
}

static void test_release_succeeds_when_there_is_room_again(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t first = id_of(100);

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	(void)full_of(ctx, LAST, LINES({MILK, 2}, {BREAD, 2}));
	assert_int_equal(stock_store_forget(ctx, &first, 1), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(release_with_tombstone(ctx, LAST, LINES({MILK, 2}, {BREAD, 2}),
							true),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
		assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
	}
	assert_int_equal(entries_of(ctx, MILK), TOMBSTONES_MAX);
}

/* The units of the first release stay added, and its tombstone is counted once. */
static void test_repeated_release_needs_no_second_tombstone(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 2}), true), OK);
	put_tombstones(ctx, 100, TOMBSTONES_MAX - 1);
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 2}, {BREAD, 2}), true), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
	assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
}

static void test_reservations_do_not_count_as_tombstones(void **state)
{
	struct ctx *ctx = *state;

	put_reservations(ctx, 100, 3 * TOMBSTONES_MAX,
			 &(struct reservation){.quantity = 1, .at = {clock_now_ms()}});
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 2}), true), OK);
}

static void test_release_ignores_a_missing_product(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({NOTHING, 1}, {BREAD, 2}, {MILK, 2}),
						true),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
	assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS);
}

/* ---- concurrent releases ---- */

enum { THREADS = 8, EACH = 20 };

struct releases {
	int first, done;
};

static void *release_each(void *arg)
{
	struct releases *r = arg;
	struct work work;

	for (int i = 0; i < EACH; i++) {
		work_begin(&work, db);
		r->done +=
		    release_with_tombstone(&work.ctx, r->first + i, LINES({MILK, 1}), true) == OK;
		work_end(&work);
	}
	return NULL;
}

static void test_concurrent_releases_respect_the_limit(void **state)
{
	struct releases releases[THREADS];
	pthread_t threads[THREADS];
	int done = 0;

	for (int i = 0; i < THREADS; i++) {
		releases[i] = (struct releases){1000 + i * EACH, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, release_each, &releases[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		done += releases[i].done;
	}
	assert_int_equal(done, TOMBSTONES_MAX);
	assert_int_equal(entries_of(*state, MILK), TOMBSTONES_MAX);
	assert_int_equal(stock_of(*state, MILK), STOCK + TOMBSTONES_MAX);
}

/* ---- forget ---- */

static void test_forget_removes_only_tombstones(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t ids[] = {id_of(1), id_of(2), id_of(3)};

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true), OK);
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_with_tombstone(ctx, 4, LINES({MILK, 1}), true), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stock_store_forget(ctx, ids, 3), OK);
		assert_int_equal(reserved_by(ctx, MILK, 1), -1);
		assert_int_equal(reserved_by(ctx, BREAD, 1), -1);
		assert_int_equal(reserved_by(ctx, MILK, 2), 4);
		assert_int_equal(reserved_by(ctx, MILK, 4), 0);
		assert_int_equal(stock_of(ctx, MILK), STOCK + 1);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_release_of_an_answered_reserve_leaves_no_tombstone),
	    TEST(test_release_keeps_reservations_of_other_orders),
	    TEST(test_release_without_tombstone_needs_no_room),
	    TEST(test_product_has_at_most_tombstones_max),
	    TEST(test_release_of_a_reservation_without_room_is_postponed),
	    TEST(test_full_product_postpones_the_whole_release),
	    TEST(test_release_succeeds_when_there_is_room_again),
	    TEST(test_repeated_release_needs_no_second_tombstone),
	    TEST(test_reservations_do_not_count_as_tombstones),
	    TEST(test_release_ignores_a_missing_product),
	    TEST(test_concurrent_releases_respect_the_limit),
	    TEST(test_forget_removes_only_tombstones),
	};

	return cmocka_run_group_tests_name("stock_release_store", tests, open_shop, store_close);
}
