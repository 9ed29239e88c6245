/* The lists of users' streams. */
#include "fcgi/delivery/indexes.h"
#include "subscriber_fixture.h"

static int open_store(void **state)
{
	(void)state;
	store_open(&delivery_indexes);
	return 0;
}

static struct displaced displaced_of(const struct subscriber *subscriber)
{
	return subscriber_displaced(subscriber, MOST, clock_now_ms());
}

static void record_ended(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
			 size_t removed)
{
	assert_int_equal(subscriber_record_ended(ctx, subscriber, ended, removed, clock_now_ms()),
			 OK);
}

static enum err add_one_more(struct ctx *ctx, const char *user_id)
{
	bson_oid_t stream;
	bool displaces;

	bson_oid_init(&stream, NULL);
	return subscriber_add(&displaces, ctx, user_id, &stream, MOST);
}

/* ---- opening ---- */

static void test_allowed_streams_displace_none(void **state)
{
	for (int i = 0; i < MOST; i++)
		assert_false(add_for(*state, "u-1", 0));
	assert_int_equal(users_with_deadline(*state), 0);
}

static void test_further_stream_displaces_oldest(void **state)
{
	add(*state, MOST);
	for (size_t n = 1; n <= 3; n++) {
		struct subscriber subscriber;

		assert_true(add_for(*state, "u-1", 0));
		subscriber = claim(*state);
		assert_string_equal(subscriber._id, "u-1");
		assert_streams(&subscriber, 0);
		assert_int_equal(displaced_of(&subscriber).n, n);
	}
}

static void test_users_are_counted_separately(void **state)
{
	for (int i = 0; i < MOST; i++) {
		assert_false(add_for(*state, "u-1", 0));
		assert_false(add_for(*state, "a user/with $odd. id", 0));
	}
	assert_true(add_for(*state, "u-1", 0));
	assert_int_equal(users_with_deadline(*state), 1);
}

static enum err open_first(struct ctx *ctx, int i)
{
	(void)i;
	return add_one_more(ctx, "u-1");
}

static void test_concurrent_first_streams_are_counted(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, open_first);
	assert_each(results, RACERS_MAX, OK);
	assert_int_equal(claim(*state).streams.n, RACERS_MAX);
}

static void test_full_list_refuses_its_user_only(void **state)
{
	add(*state, OPENED_MAX);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	assert_int_equal(add_one_more(*state, "u-2"), OK);
	assert_int_equal(claim(*state).streams.n, OPENED_MAX);
}

/* The list was filled under a higher STREAMS_PER_USER: no stream has displaced another. */
static void test_full_list_gets_deadline(void **state)
{
	bool displaces;

	for (int i = 0; i < OPENED_MAX; i++)
		assert_int_equal(subscriber_add(&displaces, *state, "u-1",
						make_stream(CONNECTED_MS), OPENED_MAX),
				 OK);
	assert_none_overdue(*state);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	assert_int_equal(claim(*state).streams.n, OPENED_MAX);
}

static void test_full_list_has_room_after_a_minute(void **state)
{
	struct subscriber subscriber;

	add_old(*state, OPENS_PER_MINUTE);
	add(*state, MOST);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).old, OPENS_PER_MINUTE);
	record_ended(*state, &subscriber, OPENS_PER_MINUTE, OPENS_PER_MINUTE);
	for (int i = 0; i < OPENS_PER_MINUTE; i++)
		assert_int_equal(add_one_more(*state, "u-1"), OK);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
}

/* ---- claiming ---- */

static void test_user_is_claimed_once_per_lease(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_none_overdue(*state);
	pass_deadlines(*state);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).n, 1);
}

static void test_new_stream_ends_lease(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	(void)claim(*state);
	add(*state, 1);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).n, 2);
}

static void test_oldest_deadline_is_claimed_first(void **state)
{
	for (int i = 0; i < MOST + 1; i++)
		(void)add_for(*state, "u-2", 0);
	clock_sleep_ms(2);
	add(*state, MOST + 1);
	assert_string_equal(claim(*state)._id, "u-2");
	assert_string_equal(claim(*state)._id, "u-1");
	assert_none_overdue(*state);
}

static void test_deadline_is_removed_without_displaced(void **state)
{
	struct subscriber subscriber;

	add_old(*state, MOST + 1);
	subscriber = claim(*state);
	record_ended(*state, &subscriber, 1, 1);
	subscriber = claim(*state);
	assert_streams(&subscriber, 1);
	assert_int_equal(users_with_deadline(*state), 0);
}

/* ---- recording ---- */

static void test_ended_streams_are_recorded(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 3);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).ended, 0);
	record_ended(*state, &subscriber, 2, 0);
	add(*state, 1);
	subscriber = claim(*state);
	assert_streams(&subscriber, 0);
	assert_int_equal(displaced_of(&subscriber).n, 4);
	assert_int_equal(displaced_of(&subscriber).ended, 2);
	assert_int_equal(displaced_of(&subscriber).old, 0);
}

static void test_removed_streams_leave_the_list(void **state)
{
	struct subscriber subscriber;

	add_old(*state, 2);
	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).old, 2);
	record_ended(*state, &subscriber, 3, 2);
	subscriber = claim(*state);
	assert_streams(&subscriber, 2);
	assert_int_equal(displaced_of(&subscriber).n, 1);
	assert_int_equal(displaced_of(&subscriber).ended, 1);
}

static void test_recorded_deadline_is_used(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(subscriber_record_ended(*state, &subscriber, 1, 0,
						 clock_now_ms() + DISPLACED_KEPT_MS),
			 OK);
	assert_none_overdue(*state);
	assert_int_equal(subscriber_record_ended(*state, &subscriber, 1, 0, clock_now_ms()), OK);
	(void)claim(*state);
}

/* A document of an earlier version has neither `due` nor `ended_to`. */
static void test_old_document_gets_deadline(void **state)
{
	bson_t *filter = ctx_bson(*state, BCON_NEW("_id", BCON_UTF8("u-1")));
	bson_t *update = ctx_bson(*state, BCON_NEW("$unset", "{", "due", BCON_UTF8(""), "}"));
	struct subscriber subscriber;

	add(*state, MOST + 2);
	assert_int_equal(db_update(NULL, *state, SUBSCRIBERS, filter, update, false), OK);
	assert_none_overdue(*state);
	assert_true(add_for(*state, "u-1", 0));
	subscriber = claim(*state);
	assert_streams(&subscriber, 0);
	assert_int_equal(displaced_of(&subscriber).n, 3);
	assert_int_equal(displaced_of(&subscriber).ended, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_subscribers, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_allowed_streams_displace_none),
	    TEST(test_further_stream_displaces_oldest),
	    TEST(test_users_are_counted_separately),
	    TEST(test_concurrent_first_streams_are_counted),
	    TEST(test_full_list_refuses_its_user_only),
	    TEST(test_full_list_gets_deadline),
	    TEST(test_full_list_has_room_after_a_minute),
	    TEST(test_user_is_claimed_once_per_lease),
	    TEST(test_new_stream_ends_lease),
	    TEST(test_oldest_deadline_is_claimed_first),
	    TEST(test_deadline_is_removed_without_displaced),
	    TEST(test_ended_streams_are_recorded),
	    TEST(test_removed_streams_leave_the_list),
	    TEST(test_recorded_deadline_is_used),
	    TEST(test_old_document_gets_deadline),
	};

	return cmocka_run_group_tests_name("subscriber_store", tests, open_store, store_close);
}
