#include "captured_log.h"
#include "db_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, MANY = 300 };

/* ---- open ---- */

static void test_malformed_address_is_refused(void **state)
{
	static const char *const addresses[] = {"", "localhost", "http://localhost", "mongodb://"};
	struct db *none = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		assert_int_equal(db_open(&none, addresses[i], "test", 1), ERR_INVALID);
	assert_int_equal(db_open(&none, test_uri(), "", 1), ERR_INVALID);
	assert_null(none);
}

static void test_open_needs_no_server(void **state)
{
	struct db *away = NULL;
	struct work work;

	(void)state;
	/* No service listens on port 1. */
	assert_int_equal(db_open(&away, "mongodb://127.0.0.1:1/?replicaSet=rs0", "test", 1), OK);
	work_begin(&work, away);
	assert_int_equal(db_ping(&work.ctx), ERR_UNAVAILABLE);
	assert_false(db_is_up(away));
	work_end(&work);
	db_close(away);
}

/* The driver also fails to authenticate if the server ends at that time, so this error means that
 * the database is unavailable. */
static void test_failed_login_is_unavailable(void **state)
{
	const char *hosts = strstr(test_uri(), "//");
	struct db *closed = NULL;
	struct work work;
	char uri[512];

	(void)state;
	assert_non_null(hosts);
	snprintf(uri, sizeof uri, "mongodb://nobody:wrong@%s", hosts + 2);
	assert_int_equal(db_open(&closed, uri, "test", 1), OK);
	work_begin(&work, closed);
	assert_int_equal(db_ping(&work.ctx), ERR_UNAVAILABLE);
	work_end(&work);
	db_close(closed);
}

static void test_ping_succeeds(void **state)
{
	assert_int_equal(db_ping(*state), OK);
	assert_true(db_is_up(db));
}

/* ---- read ---- */

static void test_insert_is_found(void **state)
{
	struct ctx *ctx = *state;
	struct thing in = put_thing(ctx, "a", 7), out;

	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a")), OK);
	assert_true(bson_oid_equal(&out._id, &in._id));
	assert_string_equal(out.name, "a");
	assert_int_equal(out.n, 7);
}

static void test_missing_document_is_reported(void **state)
{
	struct ctx *ctx = *state;
	struct thing out = {.n = 5};

	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a")),
			 ERR_NO_DOCUMENT);
	assert_int_equal(out.n, 5);
}

static void put_many(struct ctx *ctx)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "thing %d", i);
		put_thing(ctx, name, i);
	}
}

static void test_find_sorts_and_limits(void **state)
{
	struct ctx *ctx = *state;
	struct db_query query = {.filter = everything(ctx),
				 .sort = ctx_bson(ctx, BCON_NEW("n", BCON_INT32(-1)))};
	struct list list;

	put_many(ctx);
	for (size_t limit = MANY - 1; limit <= MANY + 1; limit++) {
		const struct thing *things;

		query.limit = limit;
		assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), OK);
		assert_int_equal(list.n, limit < MANY ? limit : MANY);
		things = list.items;
		for (size_t i = 0; i < list.n; i++)
			assert_int_equal(things[i].n, MANY - 1 - (int64_t)i);
	}
}

static void test_find_may_return_nothing(void **state)
{
	struct ctx *ctx = *state;
	struct db_query query = {.filter = everything(ctx), .limit = 10};
	struct list list = {.n = 1};

	assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), OK);
	assert_int_equal(list.n, 0);
}

static void test_count_stops_at_limit(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	assert_int_equal(count_things(ctx, everything(ctx)), 0);
	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	put_thing(ctx, "c", 1);
	assert_int_equal(count_things(ctx, everything(ctx)), 3);
	assert_int_equal(count_things(ctx, by_name(ctx, "b")), 1);
	assert_int_equal(db_count(&n, ctx, THINGS, everything(ctx), 2), OK);
	assert_int_equal(n, 2);
}

static void test_double_is_read_as_integer(void **state)
{
	struct ctx *ctx = *state;

	put_thing(ctx, "a", 2);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"),
				   ctx_bson(ctx, BCON_NEW("$mul", "{", "n", BCON_DOUBLE(1.5), "}")),
				   false),
			 OK);
	assert_int_equal(n_of(ctx, "a"), 3);
}

static void test_mismatched_document_is_an_error(void **state)
{
	struct ctx *ctx = *state;
	struct db_query query = {.filter = everything(ctx), .limit = 10};
	struct thing out = {.n = 5};
	struct list list;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"),
				   ctx_bson(ctx, BCON_NEW("$set", "{", "n", "many", "}")), false),
			 OK);
	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a")),
			 ERR_INTERNAL);
	assert_int_equal(out.n, 5);
	assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), ERR_INTERNAL);
}

/* ---- write ---- */

static void test_duplicate_key_is_reported(void **state)
{
	struct ctx *ctx = *state;
	struct thing again = make_thing("a", 2);

	put_thing(ctx, "a", 1);
	assert_int_equal(db_insert(ctx, THINGS, &thing_shape, &again), ERR_DUPLICATE);
	assert_int_equal(n_of(ctx, "a"), 1);
}

static void test_update_changes_one_document(void **state)
{
	struct ctx *ctx = *state;
	struct db_updated updated;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_update(&updated, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 2),
				   false),
			 OK);
	assert_int_equal(updated.matched, 1);
	assert_int_equal(updated.inserted, 0);
	assert_int_equal(n_of(ctx, "a"), 3);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "b"), add_to_n(ctx, 2), false),
			 ERR_NO_DOCUMENT);
	assert_int_equal(count_things(ctx, everything(ctx)), 1);
}

static void test_upsert_inserts_then_updates(void **state)
{
	struct ctx *ctx = *state;
	struct db_updated updated;

	assert_int_equal(db_update(&updated, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 2),
				   true),
			 OK);
	assert_int_equal(updated.inserted, 1);
	assert_int_equal(db_update(&updated, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 2),
				   true),
			 OK);
	assert_int_equal(updated.matched, 1);
	assert_int_equal(updated.inserted, 0);
	assert_int_equal(n_of(ctx, "a"), 4);
}

/* The filter excludes the document, so the upsert inserts a second one with the same name. */
static void test_upsert_reports_duplicate_key(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("name", "a", "n", "{", "$lt", BCON_INT64(1), "}"));
	struct thing out;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_update(NULL, ctx, THINGS, filter, add_to_n(ctx, 1), true),
			 ERR_DUPLICATE);
	assert_int_equal(db_update_and_get(&out, ctx, THINGS, &thing_shape, filter,
					   add_to_n(ctx, 1), true),
			 ERR_DUPLICATE);
	assert_int_equal(n_of(ctx, "a"), 1);
}

static void test_update_and_get_returns_new_state(void **state)
{
	struct ctx *ctx = *state;
	struct thing in = put_thing(ctx, "a", 1), out = {.n = 0};

	assert_int_equal(db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a"),
					   add_to_n(ctx, 4), false),
			 OK);
	assert_true(bson_oid_equal(&out._id, &in._id));
	assert_int_equal(out.n, 5);
	assert_int_equal(db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "b"),
					   add_to_n(ctx, 4), false),
			 ERR_NO_DOCUMENT);
	assert_int_equal(out.n, 5);
	assert_int_equal(db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "b"),
					   add_to_n(ctx, 9), true),
			 OK);
	assert_int_equal(out.n, 9);
}

static void test_delete_removes_all_matches(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *ones = ctx_bson(ctx, BCON_NEW("n", BCON_INT64(1)));
	int64_t n;

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	put_thing(ctx, "c", 2);
	assert_int_equal(db_delete(&n, ctx, THINGS, ones), OK);
	assert_int_equal(n, 2);
	assert_int_equal(db_delete(&n, ctx, THINGS, ones), OK);
	assert_int_equal(n, 0);
	assert_int_equal(count_things(ctx, everything(ctx)), 1);
}

static void *upsert_many(void *failures)
{
	struct work work;
	char name[32];

	work_begin(&work, db);
	for (int i = 0; i < MANY / 10; i++) {
		snprintf(name, sizeof name, "race %d", i);
		if (db_update(NULL, &work.ctx, THINGS, by_name(&work.ctx, name),
			      add_to_n(&work.ctx, 1), true))
			atomic_fetch_add((atomic_int *)failures, 1);
	}
	work_end(&work);
	return NULL;
}

static void test_concurrent_upserts_of_one_key_succeed(void **state)
{
	struct ctx *ctx = *state;
	struct db_query query = {.filter = everything(ctx), .limit = MANY};
	pthread_t threads[THREADS - 1]; /* the test's own context holds a client, too */
	const struct thing *things;
	struct list list;
	atomic_int failures = 0;

	for (int i = 0; i < THREADS - 1; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, upsert_many, &failures), 0);
	for (int i = 0; i < THREADS - 1; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), OK);
	assert_int_equal(list.n, MANY / 10);
	things = list.items;
	for (size_t i = 0; i < list.n; i++)
		assert_int_equal(things[i].n, THREADS - 1);
}

/* ---- errors ---- */

static void test_server_errors_are_reported(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *bad = ctx_bson(ctx, BCON_NEW("$none", BCON_INT32(1)));
	struct thing out;
	int64_t n;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, bad), ERR_INTERNAL);
	assert_int_equal(db_count(&n, ctx, THINGS, bad, 1), ERR_INTERNAL);
	assert_int_equal(db_delete(&n, ctx, THINGS, bad), ERR_INTERNAL);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"),
				   ctx_bson(ctx, BCON_NEW("$inc", "{", "name", BCON_INT32(1), "}")),
				   false),
			 ERR_INTERNAL);
	assert_true(db_is_up(db));
}

static void test_no_operation_after_deadline(void **state)
{
	struct ctx *ctx = *state;
	struct thing thing = make_thing("a", 1);

	ctx->deadline = clock_mono_ms() - 1;
	log_init("test", LOG_WARNING);
	log_begin();
	assert_int_equal(db_insert(ctx, THINGS, &thing_shape, &thing), ERR_TIMEOUT);
	log_end();
	log_init("test", LOG_ERROR + 1);
	assert_true(has_logged("\"database.no_time_left\",\"operation\":\"insert\""));
	assert_int_equal(db_ping(ctx), ERR_TIMEOUT);
	ctx->deadline = clock_mono_ms() + BUDGET_MS;
	assert_int_equal(count_things(ctx, everything(ctx)), 0);
}

static void test_slow_query_times_out_without_outage(void **state)
{
	struct ctx *ctx = *state;
	struct thing out;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape,
				     ctx_bson(ctx, BCON_NEW("$where", "sleep(5000) || true"))),
			 ERR_TIMEOUT);
	assert_true(db_is_up(db));
	assert_int_equal(db_ping(ctx), OK);
}

static void test_exhausted_pool_times_out(void **state)
{
	struct work works[CLIENTS + 1];

	(void)state;
	for (int i = 0; i < CLIENTS + 1; i++)
		work_begin(&works[i], db);
	db_client_push(*state);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(db_ping(&works[i].ctx), OK);
	assert_int_equal(db_ping(&works[CLIENTS].ctx), ERR_TIMEOUT);
	db_client_push(&works[0].ctx);
	assert_int_equal(db_ping(&works[CLIENTS].ctx), OK);
	for (int i = 0; i < CLIENTS + 1; i++)
		work_end(&works[i]);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_malformed_address_is_refused),
	    TEST(test_open_needs_no_server),
	    TEST(test_failed_login_is_unavailable),
	    TEST(test_ping_succeeds),
	    TEST(test_insert_is_found),
	    TEST(test_missing_document_is_reported),
	    TEST(test_find_sorts_and_limits),
	    TEST(test_find_may_return_nothing),
	    TEST(test_count_stops_at_limit),
	    TEST(test_double_is_read_as_integer),
	    TEST(test_mismatched_document_is_an_error),
	    TEST(test_duplicate_key_is_reported),
	    TEST(test_update_changes_one_document),
	    TEST(test_upsert_inserts_then_updates),
	    TEST(test_upsert_reports_duplicate_key),
	    TEST(test_update_and_get_returns_new_state),
	    TEST(test_delete_removes_all_matches),
	    TEST(test_concurrent_upserts_of_one_key_succeed),
	    TEST(test_server_errors_are_reported),
	    TEST(test_no_operation_after_deadline),
	    TEST(test_slow_query_times_out_without_outage),
	    TEST(test_exhausted_pool_times_out),
	};

	return cmocka_run_group_tests_name("db", tests, open_shared, close_shared);
}
