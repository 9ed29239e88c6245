/* A delivery without a user gets the user of its order. */
#include "delivery_fixture.h"

#define CUSTOMER       "u-1"
#define OTHER_CUSTOMER "u-2"

static const struct actor guest = {.by = "guest"};

/* Creates the delivery as a call without a token does before the notification. */
static void create_as_guest(struct ctx *ctx, const char *user_id)
{
	assert_int_equal(delivery_create(ctx, &order_id, user_id, &guest), OK);
}

static enum err notify(struct ctx *ctx)
{
	bson_oid_t unknown;
	struct delivery_order orders[2] = {{order_id, CUSTOMER, NULL, NULL}};

	bson_oid_init(&unknown, NULL);
	orders[1] = (struct delivery_order){unknown, CUSTOMER, NULL, NULL};
	return deliveries_create(ctx, orders, 2, &service);
}

static void test_missing_user_is_set(void **state)
{
	create_as_guest(*state, NULL);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(read_delivery(*state).user_id, CUSTOMER);
	assert_int_equal(count_documents(*state, RECORDS), 2);
}

static void test_status_and_history_are_kept(void **state)
{
	create_as_guest(*state, NULL);
	assert_int_equal(advance_to(*state, STATUS_PACKED), OK);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(read_delivery(*state).user_id, CUSTOMER);
	ASSERT_HISTORY(*state, STATUS_PLACED, STATUS_PACKED);
}

static void test_existing_user_is_kept(void **state)
{
	create_as_guest(*state, OTHER_CUSTOMER);
	assert_int_equal(notify(*state), OK);
	assert_string_equal(read_delivery(*state).user_id, OTHER_CUSTOMER);
}

static void test_cancel_sets_missing_user(void **state)
{
	create_as_guest(*state, NULL);
	assert_int_equal(cancel(*state), OK);
	assert_string_equal(read_delivery(*state).user_id, CUSTOMER);
	assert_int_equal(read_delivery(*state).status, STATUS_CANCELLED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_missing_user_is_set),
	    TEST(test_status_and_history_are_kept),
	    TEST(test_existing_user_is_kept),
	    TEST(test_cancel_sets_missing_user),
	};

	return cmocka_run_group_tests_name("delivery_owner_store", tests, open_deliveries,
					   store_close);
}
