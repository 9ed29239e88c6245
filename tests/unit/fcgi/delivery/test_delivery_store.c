/* One delivery: creation, moves, history. */
#include "delivery_fixture.h"

static void test_create_is_placed(void **state)
{
	struct ctx *ctx = *state;
	int64_t before = clock_now_ms();
	struct delivery delivery;

	assert_int_equal(create_delivery(ctx), OK);
	delivery = read_delivery(ctx);
	assert_true(bson_oid_equal(&delivery.order_id, &order_id));
	assert_false(bson_oid_equal(&delivery._id, &order_id));
	assert_string_equal(delivery.user_id, "u-1");
	assert_int_equal(delivery.status, STATUS_PLACED);
	assert_in_range(delivery.last_updated.ms, before, clock_now_ms());
}

static void test_create_without_user(void **state)
{
	assert_int_equal(delivery_create(*state, &order_id, NULL, &service), OK);
	assert_null(read_delivery(*state).user_id);
}

static void test_unknown_order(void **state)
{
	struct ctx *ctx = *state;
	struct delivery delivery = {.status = -1};
	bson_oid_t other;

	assert_int_equal(create_delivery(ctx), OK);
	bson_oid_init(&other, NULL);
	assert_int_equal(delivery_get(&delivery, ctx, &other), ERR_ORDER_NOT_FOUND);
	assert_int_equal(delivery.status, -1);
	assert_int_equal(delivery_move(ctx, &other, STEP_ADVANCE, STATUS_PACKED, &courier),
			 ERR_NO_DOCUMENT);
}

static void test_create_is_unique(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(delivery_create(ctx, &order_id, "u-2", &service), ERR_DUPLICATE);
	assert_int_equal(read_delivery(ctx).status, STATUS_PACKED);
	assert_string_equal(read_delivery(ctx).user_id, "u-1");
	assert_int_equal(count_documents(ctx, RECORDS), 1);
}

static void test_move_changes_status(void **state)
{
	struct ctx *ctx = *state;
	struct delivery before, after;

	assert_int_equal(create_delivery(ctx), OK);
	before = read_delivery(ctx);
	clock_sleep_ms(2);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	after = read_delivery(ctx);
	assert_int_equal(after.status, STATUS_PACKED);
	assert_true(after.last_updated.ms > before.last_updated.ms);
	assert_string_equal(after.user_id, "u-1");
	assert_true(bson_oid_equal(&after._id, &before._id));
}

static void test_move_from_other_status_is_refused(void **state)
{
	struct ctx *ctx = *state;
	struct delivery before;

	assert_int_equal(create_delivery(ctx), OK);
	before = read_delivery(ctx);
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), ERR_NO_DOCUMENT);
	assert_int_equal(advance_to(ctx, STATUS_DELIVERED), ERR_NO_DOCUMENT);
	assert_int_equal(read_delivery(ctx).status, STATUS_PLACED);
	assert_int_equal(read_delivery(ctx).last_updated.ms, before.last_updated.ms);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
}

static void test_unknown_transition_is_refused(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PLACED), ERR_NO_DOCUMENT);
	assert_int_equal(advance_to(ctx, STATUS_CANCELLED), ERR_NO_DOCUMENT);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
}

/* ---- history ---- */

static void test_history_has_every_status(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	assert_int_equal(advance_to(ctx, STATUS_DELIVERED), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY,
		       STATUS_DELIVERED);
}

static void test_history_has_actors(void **state)
{
	struct ctx *ctx = *state;
	const struct change *changes;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	changes = read_delivery(ctx).history.items;
	assert_string_equal(changes[0].by, "service");
	assert_null(changes[0].user_id);
	assert_string_equal(changes[1].by, "courier");
	assert_string_equal(changes[1].user_id, "courier-1");
}

static void test_move_without_history(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PACKED);
	assert_int_equal(read_delivery(ctx).history.n, 0);
	assert_int_equal(read_delivery(ctx).status, STATUS_PACKED);
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	ASSERT_HISTORY(ctx, STATUS_OUT_FOR_DELIVERY);
}

static void set_last_updated(struct ctx *ctx, int64_t ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&order_id)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "last_updated", BCON_DATE_TIME(ms),
						"history.0.at", BCON_DATE_TIME(ms), "}"));

	assert_int_equal(db_update(NULL, ctx, RECORDS, filter, update, false), OK);
}

/* Another machine's clock may be ahead. */
static void test_history_times_never_decrease(void **state)
{
	struct ctx *ctx = *state;
	int64_t ahead = clock_now_ms() + 60000;

	assert_int_equal(create_delivery(ctx), OK);
	set_last_updated(ctx, ahead);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	ASSERT_HISTORY(ctx, STATUS_PLACED, STATUS_PACKED);
	assert_int_equal(read_delivery(ctx).last_updated.ms, ahead);
}

/* ---- races ---- */

static enum err create_same(struct ctx *ctx, int i)
{
	(void)i;
	return create_delivery(ctx);
}

static void test_concurrent_creates_succeed_once(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, create_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_DUPLICATE), RACERS_MAX - 1);
	assert_int_equal(count_documents(*state, RECORDS), 1);
}

static enum err move_same(struct ctx *ctx, int i)
{
	(void)i;
	return advance_to(ctx, STATUS_PACKED);
}

static void test_concurrent_moves_succeed_once(void **state)
{
	enum err results[RACERS_MAX];

	assert_int_equal(create_delivery(*state), OK);
	race(results, RACERS_MAX, move_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_NO_DOCUMENT), RACERS_MAX - 1);
	ASSERT_HISTORY(*state, STATUS_PLACED, STATUS_PACKED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_create_is_placed),
	    TEST(test_create_without_user),
	    TEST(test_unknown_order),
	    TEST(test_create_is_unique),
	    TEST(test_move_changes_status),
	    TEST(test_move_from_other_status_is_refused),
	    TEST(test_unknown_transition_is_refused),
	    TEST(test_history_has_every_status),
	    TEST(test_history_has_actors),
	    TEST(test_move_without_history),
	    TEST(test_history_times_never_decrease),
	    TEST(test_concurrent_creates_succeed_once),
	    TEST(test_concurrent_moves_succeed_once),
	};

	return cmocka_run_group_tests_name("delivery_store", tests, open_deliveries, store_close);
}
