/* Cancelling, alone and against those who start the order or move it on. */
#include "delivery_fixture.h"

enum { ROUNDS = 40 };

static void cancels_a_placed_order(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	changes = get(ctx).history.items;
	assert_string_equal(changes[1].by, "customer");
	assert_string_equal(changes[1].user_id, "u-1");
}

static void makes_the_record_where_there_is_none(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	assert_string_equal(get(ctx).user_id, "u-1");
	changes = get(ctx).history.items;
	assert_string_equal(changes[0].by, "service");
	assert_string_equal(changes[1].by, "customer");
}

static void is_not_undone_by_whoever_tells_of_the_order_later(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(start(ctx), ERR_DUPLICATE);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
	assert_int_equal(count_documents(ctx, RECORDS), 1);
}

static void is_the_same_when_repeated(void **state)
{
	struct ctx *ctx = *state;
	int64_t at;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	at = get(ctx).last_updated.ms;
	clock_sleep_ms(2);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(get(ctx).last_updated.ms, at);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
}

static void is_refused_once_the_order_is_on_its_way(void **state)
{
	static const enum order_status way[] = {STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
						STATUS_DELIVERED};
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
		assert_int_equal(step_to(ctx, way[i]), OK);
		assert_int_equal(cancel(ctx), ERR_NOT_CANCELLABLE);
		assert_int_equal(get(ctx).status, way[i]);
		assert_int_equal(get(ctx).history.n, i + 2);
	}
}

static void a_cancelled_order_goes_nowhere(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	for (enum order_status to = STATUS_PLACED; to < STATUS_COUNT; to++)
		assert_int_equal(step_to(ctx, to), ERR_NO_DOCUMENT);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_CANCELLED);
}

static void cancels_a_record_that_has_no_history(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PLACED);
	assert_int_equal(cancel(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_CANCELLED);
}

/* ---- races ---- */

static enum err cancel_or_pack(struct ctx *ctx, int i)
{
	return i % 2 ? cancel(ctx) : step_to(ctx, STATUS_PACKED);
}

static void of_a_cancel_and_a_courier_one_wins(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		next_order(ctx);
		assert_int_equal(start(ctx), OK);
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

static enum err cancel_or_start(struct ctx *ctx, int i)
{
	return i % 2 ? cancel(ctx) : start(ctx);
}

static void a_cancel_and_a_late_start_end_cancelled_in_one_record(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		next_order(ctx);
		race(results, RACERS_MAX, cancel_or_start);
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

static void many_cancels_at_a_time_all_succeed_and_count_once(void **state)
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
	    TEST(cancels_a_placed_order),
	    TEST(makes_the_record_where_there_is_none),
	    TEST(is_not_undone_by_whoever_tells_of_the_order_later),
	    TEST(is_the_same_when_repeated),
	    TEST(is_refused_once_the_order_is_on_its_way),
	    TEST(a_cancelled_order_goes_nowhere),
	    TEST(cancels_a_record_that_has_no_history),
	    TEST(of_a_cancel_and_a_courier_one_wins),
	    TEST(a_cancel_and_a_late_start_end_cancelled_in_one_record),
	    TEST(many_cancels_at_a_time_all_succeed_and_count_once),
	};

	return cmocka_run_group_tests_name("delivery_cancel", tests, open_deliveries, store_close);
}
