#include "tests/fcgi/store_fixture.h"

#include "fcgi/delivery/delivery_store.h"

static bson_oid_t order_id;

static int open_all(void **state)
{
	(void)state;
	store_open("delivery_db");
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, "order_status");
	bson_oid_init(&order_id, NULL);
	return 0;
}

static struct delivery get(struct ctx *ctx)
{
	struct delivery delivery;

	assert_int_equal(delivery_get(&delivery, ctx, &order_id), OK);
	return delivery;
}

static void starts_as_placed(void **state)
{
	struct ctx *ctx = *state;
	int64_t before = clock_now_ms();
	struct delivery delivery;

	assert_int_equal(delivery_start(ctx, &order_id, "u-1"), OK);
	delivery = get(ctx);
	assert_true(bson_oid_equal(&delivery.order_id, &order_id));
	assert_false(bson_oid_equal(&delivery._id, &order_id));
	assert_string_equal(delivery.user_id, "u-1");
	assert_int_equal(delivery.status, STATUS_PLACED);
	assert_in_range(delivery.last_updated.ms, before, clock_now_ms());
}

static void keeps_no_user_where_nobody_said_one(void **state)
{
	assert_int_equal(delivery_start(*state, &order_id, NULL), OK);
	assert_null(get(*state).user_id);
}

static void tells_that_there_is_no_such_order(void **state)
{
	struct ctx *ctx = *state;
	struct delivery delivery = {.status = -1};
	bson_oid_t other;

	assert_int_equal(delivery_start(ctx, &order_id, "u-1"), OK);
	bson_oid_init(&other, NULL);
	assert_int_equal(delivery_get(&delivery, ctx, &other), ERR_ORDER_NOT_FOUND);
	assert_int_equal(delivery.status, -1);
	assert_int_equal(delivery_move(ctx, &other, STATUS_PLACED, STATUS_PACKED), ERR_NO_DOCUMENT);
}

static void starts_an_order_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(delivery_start(ctx, &order_id, "u-1"), OK);
	assert_int_equal(delivery_move(ctx, &order_id, STATUS_PLACED, STATUS_PACKED), OK);
	assert_int_equal(delivery_start(ctx, &order_id, "u-2"), ERR_DUPLICATE);
	assert_int_equal(get(ctx).status, STATUS_PACKED);
	assert_string_equal(get(ctx).user_id, "u-1");
	assert_int_equal(count_documents(ctx, "order_status"), 1);
}

static void moves_from_the_state_it_is_in(void **state)
{
	struct ctx *ctx = *state;
	struct delivery before, after;

	assert_int_equal(delivery_start(ctx, &order_id, "u-1"), OK);
	before = get(ctx);
	clock_sleep_ms(2);
	assert_int_equal(delivery_move(ctx, &order_id, STATUS_PLACED, STATUS_PACKED), OK);
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

	assert_int_equal(delivery_start(ctx, &order_id, "u-1"), OK);
	before = get(ctx);
	assert_int_equal(delivery_move(ctx, &order_id, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY),
			 ERR_NO_DOCUMENT);
	assert_int_equal(delivery_move(ctx, &order_id, STATUS_OUT_FOR_DELIVERY, STATUS_DELIVERED),
			 ERR_NO_DOCUMENT);
	assert_int_equal(get(ctx).status, STATUS_PLACED);
	assert_int_equal(get(ctx).last_updated.ms, before.last_updated.ms);
}

/* ---- races ---- */

static enum err start_same(struct ctx *ctx, int i)
{
	(void)i;
	return delivery_start(ctx, &order_id, "u-1");
}

static void of_many_that_start_an_order_at_a_time_one_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, start_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_DUPLICATE), RACERS_MAX - 1);
	assert_int_equal(count_documents(*state, "order_status"), 1);
}

static enum err move_same(struct ctx *ctx, int i)
{
	(void)i;
	return delivery_move(ctx, &order_id, STATUS_PLACED, STATUS_PACKED);
}

static void of_many_that_take_a_step_at_a_time_one_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	assert_int_equal(delivery_start(*state, &order_id, "u-1"), OK);
	race(results, RACERS_MAX, move_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_NO_DOCUMENT), RACERS_MAX - 1);
	assert_int_equal(get(*state).status, STATUS_PACKED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(starts_as_placed),
	    TEST(keeps_no_user_where_nobody_said_one),
	    TEST(tells_that_there_is_no_such_order),
	    TEST(starts_an_order_once),
	    TEST(moves_from_the_state_it_is_in),
	    TEST(stays_where_it_is_in_another_state),
	    TEST(of_many_that_start_an_order_at_a_time_one_succeeds),
	    TEST(of_many_that_take_a_step_at_a_time_one_succeeds),
	};

	return cmocka_run_group_tests_name("delivery_store", tests, open_all, store_close);
}
