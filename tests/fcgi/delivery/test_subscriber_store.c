#include "tests/fcgi/store_fixture.h"

#include "fcgi/delivery/subscriber_store.h"

#define SUBSCRIBERS "stream_subscribers"

enum { MOST = 4 };

static bson_oid_t opened[32];
static size_t n_opened;

static int open_store(void **state)
{
	(void)state;
	store_open("delivery_db");
	return 0;
}

static int begin_subscribers(void **state)
{
	*state = store_begin();
	empty_collection(*state, SUBSCRIBERS);
	n_opened = 0;
	return 0;
}

static struct list add_for(struct ctx *ctx, const char *user_id)
{
	struct list displaced = {NULL, 99};
	bson_oid_t *stream = &opened[n_opened++];

	bson_oid_init(stream, NULL);
	assert_int_equal(subscriber_add(&displaced, ctx, user_id, stream, MOST), OK);
	return displaced;
}

static struct list add(struct ctx *ctx)
{
	return add_for(ctx, "u-1");
}

/* Whether the last stream that was added is kept once those were notified. */
static bool notified(struct ctx *ctx, const struct list *displaced)
{
	bool kept;

	assert_int_equal(subscriber_remove(&kept, ctx, "u-1", displaced, &opened[n_opened - 1],
					   MOST),
			 OK);
	return kept;
}

/* Asserts that these are the streams from the `from`th that was added on. */
static void assert_streams(const struct list *displaced, size_t from, size_t n)
{
	const struct stream *streams = displaced->items;

	assert_int_equal(displaced->n, n);
	for (size_t i = 0; i < n; i++)
		assert_true(bson_oid_equal(&streams[i]._id, &opened[from + i]));
}

static void as_many_as_allowed_displace_none(void **state)
{
	for (int i = 0; i < MOST; i++)
		assert_int_equal(add(*state).n, 0);
}

static void each_further_one_displaces_the_oldest(void **state)
{
	for (int i = 0; i < MOST; i++)
		(void)add(*state);
	for (size_t i = 0; i < 3; i++) {
		struct list displaced = add(*state);

		assert_streams(&displaced, i, 1);
		assert_true(notified(*state, &displaced));
	}
}

static void a_stream_that_was_not_notified_is_displaced_again(void **state)
{
	struct list displaced = {NULL, 0};

	for (int i = 0; i < MOST + 3; i++)
		displaced = add(*state);
	assert_streams(&displaced, 0, 3);
	assert_true(notified(*state, &displaced));
	displaced = add(*state);
	assert_streams(&displaced, 3, 1);
}

static void what_is_to_be_notified_has_a_bound(void **state)
{
	struct list displaced = {NULL, 0};

	for (int i = 0; i < MOST + 2 * DISPLACED_MAX; i++)
		displaced = add(*state);
	assert_streams(&displaced, DISPLACED_MAX, DISPLACED_MAX);
	assert_true(notified(*state, &displaced));
}

static void one_that_was_overtaken_is_not_kept(void **state)
{
	struct list displaced = {NULL, 0};
	bool kept;

	for (int i = 0; i <= MOST; i++)
		displaced = add(*state);
	for (int i = 0; i < MOST; i++)
		(void)add(*state);
	assert_int_equal(subscriber_remove(&kept, *state, "u-1", &displaced, &opened[MOST], MOST),
			 OK);
	assert_false(kept);
}

static void users_are_counted_each_for_itself(void **state)
{
	for (int i = 0; i < MOST; i++) {
		assert_int_equal(add_for(*state, "u-1").n, 0);
		assert_int_equal(add_for(*state, "a user/with $odd. id").n, 0);
	}
	assert_int_equal(add_for(*state, "u-1").n, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_subscribers, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(as_many_as_allowed_displace_none),
	    TEST(each_further_one_displaces_the_oldest),
	    TEST(a_stream_that_was_not_notified_is_displaced_again),
	    TEST(what_is_to_be_notified_has_a_bound),
	    TEST(one_that_was_overtaken_is_not_kept),
	    TEST(users_are_counted_each_for_itself),
	};

	return cmocka_run_group_tests_name("subscriber_store", tests, open_store, store_close);
}
