#include "db_fixture.h"

enum { WAIT_MS = 5000, SHORT_MS = 100, MANY = 300 };

static struct db_watch *watch;
static int64_t start;

/* Each watch starts after "old" was inserted. */
static int begin_watch(void **state)
{
	begin(state);
	put_thing(*state, "old", 1);
	assert_int_equal(db_watch_new(&watch, &start, *state, test_uri(), THINGS), OK);
	return 0;
}

static int end_watch(void **state)
{
	db_watch_free(watch);
	return end(state);
}

static struct db_change next_change(void)
{
	struct db_change change = {.version = 0};

	assert_int_equal(db_watch_next(&change, watch, WAIT_MS), OK);
	return change;
}

static void assert_of(const struct db_change *change, const struct thing *thing)
{
	assert_false(change->deleted);
	assert_true(bson_oid_equal(&change->id, &thing->_id));
}

static void test_versions_of_changes_increase(void **state)
{
	struct ctx *ctx = *state;
	struct thing thing = put_thing(ctx, "a", 1);
	struct db_change change;
	int64_t version, n;

	change = next_change();
	assert_of(&change, &thing);
	assert_true(change.version > start);
	version = change.version;

	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 4), false),
			 OK);
	change = next_change();
	assert_of(&change, &thing);
	assert_true(change.version > version);
	version = change.version;

	assert_int_equal(db_delete(&n, ctx, THINGS, by_name(ctx, "a")), OK);
	change = next_change();
	assert_true(change.deleted);
	assert_true(bson_oid_equal(&change.id, &thing._id));
	assert_true(change.version > version);
}

static void test_wait_without_change_ends(void **state)
{
	struct db_change change;
	int64_t started = clock_mono_ms();

	(void)state;
	assert_int_equal(db_watch_next(&change, watch, SHORT_MS), ERR_NO_DOCUMENT);
	assert_true(clock_mono_ms() - started >= SHORT_MS / 2);
	assert_int_equal(db_watch_next(&change, watch, SHORT_MS), ERR_NO_DOCUMENT);
}

static void test_changed_wait_misses_nothing(void **state)
{
	struct ctx *ctx = *state;
	struct db_change change;
	struct thing a, b;

	assert_int_equal(db_watch_next(&change, watch, SHORT_MS), ERR_NO_DOCUMENT);
	a = put_thing(ctx, "a", 1);
	b = put_thing(ctx, "b", 1);
	assert_int_equal(db_watch_next(&change, watch, WAIT_MS), OK);
	assert_of(&change, &a);
	assert_int_equal(db_watch_next(&change, watch, WAIT_MS - 1), OK);
	assert_of(&change, &b);
}

/* A read after a change may return a newer state, whose change is delivered as well. */
static void test_kinds_of_changes_are_reported(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "old"), add_to_n(ctx, 1), false),
			 OK);
	assert_int_equal(db_delete(&n, ctx, THINGS, by_name(ctx, "old")), OK);
	assert_false(next_change().deleted);
	assert_true(next_change().deleted);
}

static void test_changes_arrive_in_order(void **state)
{
	struct ctx *ctx = *state;
	static struct thing things[MANY];
	int64_t version = start;
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "thing %d", i);
		things[i] = put_thing(ctx, name, i);
	}
	for (int i = 0; i < MANY; i++) {
		struct db_change change = next_change();

		assert_of(&change, &things[i]);
		assert_true(change.version > version);
		version = change.version;
	}
}

static enum err put_two(struct ctx *ctx, void *arg)
{
	(void)arg;
	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	return OK;
}

static void test_transaction_has_one_version(void **state)
{
	struct db_change a, b;

	assert_int_equal(db_transaction(*state, put_two, NULL), OK);
	a = next_change();
	b = next_change();
	assert_true(a.version > start);
	assert_int_equal(a.version, b.version);
}

/* Changes of documents whose id is no ObjectId are skipped. */
static void test_other_ids_are_skipped(void **state)
{
	struct ctx *ctx = *state;
	struct db_change change;
	struct thing a;

	assert_int_equal(db_update(NULL, ctx, THINGS, ctx_bson(ctx, BCON_NEW("_id", "text")),
				   add_to_n(ctx, 1), true),
			 OK);
	a = put_thing(ctx, "a", 1);
	change = next_change();
	assert_of(&change, &a);
}

static void test_dropped_collection_is_reported(void **state)
{
	mongoc_client_t *client = mongoc_client_new(test_uri());
	mongoc_collection_t *things = mongoc_client_get_collection(client, test_database(), THINGS);
	struct db_change change;
	bson_error_t error;

	(void)state;
	assert_true(mongoc_collection_drop(things, &error));
	mongoc_collection_destroy(things);
	mongoc_client_destroy(client);
	assert_int_equal(db_watch_next(&change, watch, WAIT_MS), ERR_UNAVAILABLE);
}

static void test_watch_needs_a_server(void **state)
{
	struct db *away = NULL;
	struct db_watch *none = NULL;
	struct work work;
	int64_t version;

	(void)state;
	/* No service listens on port 1. */
	assert_int_equal(db_open(&away, "mongodb://127.0.0.1:1/?replicaSet=rs0", "test", 1), OK);
	work_begin(&work, away);
	assert_int_equal(db_watch_new(&none, &version, &work.ctx,
				      "mongodb://127.0.0.1:1/?replicaSet=rs0", THINGS),
			 ERR_UNAVAILABLE);
	assert_null(none);
	work_end(&work);
	db_close(away);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_watch, end_watch)
	const struct CMUnitTest tests[] = {
	    TEST(test_versions_of_changes_increase),
	    TEST(test_wait_without_change_ends),
	    TEST(test_changed_wait_misses_nothing),
	    TEST(test_kinds_of_changes_are_reported),
	    TEST(test_changes_arrive_in_order),
	    TEST(test_transaction_has_one_version),
	    TEST(test_other_ids_are_skipped),
	    TEST(test_dropped_collection_is_reported),
	    cmocka_unit_test(test_watch_needs_a_server),
	};

	return cmocka_run_group_tests_name("db_watch", tests, open_shared, close_shared);
}
