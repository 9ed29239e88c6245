/* Operations have the request id as their comment, as the server's profiler shows. */
#include "db_calls.h"

static mongoc_client_t *watcher;

static void set_profile(int level)
{
	bson_t *command = BCON_NEW("profile", BCON_INT32(level));
	bson_error_t error;

	if (!mongoc_client_command_simple(watcher, test_database(), command, NULL, NULL, &error))
		fail_msg("%s", error.message);
	bson_destroy(command);
}

/* Counts the collection's operations in the profile, and those with this comment. */
static int64_t profiled(const char *comment)
{
	mongoc_collection_t *profile =
	    mongoc_client_get_collection(watcher, test_database(), "system.profile");
	bson_t *filter = bson_new();
	bson_error_t error;
	char ns[128];
	int64_t n;

	snprintf(ns, sizeof ns, "%s.%s", test_database(), THINGS);
	BSON_APPEND_UTF8(filter, "ns", ns);
	if (comment)
		BSON_APPEND_UTF8(filter, "command.comment", comment);
	n = mongoc_collection_count_documents(profile, filter, NULL, NULL, NULL, &error);
	if (n < 0)
		fail_msg("%s", error.message);
	bson_destroy(filter);
	mongoc_collection_destroy(profile);
	return n;
}

static void test_every_operation_names_its_request(void **state)
{
	struct ctx *ctx = *state;
	char name[16];

	for (size_t i = 1; i < CALLS; i++) { /* without the ping, which has no collection */
		int64_t before;

		clear_things(ctx);
		put_thing(ctx, "a", 1);
		before = profiled(NULL);
		snprintf(name, sizeof name, "req-%zu", i);
		ctx_set_ids(ctx, name, NULL);
		assert_int_equal(calls[i](ctx), OK);
		assert_true(profiled(name) > 0);
		assert_int_equal(profiled(name), profiled(NULL) - before);
	}
}

static int begin_watched(void **state)
{
	bson_error_t error;
	mongoc_uri_t *uri = mongoc_uri_new_with_error(test_uri(), &error);

	if (begin(state) || !uri)
		return -1;
	watcher = mongoc_client_new_from_uri(uri);
	mongoc_uri_destroy(uri);
	set_profile(2);
	return 0;
}

static int end_watched(void **state)
{
	set_profile(0);
	mongoc_client_destroy(watcher);
	return end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_operation_names_its_request, begin_watched,
					    end_watched),
	};

	return cmocka_run_group_tests_name("db comment", tests, open_shared, close_shared);
}
