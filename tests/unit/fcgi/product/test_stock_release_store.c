/* Which releases leave tombstones, and how many a product may have. */
#include "stock_fixture.h"

#include <pthread.h>

enum { LAST = 2000 }; /* the order that is released when others have left their tombstones */

static size_t holds_of(struct ctx *ctx, int product)
{
	return read_stocked(ctx, product).holds.n;
}

static struct list full_of(struct ctx *ctx, int order, const struct list *lines)
{
	bson_oid_t id = id_of(order);
	struct list full;

	assert_int_equal(stock_store_give_back(&full, ctx, &id, lines, RELEASE_SOLD, 0),
			 ERR_STOCK_PUT_OFF);
	return full;
}

/* ---- an answered take ---- */

static void an_answered_take_leaves_none(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4}, {BREAD, 5})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}, {BREAD, 5}),
					       RELEASE_ANSWERED),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(holds_of(ctx, MILK), 0);
		assert_int_equal(holds_of(ctx, BREAD), 0);
	}
}

static void it_releases_the_orders_own_holds_alone(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(take(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(take(ctx, 2, LINES({MILK, 3})).result, OK);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(held_by(ctx, MILK, 2), 3);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 3);
}

static void it_needs_no_place(void **state)
{
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	assert_int_equal(take(ctx, LAST, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_order(ctx, LAST, LINES({MILK, 4}), RELEASE_ANSWERED), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

/* ---- the limit ---- */

static void a_product_has_no_more_than_so_many(void **state)
{
	static const enum stock_release ways[] = {RELEASE_UNANSWERED, RELEASE_SOLD};
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX - 1);
	assert_int_equal(release_order(ctx, 1, LINES({MILK, 1}), RELEASE_SOLD), OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(release_order(ctx, LAST, LINES({MILK, 1}), ways[i]),
				 ERR_STOCK_PUT_OFF);
	assert_int_equal(holds_of(ctx, MILK), TOMBSTONES_MAX);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 1);
}

static void what_is_held_is_put_off_as_well(void **state)
{
	struct ctx *ctx = *state;

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	assert_int_equal(take(ctx, LAST, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_order(ctx, LAST, LINES({MILK, 4}), RELEASE_UNANSWERED),
			 ERR_STOCK_PUT_OFF);
	assert_int_equal(held_by(ctx, MILK, LAST), 4);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 4);
}

/* Else it would keep a place there for as long as it waits here. */
static void where_one_product_is_full_no_other_is_written(void **state)
{
	struct ctx *ctx = *state;
	struct list full;
	bson_oid_t milk = id_of(MILK);

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	full = full_of(ctx, LAST, LINES({BREAD, 2}, {MILK, 1}, {CURD, 1}));
	assert_int_equal(full.n, 1);
	assert_true(bson_oid_equal(full.items, &milk));
	assert_int_equal(holds_of(ctx, BREAD), 0);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(stock_of(ctx, CURD), STOCK);
}

static void it_is_done_when_there_is_a_place_again(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t first = id_of(100);

	put_tombstones(ctx, 100, TOMBSTONES_MAX);
	(void)full_of(ctx, LAST, LINES({MILK, 2}, {BREAD, 2}));
	assert_int_equal(stock_store_forget(ctx, &first, 1), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(give_back_order(ctx, LAST, LINES({MILK, 2}, {BREAD, 2}), true),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
		assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
	}
	assert_int_equal(holds_of(ctx, MILK), TOMBSTONES_MAX);
}

/* What was done already is not undone, nor does it count as one more. */
static void a_repetition_needs_no_place_where_it_has_one(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 2}), true), OK);
	put_tombstones(ctx, 100, TOMBSTONES_MAX - 1);
	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 2}, {BREAD, 2}), true), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
	assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
}

static void what_orders_hold_does_not_count(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 100, 3 * TOMBSTONES_MAX,
		  &(struct hold){.quantity = 1, .at = {clock_now_ms()}});
	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 2}), true), OK);
}

static void goes_on_although_a_product_is_gone(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(give_back_order(ctx, 1, LINES({NOTHING, 1}, {BREAD, 2}, {MILK, 2}), true),
			 OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK + 2);
	assert_int_equal(stock_of(ctx, BREAD), STOCK + 2);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS);
}

/* ---- many at a time ---- */

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
		r->done += give_back_order(&work.ctx, r->first + i, LINES({MILK, 1}), true) == OK;
		work_end(&work);
	}
	return NULL;
}

static void the_limit_holds_for_releases_at_the_same_time(void **state)
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
	assert_int_equal(holds_of(*state, MILK), TOMBSTONES_MAX);
	assert_int_equal(stock_of(*state, MILK), STOCK + TOMBSTONES_MAX);
}

/* ---- forgetting ---- */

static void forgets_tombstones_and_nothing_else(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t ids[] = {id_of(1), id_of(2), id_of(3)};

	assert_int_equal(give_back_order(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true), OK);
	assert_int_equal(take(ctx, 2, LINES({MILK, 4})).result, OK);
	assert_int_equal(give_back_order(ctx, 4, LINES({MILK, 1}), true), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stock_store_forget(ctx, ids, 3), OK);
		assert_int_equal(held_by(ctx, MILK, 1), -1);
		assert_int_equal(held_by(ctx, BREAD, 1), -1);
		assert_int_equal(held_by(ctx, MILK, 2), 4);
		assert_int_equal(held_by(ctx, MILK, 4), 0);
		assert_int_equal(stock_of(ctx, MILK), STOCK + 1);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(an_answered_take_leaves_none),
	    TEST(it_releases_the_orders_own_holds_alone),
	    TEST(it_needs_no_place),
	    TEST(a_product_has_no_more_than_so_many),
	    TEST(what_is_held_is_put_off_as_well),
	    TEST(where_one_product_is_full_no_other_is_written),
	    TEST(it_is_done_when_there_is_a_place_again),
	    TEST(a_repetition_needs_no_place_where_it_has_one),
	    TEST(what_orders_hold_does_not_count),
	    TEST(goes_on_although_a_product_is_gone),
	    TEST(the_limit_holds_for_releases_at_the_same_time),
	    TEST(forgets_tombstones_and_nothing_else),
	};

	return cmocka_run_group_tests_name("stock_release_store", tests, open_shop, store_close);
}
