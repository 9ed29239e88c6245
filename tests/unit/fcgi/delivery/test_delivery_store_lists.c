/* Many deliveries: the list of them, and those that are due. */
#include "delivery_fixture.h"

enum { LATER = 3600, ORDERS = 7 };

static const struct actor simulator = {.by = "simulator"};

static int begin_deliveries(void **state)
{
	delivery_step_seconds = 0; /* due at once */
	return begin_order(state);
}

static void due_in(struct ctx *ctx, int64_t seconds, enum order_status now)
{
	int64_t least, due;

	delivery_step_seconds = seconds;
	least = clock_now_ms() + seconds * 1000;
	if (now == STATUS_PLACED)
		assert_int_equal(start(ctx), OK);
	else
		assert_int_equal(step_to(ctx, now), OK);
	due = get(ctx).due.ms;
	assert_in_range(due, least, clock_now_ms() + seconds * 1000);
}

/* ---- due ---- */

static void is_due_a_step_after_it_was_made_or_moved(void **state)
{
	struct ctx *ctx = *state;

	due_in(ctx, 12, STATUS_PLACED);
	due_in(ctx, 100, STATUS_PACKED);
	due_in(ctx, 7, STATUS_OUT_FOR_DELIVERY);
	assert_int_equal(step_to(ctx, STATUS_DELIVERED), OK);
	assert_int_equal(get(ctx).due.ms, 0);
}

static void a_cancelled_order_is_never_due(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(get(ctx).due.ms, 0);
	next_order(ctx);
	assert_int_equal(cancel(ctx), OK); /* of which nobody had told us */
	assert_int_equal(get(ctx).due.ms, 0);
}

/* Moves what is due, and tells how many were. */
static int64_t move_due(struct ctx *ctx)
{
	int64_t moved = -1;
	size_t found = 0;

	assert_int_equal(deliveries_move_due(&found, &moved, ctx, &simulator), OK);
	assert_int_equal(found, moved);
	return moved;
}

static void moves_all_the_way_step_by_step(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(start(ctx), OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(move_due(ctx), 1);
	assert_int_equal(move_due(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
		       STATUS_DELIVERED);
	changes = get(ctx).history.items;
	for (int i = 1; i <= 3; i++) {
		assert_string_equal(changes[i].by, "simulator");
		assert_null(changes[i].user_id);
	}
}

static void leaves_alone_what_is_not_due(void **state)
{
	struct ctx *ctx = *state;

	delivery_step_seconds = LATER;
	assert_int_equal(start(ctx), OK);
	assert_int_equal(move_due(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
	next_order(ctx);
	put_old_record(ctx, STATUS_PACKED); /* has no time at which it is due */
	assert_int_equal(move_due(ctx), 0);
}

static void a_step_by_hand_puts_the_next_one_off(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	delivery_step_seconds = LATER;
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(move_due(ctx), 0);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
}

static void place_orders(struct ctx *ctx, bson_oid_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bson_oid_init(&ids[i], NULL);
		assert_int_equal(delivery_start(ctx, &ids[i], "u-1", &service), OK);
		clock_sleep_ms(2);
	}
}

static void moves_a_number_at_a_time(void **state)
{
	static bson_oid_t ids[DELIVERIES_DUE_READ + 3];
	struct ctx *ctx = *state;

	place_orders(ctx, ids, DELIVERIES_DUE_READ + 3);
	delivery_step_seconds = LATER;
	assert_int_equal(move_due(ctx), DELIVERIES_DUE_READ);
	assert_int_equal(move_due(ctx), 3);
	assert_int_equal(move_due(ctx), 0);
}

/* ---- races ---- */

static int64_t moved_by[RACERS_MAX];

static enum err move_all_due(struct ctx *ctx, int i)
{
	size_t found;

	return deliveries_move_due(&found, &moved_by[i], ctx, &simulator);
}

static void of_many_movers_at_a_time_one_moves_each(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];
	bson_oid_t ids[ORDERS];

	for (int round = 0; round < 10; round++) {
		int64_t moved = 0;

		next_order(ctx);
		delivery_step_seconds = 0;
		place_orders(ctx, ids, ORDERS);
		delivery_step_seconds = LATER;
		race(results, RACERS_MAX, move_all_due);
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

static enum err move_due_or_by_hand(struct ctx *ctx, int i)
{
	size_t found;

	if (i % 2)
		return step_to(ctx, STATUS_PACKED);
	return deliveries_move_due(&found, &moved_by[i], ctx, &simulator);
}

static void a_step_is_taken_once_by_hand_or_by_itself(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < 20; round++) {
		next_order(ctx);
		delivery_step_seconds = 0;
		assert_int_equal(start(ctx), OK);
		delivery_step_seconds = LATER;
		race(results, 2, move_due_or_by_hand);
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

static void lists_those_under_way_newest_first(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t ids[5];

	place_orders(ctx, ids, 5);
	for (size_t i = 1; i < 4; i++) {
		order_id = ids[i];
		for (enum order_status to = STATUS_PACKED; to <= (enum order_status)i; to++)
			assert_int_equal(step_to(ctx, to), OK);
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

static void lists_no_more_than_asked_for(void **state)
{
	struct list found;
	bson_oid_t ids[4];

	place_orders(*state, ids, 4);
	assert_int_equal(deliveries_list(&found, *state, STATUS_PLACED, NULL, 2), OK);
	assert_int_equal(found.n, 2);
}

static void begins_behind_no_order_that_is_unknown(void **state)
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
	    TEST(is_due_a_step_after_it_was_made_or_moved),
	    TEST(a_cancelled_order_is_never_due),
	    TEST(moves_all_the_way_step_by_step),
	    TEST(leaves_alone_what_is_not_due),
	    TEST(a_step_by_hand_puts_the_next_one_off),
	    TEST(moves_a_number_at_a_time),
	    TEST(of_many_movers_at_a_time_one_moves_each),
	    TEST(a_step_is_taken_once_by_hand_or_by_itself),
	    TEST(lists_those_under_way_newest_first),
	    TEST(lists_no_more_than_asked_for),
	    TEST(begins_behind_no_order_that_is_unknown),
	};

	return cmocka_run_group_tests_name("delivery_store: lists", tests, open_deliveries,
					   store_close);
}
