/* Many deliveries: the list, and moves of those past their deadline. */
#include "delivery_fixture.h"

enum { LATER = 3600, ORDERS = 7 };

static const struct actor simulator = {.by = "simulator"};

static int begin_deliveries(void **state)
{
	delivery_step_seconds = 0; /* the deadline passes at once */
	return begin_order(state);
}

static void assert_deadline_after(struct ctx *ctx, int64_t seconds, enum order_status now)
{
	int64_t least, deadline;

	delivery_step_seconds = seconds;
	least = clock_now_ms() + seconds * 1000;
	if (now == STATUS_PLACED)
		assert_int_equal(create_delivery(ctx), OK);
	else
		assert_int_equal(advance_to(ctx, now), OK);
	deadline = read_delivery(ctx).deadline.ms;
	assert_in_range(deadline, least, clock_now_ms() + seconds * 1000);
}

/* ---- deadlines ---- */

static void test_deadline_follows_create_and_move(void **state)
{
	struct ctx *ctx = *state;

	assert_deadline_after(ctx, 12, STATUS_PLACED);
	assert_deadline_after(ctx, 100, STATUS_PACKED);
	assert_deadline_after(ctx, 7, STATUS_OUT_FOR_DELIVERY);
	assert_int_equal(advance_to(ctx, STATUS_DELIVERED), OK);
	assert_int_equal(read_delivery(ctx).deadline.ms, 0);
}

static void test_cancelled_has_no_deadline(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(read_delivery(ctx).deadline.ms, 0);
	next_order(ctx);
	assert_int_equal(cancel(ctx), OK); /* a delivery that is not known yet */
	assert_int_equal(read_delivery(ctx).deadline.ms, 0);
}

/* Moves a batch, and returns the number of moved deliveries. */
static int64_t move_overdue(struct ctx *ctx)
{
	int64_t moved = -1;
	size_t found = 0;

	assert_int_equal(deliveries_move_overdue(&found, &moved, ctx, &simulator), OK);
	assert_int_equal(found, moved);
	return moved;
}

static void test_overdue_moves_step_by_step(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(create_delivery(ctx), OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(move_overdue(ctx), 1);
	assert_int_equal(move_overdue(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
		       STATUS_DELIVERED);
	changes = read_delivery(ctx).history.items;
	for (int i = 1; i <= 3; i++) {
		assert_string_equal(changes[i].by, "simulator");
		assert_null(changes[i].user_id);
	}
}

static void test_before_deadline_nothing_moves(void **state)
{
	struct ctx *ctx = *state;

	delivery_step_seconds = LATER;
	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(move_overdue(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
	next_order(ctx);
	put_old_record(ctx, STATUS_PACKED); /* has no deadline */
	assert_int_equal(move_overdue(ctx), 0);
}

static void test_move_sets_new_deadline(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	delivery_step_seconds = LATER;
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(move_overdue(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
}

static void create_deliveries(struct ctx *ctx, bson_oid_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bson_oid_init(&ids[i], NULL);
		assert_int_equal(delivery_create(ctx, &ids[i], "u-1", &service), OK);
		clock_sleep_ms(2);
	}
}

static void test_overdue_batch_is_limited(void **state)
{
	static bson_oid_t ids[DELIVERIES_OVERDUE_READ + 3];
	struct ctx *ctx = *state;

	create_deliveries(ctx, ids, DELIVERIES_OVERDUE_READ + 3);
	delivery_step_seconds = LATER;
	assert_int_equal(move_overdue(ctx), DELIVERIES_OVERDUE_READ);
	assert_int_equal(move_overdue(ctx), 3);
	assert_int_equal(move_overdue(ctx), 0);
}

/* ---- races ---- */

static int64_t moved_by[RACERS_MAX];

static enum err move_all_overdue(struct ctx *ctx, int i)
{
	size_t found;

	return deliveries_move_overdue(&found, &moved_by[i], ctx, &simulator);
}

static void test_concurrent_batches_move_each_once(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];
	bson_oid_t ids[ORDERS];

	for (int round = 0; round < 10; round++) {
		int64_t moved = 0;

		next_order(ctx);
		delivery_step_seconds = 0;
		create_deliveries(ctx, ids, ORDERS);
		delivery_step_seconds = LATER;
		race(results, RACERS_MAX, move_all_overdue);
		for (int i = 0; i < RACERS_MAX; i++) {
			assert_int_equal(results[i], OK);
			moved += moved_by[i];
		}
		assert_int_equal(moved, ORDERS);
		for (size_t i = 0; i < ORDERS; i++) {
			order_id = ids[i];
			ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
		}
	}
}

static enum err move_overdue_or_advance(struct ctx *ctx, int i)
{
	size_t found;

	if (i % 2)
		return advance_to(ctx, STATUS_PACKED);
	return deliveries_move_overdue(&found, &moved_by[i], ctx, &simulator);
}

static void test_race_of_simulator_and_courier(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < 20; round++) {
		next_order(ctx);
		delivery_step_seconds = 0;
		assert_int_equal(create_delivery(ctx), OK);
		delivery_step_seconds = LATER;
		race(results, 2, move_overdue_or_advance);
		assert_int_equal(moved_by[0] + (results[1] == OK), 1);
		ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
	}
}

/* ---- the list ---- */

static void assert_listed(struct ctx *ctx, enum order_status status, const bson_oid_t *after,
			  const bson_oid_t *const *ids, size_t n)
{
	struct list found = {NULL, 99};

	assert_int_equal(deliveries_list(&found, ctx, status, after, 50), OK);
	assert_int_equal(found.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct delivery *delivery = (const struct delivery *)found.items + i;

		assert_true(bson_oid_equal(&delivery->order_id, ids[i]));
	}
}

static void test_list_is_newest_first(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t ids[5];

	create_deliveries(ctx, ids, 5);
	for (size_t i = 1; i < 4; i++) {
		order_id = ids[i];
		for (enum order_status to = STATUS_PACKED; to <= (enum order_status)i; to++)
			assert_int_equal(advance_to(ctx, to), OK);
	}
	order_id = ids[4];
	assert_int_equal(cancel(ctx), OK);
	assert_listed(ctx, STATUS_COUNT, NULL,
		      (const bson_oid_t *const[]){&ids[2], &ids[1], &ids[0]}, 3);
	assert_listed(ctx, STATUS_COUNT, &ids[2], (const bson_oid_t *const[]){&ids[1], &ids[0]}, 2);
	assert_listed(ctx, STATUS_COUNT, &ids[4],
		      (const bson_oid_t *const[]){&ids[2], &ids[1], &ids[0]}, 3);
	assert_listed(ctx, STATUS_DELIVERED, NULL, (const bson_oid_t *const[]){&ids[3]}, 1);
	assert_listed(ctx, STATUS_CANCELLED, NULL, (const bson_oid_t *const[]){&ids[4]}, 1);
	assert_listed(ctx, STATUS_COUNT, &ids[0], NULL, 0);
}

static void test_list_is_limited(void **state)
{
	struct list found;
	bson_oid_t ids[4];

	create_deliveries(*state, ids, 4);
	assert_int_equal(deliveries_list(&found, *state, STATUS_PLACED, NULL, 2), OK);
	assert_int_equal(found.n, 2);
}

static void test_list_after_unknown_order(void **state)
{
	struct list found = {NULL, 99};

	assert_int_equal(deliveries_list(&found, *state, STATUS_COUNT, &order_id, 2),
			 ERR_ORDER_NOT_FOUND);
	assert_int_equal(found.n, 99);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_deliveries, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_deadline_follows_create_and_move),
	    TEST(test_cancelled_has_no_deadline),
	    TEST(test_overdue_moves_step_by_step),
	    TEST(test_before_deadline_nothing_moves),
	    TEST(test_move_sets_new_deadline),
	    TEST(test_overdue_batch_is_limited),
	    TEST(test_concurrent_batches_move_each_once),
	    TEST(test_race_of_simulator_and_courier),
	    TEST(test_list_is_newest_first),
	    TEST(test_list_is_limited),
	    TEST(test_list_after_unknown_order),
	};

	return cmocka_run_group_tests_name("delivery_store: lists", tests, open_deliveries,
					   store_close);
}
