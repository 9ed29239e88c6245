#include "delivery_fixture.h"

static void starts_as_placed(void **state)
{
	struct ctx *ctx = *state;
	int64_t before = clock_now_ms();
	struct delivery delivery;

	assert_int_equal(start(ctx), OK);
	delivery = get(ctx);
	assert_true(bson_oid_equal(&delivery.order_id, &order_id));
	assert_false(bson_oid_equal(&delivery._id, &order_id));
	assert_string_equal(delivery.user_id, "u-1");
	assert_int_equal(delivery.status, STATUS_PLACED);
	assert_in_range(delivery.last_updated.ms, before, clock_now_ms());
}

static void keeps_no_user_where_nobody_said_one(void **state)
{
	assert_int_equal(delivery_start(*state, &order_id, NULL, &service), OK);
	assert_null(get(*state).user_id);
}

static void tells_that_there_is_no_such_order(void **state)
{
	struct ctx *ctx = *state;
	struct delivery delivery = {.status = -1};
	bson_oid_t other;

	assert_int_equal(start(ctx), OK);
	bson_oid_init(&other, NULL);
	assert_int_equal(delivery_get(&delivery, ctx, &other), ERR_ORDER_NOT_FOUND);
	assert_int_equal(delivery.status, -1);
	assert_int_equal(delivery_move(ctx, &other, STEP_ON, STATUS_PACKED, &courier),
			 ERR_NO_DOCUMENT);
}

static void starts_an_order_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(delivery_start(ctx, &order_id, "u-2", &service), ERR_DUPLICATE);
	assert_int_equal(get(ctx).status, STATUS_PACKED);
	assert_string_equal(get(ctx).user_id, "u-1");
	assert_int_equal(count_documents(ctx, RECORDS), 1);
}

static void moves_from_the_state_it_is_in(void **state)
{
	struct ctx *ctx = *state;
	struct delivery before, after;

	assert_int_equal(start(ctx), OK);
	before = get(ctx);
	clock_sleep_ms(2);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	after = get(ctx);
	assert_int_equal(after.status, STATUS_PACKED);
	assert_true(after.last_updated.ms > before.last_updated.ms);
	assert_string_equal(after.user_id, "u-1");
	assert_true(bson_oid_equal(&after._id, &before._id));
}

static void stays_where_it_is_in_another_state(void **state)
{
	struct ctx *ctx = *state;
	struct delivery before;

	assert_int_equal(start(ctx), OK);
	before = get(ctx);
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), ERR_NO_DOCUMENT);
	assert_int_equal(step_to(ctx, STATUS_DELIVERED), ERR_NO_DOCUMENT);
	assert_int_equal(get(ctx).status, STATUS_PLACED);
	assert_int_equal(get(ctx).last_updated.ms, before.last_updated.ms);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
}

static void takes_no_step_that_there_is_not(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PLACED), ERR_NO_DOCUMENT);
	assert_int_equal(step_to(ctx, STATUS_CANCELLED), ERR_NO_DOCUMENT);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
}

/* ---- history ---- */

static void writes_down_every_state(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	assert_int_equal(step_to(ctx, STATUS_DELIVERED), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
		       STATUS_DELIVERED);
}

static void writes_down_who_it_was(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	changes = get(ctx).history.items;
	assert_string_equal(changes[0].by, "service");
	assert_null(changes[0].user_id);
	assert_string_equal(changes[1].by, "courier");
	assert_string_equal(changes[1].user_id, "courier-1");
}

static void reads_and_moves_a_record_that_has_no_history(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PACKED);
	assert_int_equal(get(ctx).history.n, 0);
	assert_int_equal(get(ctx).status, STATUS_PACKED);
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	ASSERT_HISTORY(ctx, STATUS_OUT_FOR_DELIVERY);
}

static void set_last_updated(struct ctx *ctx, int64_t ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&order_id)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "last_updated", BCON_DATE_TIME(ms),
						"history.0.at", BCON_DATE_TIME(ms), "}"));

	assert_int_equal(db_update(NULL, ctx, RECORDS, filter, update, false), OK);
}

/* Whoever wrote it first may have had a clock that is ahead of ours. */
static void never_goes_back_in_time(void **state)
{
	struct ctx *ctx = *state;
	int64_t ahead = clock_now_ms() + 60000;

	assert_int_equal(start(ctx), OK);
	set_last_updated(ctx, ahead);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
	assert_int_equal(get(ctx).last_updated.ms, ahead);
}

/* ---- races ---- */

static enum err start_same(struct ctx *ctx, int i)
{
	(void)i;
	return start(ctx);
}

static void of_many_that_start_an_order_at_a_time_one_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, start_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_DUPLICATE), RACERS_MAX - 1);
	assert_int_equal(count_documents(*state, RECORDS), 1);
}

static enum err move_same(struct ctx *ctx, int i)
{
	(void)i;
	return step_to(ctx, STATUS_PACKED);
}

static void of_many_that_take_a_step_at_a_time_one_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	assert_int_equal(start(*state), OK);
	race(results, RACERS_MAX, move_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_NO_DOCUMENT), RACERS_MAX - 1);
	ASSERT_HISTORY(*state, STATUS_PLACED, STATUS_PACKED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(starts_as_placed),
	    TEST(keeps_no_user_where_nobody_said_one),
	    TEST(tells_that_there_is_no_such_order),
	    TEST(starts_an_order_once),
	    TEST(moves_from_the_state_it_is_in),
	    TEST(stays_where_it_is_in_another_state),
	    TEST(takes_no_step_that_there_is_not),
	    TEST(writes_down_every_state),
	    TEST(writes_down_who_it_was),
	    TEST(reads_and_moves_a_record_that_has_no_history),
	    TEST(never_goes_back_in_time),
	    TEST(of_many_that_start_an_order_at_a_time_one_succeeds),
	    TEST(of_many_that_take_a_step_at_a_time_one_succeeds),
	};

	return cmocka_run_group_tests_name("delivery_store", tests, open_deliveries, store_close);
}
