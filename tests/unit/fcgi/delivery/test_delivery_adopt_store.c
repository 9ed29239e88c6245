/* A record that has no user gets the order's when delivery is notified of the order. */
#include "delivery_fixture.h"

#define SOMEBODY "u-1"
#define ANOTHER  "u-2"

static const struct actor guest = {.by = "guest"};

/* As a call without a token made it before there was an order. */
static void put_record(struct ctx *ctx, const char *user_id)
{
	assert_int_equal(delivery_start(ctx, &order_id, user_id, &guest), OK);
}

static enum err notify(struct ctx *ctx)
{
	bson_oid_t unknown;
	struct delivery_order orders[2] = {{order_id, SOMEBODY, NULL, NULL}};

	bson_oid_init(&unknown, NULL);
	orders[1] = (struct delivery_order){unknown, SOMEBODY, NULL, NULL};
	return deliveries_start(ctx, orders, 2, &service);
}

static void a_record_without_a_user_gets_the_orders(void **state)
{
	put_record(*state, NULL);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(get(*state).user_id, SOMEBODY);
	assert_int_equal(count_documents(*state, RECORDS), 2);
}

static void it_stays_where_it_was_on_its_way(void **state)
{
	put_record(*state, NULL);
	assert_int_equal(step_to(*state, STATUS_PACKED), OK);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(get(*state).user_id, SOMEBODY);
	ASSERT_HISTORY(*state, STATUS_PLACED, STATUS_PACKED);
}

static void a_record_with_a_user_keeps_it(void **state)
{
	put_record(*state, ANOTHER);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(get(*state).user_id, ANOTHER);
}

static void a_cancelled_order_is_its_users(void **state)
{
	put_record(*state, NULL);
	assert_int_equal(cancel(*state), OK);
	assert_string_equal(get(*state).user_id, SOMEBODY);
	assert_int_equal(get(*state).status, STATUS_CANCELLED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(a_record_without_a_user_gets_the_orders),
	    TEST(it_stays_where_it_was_on_its_way),
	    TEST(a_record_with_a_user_keeps_it),
	    TEST(a_cancelled_order_is_its_users),
	};

	return cmocka_run_group_tests_name("delivery_adopt_store", tests, open_deliveries,
					   store_close);
}
