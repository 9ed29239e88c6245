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

static void settle(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
		   size_t removed)
{
	assert_int_equal(subscriber_settle(ctx, subscriber, ended, removed, clock_now_ms()), OK);
}

static enum err add_one_more(struct ctx *ctx, const char *user_id)
{
	bson_oid_t stream;
	bool displaces;

	bson_oid_init(&stream, NULL);
	return subscriber_add(&displaces, ctx, user_id, &stream, MOST);
}

/* ---- opening ---- */

static void as_many_as_allowed_displace_none(void **state)
{
	for (int i = 0; i < MOST; i++)
		assert_false(add_for(*state, "u-1", 0));
	assert_int_equal(users_due(*state), 0);
}

static void each_further_one_displaces_the_oldest(void **state)
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

static void users_are_counted_each_for_itself(void **state)
{
	for (int i = 0; i < MOST; i++) {
		assert_false(add_for(*state, "u-1", 0));
		assert_false(add_for(*state, "a user/with $odd. id", 0));
	}
	assert_true(add_for(*state, "u-1", 0));
	assert_int_equal(users_due(*state), 1);
}

static enum err open_first(struct ctx *ctx, int i)
{
	(void)i;
	return add_one_more(ctx, "u-1");
}

static void the_first_streams_of_a_user_at_the_same_time_are_all_counted(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, open_first);
	assert_each(results, RACERS_MAX, OK);
	assert_int_equal(claim(*state).streams.n, RACERS_MAX);
}

static void a_full_list_refuses_this_user_alone(void **state)
{
	add(*state, OPENED_MAX);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	assert_int_equal(add_one_more(*state, "u-2"), OK);
	assert_int_equal(claim(*state).streams.n, OPENED_MAX);
}

/* As after STREAMS_PER_USER was lowered: no stream has displaced another. */
static void a_full_list_that_is_not_due_becomes_so(void **state)
{
	bool displaces;

	for (int i = 0; i < OPENED_MAX; i++)
		assert_int_equal(subscriber_add(&displaces, *state, "u-1",
						make_stream(CONNECTED_MS), OPENED_MAX),
				 OK);
	assert_none_due(*state);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	assert_int_equal(claim(*state).streams.n, OPENED_MAX);
}

static void a_full_list_has_room_again_after_a_minute(void **state)
{
	struct subscriber subscriber;

	add_old(*state, OPENS_PER_MINUTE);
	add(*state, MOST);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).old, OPENS_PER_MINUTE);
	settle(*state, &subscriber, OPENS_PER_MINUTE, OPENS_PER_MINUTE);
	for (int i = 0; i < OPENS_PER_MINUTE; i++)
		assert_int_equal(add_one_more(*state, "u-1"), OK);
	assert_int_equal(add_one_more(*state, "u-1"), ERR_TOO_MANY_REQUESTS);
}

/* ---- claiming ---- */

static void a_user_is_claimed_once_until_the_claim_ends(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_none_due(*state);
	let_due(*state);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).n, 1);
}

static void a_stream_that_is_opened_meanwhile_is_due_at_once(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	(void)claim(*state);
	add(*state, 1);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).n, 2);
}

static void who_has_been_due_for_longest_is_claimed_first(void **state)
{
	for (int i = 0; i < MOST + 1; i++)
		(void)add_for(*state, "u-2", 0);
	clock_sleep_ms(2);
	add(*state, MOST + 1);
	assert_string_equal(claim(*state)._id, "u-2");
	assert_string_equal(claim(*state)._id, "u-1");
	assert_none_due(*state);
}

static void a_user_without_displaced_streams_is_not_due_any_more(void **state)
{
	struct subscriber subscriber;

	add_old(*state, MOST + 1);
	subscriber = claim(*state);
	settle(*state, &subscriber, 1, 1);
	subscriber = claim(*state);
	assert_streams(&subscriber, 1);
	assert_int_equal(users_due(*state), 0);
}

/* ---- what was done ---- */

static void what_was_ended_is_known(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 3);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).ended, 0);
	settle(*state, &subscriber, 2, 0);
	add(*state, 1);
	subscriber = claim(*state);
	assert_streams(&subscriber, 0);
	assert_int_equal(displaced_of(&subscriber).n, 4);
	assert_int_equal(displaced_of(&subscriber).ended, 2);
	assert_int_equal(displaced_of(&subscriber).old, 0);
}

static void what_was_removed_is_out_of_the_list(void **state)
{
	struct subscriber subscriber;

	add_old(*state, 2);
	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(displaced_of(&subscriber).old, 2);
	settle(*state, &subscriber, 3, 2);
	subscriber = claim(*state);
	assert_streams(&subscriber, 2);
	assert_int_equal(displaced_of(&subscriber).n, 1);
	assert_int_equal(displaced_of(&subscriber).ended, 1);
}

static void a_user_is_due_again_when_the_settlement_says(void **state)
{
	struct subscriber subscriber;

	add(*state, MOST + 1);
	subscriber = claim(*state);
	assert_int_equal(subscriber_settle(*state, &subscriber, 1, 0,
					   clock_now_ms() + DISPLACED_KEPT_MS),
			 OK);
	assert_none_due(*state);
	assert_int_equal(subscriber_settle(*state, &subscriber, 1, 0, clock_now_ms()), OK);
	(void)claim(*state);
}

/* One of an earlier version: neither `due` nor `ended_to`. */
static void an_old_document_is_due_at_the_next_opening(void **state)
{
	bson_t *filter = ctx_bson(*state, BCON_NEW("_id", BCON_UTF8("u-1")));
	bson_t *update = ctx_bson(*state, BCON_NEW("$unset", "{", "due", BCON_UTF8(""), "}"));
	struct subscriber subscriber;

	add(*state, MOST + 2);
	assert_int_equal(db_update(NULL, *state, SUBSCRIBERS, filter, update, false), OK);
	assert_none_due(*state);
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
	    TEST(as_many_as_allowed_displace_none),
	    TEST(each_further_one_displaces_the_oldest),
	    TEST(users_are_counted_each_for_itself),
	    TEST(the_first_streams_of_a_user_at_the_same_time_are_all_counted),
	    TEST(a_full_list_refuses_this_user_alone),
	    TEST(a_full_list_that_is_not_due_becomes_so),
	    TEST(a_full_list_has_room_again_after_a_minute),
	    TEST(a_user_is_claimed_once_until_the_claim_ends),
	    TEST(a_stream_that_is_opened_meanwhile_is_due_at_once),
	    TEST(who_has_been_due_for_longest_is_claimed_first),
	    TEST(a_user_without_displaced_streams_is_not_due_any_more),
	    TEST(what_was_ended_is_known),
	    TEST(what_was_removed_is_out_of_the_list),
	    TEST(a_user_is_due_again_when_the_settlement_says),
	    TEST(an_old_document_is_due_at_the_next_opening),
	};

	return cmocka_run_group_tests_name("subscriber_store", tests, open_store, store_close);
}
