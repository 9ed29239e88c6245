/* Cancellation, alone and in races with notifications and couriers. */
#include "delivery_fixture.h"

enum { ROUNDS = 40 };

static void test_placed_order_is_cancelled(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	changes = read_delivery(ctx).history.items;
	assert_string_equal(changes[1].by, "customer");
	assert_string_equal(changes[1].user_id, "u-1");
}

static void test_cancel_creates_unknown_delivery(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	assert_string_equal(read_delivery(ctx).user_id, "u-1");
	changes = read_delivery(ctx).history.items;
	assert_string_equal(changes[0].by, "service");
	assert_string_equal(changes[1].by, "customer");
}

static void test_late_notification_keeps_cancelled(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(create_delivery(ctx), ERR_DUPLICATE);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	assert_int_equal(count_documents(ctx, RECORDS), 1);
}

static void test_cancel_is_idempotent(void **state)
{
	struct ctx *ctx = *state;
	int64_t at;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	at = read_delivery(ctx).last_updated.ms;
	clock_sleep_ms(2);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(read_delivery(ctx).last_updated.ms, at);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
}

static void test_cancel_is_refused_after_placed(void **state)
{
	static const enum order_status way[] = {STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
						STATUS_DELIVERED};
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
		assert_int_equal(advance_to(ctx, way[i]), OK);
		assert_int_equal(cancel(ctx), ERR_NOT_CANCELLABLE);
		assert_int_equal(read_delivery(ctx).status, way[i]);
		assert_int_equal(read_delivery(ctx).history.n, i + 2);
	}
}

static void test_cancelled_is_final(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	for (enum order_status to = STATUS_PLACED; to < STATUS_COUNT; to++)
		assert_int_equal(advance_to(ctx, to), ERR_NO_DOCUMENT);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
}

static void test_cancel_without_history(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PLACED);
	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_CANCELLED);
}

/* ---- races ---- */

static enum err cancel_or_pack(struct ctx *ctx, int i)
{
	return i % 2 ? cancel(ctx) : advance_to(ctx, STATUS_PACKED);
}

static void test_race_of_cancel_and_courier(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		next_order(ctx);
		assert_int_equal(create_delivery(ctx), OK);
		race(results, 2, cancel_or_pack);
		if (results[0] == OK) {
			assert_int_equal(results[1], ERR_NOT_CANCELLABLE);
			ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
		} else {
			assert_int_equal(results[0], ERR_NO_DOCUMENT);
			assert_int_equal(results[1], OK);
			ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
		}
	}
}

static enum err cancel_or_create(struct ctx *ctx, int i)
{
	return i % 2 ? cancel(ctx) : create_delivery(ctx);
}

static void test_race_of_cancel_and_notification(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		next_order(ctx);
		race(results, RACERS_MAX, cancel_or_create);
		assert_in_range(count_results(results, RACERS_MAX, ERR_DUPLICATE), RACERS_MAX / 2,
				RACERS_MAX / 2 + 1);
		for (int i = 0; i < RACERS_MAX; i++)
			assert_true(results[i] == OK ||
				    (i % 2 == 0 && results[i] == ERR_DUPLICATE));
		ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
		assert_int_equal(count_documents(ctx, RECORDS), 1);
	}
}

static enum err cancel_same(struct ctx *ctx, int i)
{
	(void)i;
	return cancel(ctx);
}

static void test_concurrent_cancels_succeed_once(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, cancel_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), RACERS_MAX);
	ASSERT_HISTORY(*state, STATUS_PLACED, STATUS_CANCELLED);
	assert_int_equal(count_documents(*state, RECORDS), 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_placed_order_is_cancelled),
	    TEST(test_cancel_creates_unknown_delivery),
	    TEST(test_late_notification_keeps_cancelled),
	    TEST(test_cancel_is_idempotent),
	    TEST(test_cancel_is_refused_after_placed),
	    TEST(test_cancelled_is_final),
	    TEST(test_cancel_without_history),
	    TEST(test_race_of_cancel_and_courier),
	    TEST(test_race_of_cancel_and_notification),
	    TEST(test_concurrent_cancels_succeed_once),
	};

	return cmocka_run_group_tests_name("delivery_cancel", tests, open_deliveries, store_close);
}
