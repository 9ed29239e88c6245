/* Migrations: order, atomicity, the lock, and continuation after an interruption. */
#include "captured_log.h"
#include "db_migrate_fixture.h"

#include <pthread.h>

#include "id.h"

#include <sodium.h>

/* ---- migrations ---- */

static struct {
	int calls;
	int fail_at; /* the call that fails; 0: none */
	enum err error;
} fake;

static const char *text_of(const bson_t *doc, const char *name)
{
	bson_iter_t it;

	return bson_iter_init_find(&it, doc, name) ? bson_iter_utf8(&it, NULL) : "";
}

/* Adds 1 to n of things that don't have the mark yet. */
static enum err count_up(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	(void)ctx;
	if (++fake.calls == fake.fail_at)
		return fake.error;
	if (bson_has_field(doc, "counted"))
		return OK;
	BCON_APPEND(change->filter, "counted", "{", "$exists", BCON_BOOL(false), "}");
	BCON_APPEND(change->update, "$inc", "{", "n", BCON_INT64(1), "}", "$set", "{", "counted",
		    BCON_BOOL(true), "}");
	return OK;
}

static enum err multiply(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	(void)ctx;
	if (!bson_has_field(doc, "multiplied"))
		BCON_APPEND(change->update, "$mul", "{", "n", BCON_INT64(10), "}", "$set", "{",
			    "multiplied", BCON_BOOL(true), "}");
	return OK;
}

/* Names begin with a lower-case letter; other names can't be migrated. */
static enum err lower_name(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	char *name = arena_strndup(ctx->arena, text_of(doc, "name"), strlen(text_of(doc, "name")));

	assert_non_null(name);
	if (name[0] == '[') {
		change->left = "it has a bracket";
		return OK;
	}
	if (name[0] >= 'A' && name[0] <= 'Z') {
		name[0] = (char)(name[0] - 'A' + 'a');
		BCON_APPEND(change->update, "$set", "{", "name", BCON_UTF8(name), "}");
	}
	return OK;
}

#define COUNT_UP                                                        \
	{                                                               \
		"2026-01-count", "things", "{\"counted\": 1}", count_up \
	}
#define MULTIPLY                                                              \
	{                                                                     \
		"2026-02-multiply", "things", "{\"multiplied\": 1}", multiply \
	}

static const struct migration count_rows[] = {COUNT_UP};
static const struct migration both_rows[] = {COUNT_UP, MULTIPLY};
static const struct migration name_rows[] = {
    {"2026-03-names", "things", "{\"name\": 1}", lower_name},
};
static const struct migrations counting = MIGRATIONS(count_rows);
static const struct migrations both = MIGRATIONS(both_rows);
static const struct migrations naming = MIGRATIONS(name_rows);

/* ---- shared ---- */

static int begin_migrations(void **state)
{
	fake = (__typeof__(fake)){0};
	return begin_records(state);
}

static void write_record(struct ctx *ctx, const char *id, bson_t *update)
{
	assert_int_equal(db_update(NULL, ctx, RECORDS,
				   ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id))),
				   ctx_bson(ctx, update), true),
			 OK);
}

/* ---- tests ---- */

static void test_rows_are_applied_once_in_order(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	assert_int_equal(apply(&out, &both), OK);
	assert_int_equal(out.applied, 2);
	assert_int_equal(out.changed, 2 * MANY);
	assert_int_equal(with_n(ctx, 10), MANY); /* (0 + 1) * 10 */
	assert_int_equal(records(ctx, finished("2026-01-count")), 1);
	assert_int_equal(records(ctx, BCON_NEW("seen", BCON_INT64(MANY), "changed",
					       BCON_INT64(MANY), "left", BCON_INT64(0))),
			 2);
	assert_int_equal(records(ctx, BCON_NEW("_id", BCON_UTF8("lock"))), 0);
	assert_int_equal(apply(&out, &both), OK);
	assert_int_equal(out.applied, 0);
	assert_int_equal(with_n(ctx, 10), MANY);
	assert_int_equal(fake.calls, MANY);
}

static void test_row_added_later_is_applied(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	assert_int_equal(apply(&out, &counting), OK);
	assert_int_equal(apply(&out, &both), OK);
	assert_int_equal(out.applied, 1);
	assert_int_equal(n_of(ctx, "old"), 10);
}

static void test_empty_collection_finishes(void **state)
{
	struct ctx *ctx = *state;
	static const struct migration rows[] = {{"2026-01-none", "nothing", "{}", count_up}};
	struct migrated out;

	assert_int_equal(apply(&out, &(struct migrations)MIGRATIONS(rows)), OK);
	assert_int_equal(out.applied, 1);
	assert_int_equal(records(ctx, finished("2026-01-none")), 1);
	assert_int_equal(fake.calls, 0);
}

/* ObjectIds, then texts: in order of _id, whatever its type. */
static void test_ids_of_mixed_types_are_supported(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	for (int i = 0; i < MIGRATION_CHUNK + 1; i++) {
		const char *id = arena_printf(ctx->arena, "text %d", i);
		bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id)));

		assert_int_equal(db_update(NULL, ctx, THINGS, filter,
					   ctx_bson(ctx,
						    BCON_NEW("$set", "{", "name", BCON_UTF8(id),
							     "n", BCON_INT64(0), "}")),
					   true),
				 OK);
	}
	assert_int_equal(apply(&out, &counting), OK);
	assert_int_equal(out.changed, MANY + MIGRATION_CHUNK + 1);
	assert_int_equal(with_n(ctx, 1), MANY + MIGRATION_CHUNK + 1);
	assert_int_equal(fake.calls, MANY + MIGRATION_CHUNK + 1);
}

static void test_interrupted_migration_continues(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	fake.fail_at = MIGRATION_CHUNK + 3;
	fake.error = ERR_UNAVAILABLE;
	assert_int_equal(apply(&out, &counting), ERR_UNAVAILABLE);
	assert_int_equal(with_n(ctx, 1), MIGRATION_CHUNK);
	assert_int_equal(records(ctx, finished("2026-01-count")), 0);
	fake.calls = fake.fail_at = 0;
	assert_int_equal(apply(&out, &counting), OK);
	assert_int_equal(fake.calls, MANY - MIGRATION_CHUNK);
	assert_int_equal(with_n(ctx, 1), MANY);
}

static void test_failure_stops_later_rows(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	fake.fail_at = MIGRATION_CHUNK + 3;
	fake.error = ERR_INVALID;
	assert_int_equal(apply(&out, &both), ERR_INVALID);
	assert_int_equal(out.applied, 0);
	assert_int_equal(with_n(ctx, 10), 0);
	assert_int_equal(records(ctx, BCON_NEW("_id", BCON_UTF8("2026-01-count"), "failure",
					       BCON_UTF8("Validation error"), "failed_at", "{",
					       "$exists", BCON_BOOL(true), "}")),
			 1);
	assert_int_equal(records(ctx, BCON_NEW("_id", BCON_UTF8("2026-02-multiply"))), 0);
	/* The next run needs no cleanup. */
	fake.fail_at = 0;
	assert_int_equal(apply(&out, &both), OK);
	assert_int_equal(with_n(ctx, 10), MANY);
	assert_int_equal(records(ctx, BCON_NEW("failure", "{", "$exists", BCON_BOOL(true), "}")),
			 0);
}

/* No error of the function is mistaken for a held lock, or waited for. */
static void test_function_error_fails_migration(void **state)
{
	static const enum err errors[] = {ERR_DUPLICATE, ERR_RETRY, ERR_NO_DOCUMENT};
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		int64_t began = clock_mono_ms();

		fake.calls = 0;
		fake.fail_at = 1;
		fake.error = errors[i];
		/* ERR_RETRY: the chunk is retried, and succeeds. */
		assert_int_equal(apply(&out, &both) == OK, errors[i] == ERR_RETRY);
		assert_true(clock_mono_ms() - began < SOON_MS);
		clear_records(ctx);
	}
}

/* $inc of a string fails. */
static enum err change_with_error(struct migration_change *change, struct ctx *ctx,
				  const bson_t *doc)
{
	(void)ctx;
	(void)doc;
	BCON_APPEND(change->update, "$inc", "{", "name", BCON_INT32(1), "}");
	return OK;
}

static void test_rejected_document_is_logged(void **state)
{
	static const struct migration rows[] = {
	    {"2026-03-wrong", "things", "{\"name\": 1}", change_with_error},
	};
	struct thing old = put_thing(*state, "old", 0);
	struct migrated out;
	char id[25];

	bson_oid_to_string(&old._id, id);
	log_init("test", LOG_ERROR);
	log_begin();
	assert_int_equal(apply(&out, &(struct migrations)MIGRATIONS(rows)), ERR_INTERNAL);
	log_end();
	assert_true(has_logged("\"migration.document\",\"id\":\"2026-03-wrong\""));
	assert_true(has_logged(id));
}

static void test_unchanged_documents_are_listed(void **state)
{
	struct ctx *ctx = *state;
	struct thing taken, bracket;
	struct migrated out;

	put_thing(ctx, "apple", 1);
	taken = put_thing(ctx, "Apple", 2);
	put_thing(ctx, "Milk", 3);
	bracket = put_thing(ctx, "[x]", 4);
	assert_int_equal(apply(&out, &naming), OK);
	assert_int_equal(out.changed, 1);
	assert_int_equal(out.left, 2);
	assert_int_equal(n_of(ctx, "Apple"), 2);
	assert_int_equal(n_of(ctx, "milk"), 3);
	assert_int_equal(
	    records(ctx,
		    BCON_NEW("left", BCON_INT64(2), "left_documents._id", "{", "$all", "[",
			     BCON_OID(&taken._id), BCON_OID(&bracket._id), "]", "}",
			     "left_documents.reason", "{", "$all", "[",
			     BCON_UTF8("it has a bracket"),
			     BCON_UTF8("another document has its new form already (unique index)"),
			     "]", "}")),
	    1);
}

/* Each thing is inserted into another collection, unless it exists there. */
static enum err copy_name(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	(void)ctx;
	BCON_APPEND(change->update, "$setOnInsert", "{", "name", BCON_UTF8(text_of(doc, "name")),
		    "n", BCON_INT64(7), "}");
	return OK;
}

static void test_into_inserts_in_other_collection(void **state)
{
	static const char COPIES[] = "copies";
	static const struct migration rows[] = {
	    {"2026-04-copies", "things", "{\"name\": 1}", copy_name, .into = "copies"},
	};
	struct ctx *ctx = *state;
	struct thing there, copy = {.n = -1};
	struct migrated out;
	int64_t n;

	put_many(ctx);
	there = put_thing(ctx, "there", 1);
	assert_int_equal(db_insert(ctx, COPIES, &thing_shape, &there), OK);
	assert_int_equal(apply(&out, &(struct migrations)MIGRATIONS(rows)), OK);
	assert_int_equal(count_things(ctx, everything(ctx)), MANY + 1);
	assert_int_equal(db_count(&n, ctx, COPIES, everything(ctx), 1000), OK);
	assert_int_equal(n, MANY + 1);
	assert_int_equal(db_find_one(&copy, ctx, COPIES, &thing_shape, by_name(ctx, "there")), OK);
	assert_int_equal(copy.n, 1);
	assert_int_equal(db_find_one(&copy, ctx, COPIES, &thing_shape, by_name(ctx, "thing 3")),
			 OK);
	assert_int_equal(copy.n, 7);
}

/* ---- concurrent programs ---- */

static void *apply_in_thread(void *arg)
{
	assert_int_equal(apply(arg, &both), OK);
	return NULL;
}

static void test_concurrent_runs_change_documents_once(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out[2];
	pthread_t threads[2];

	put_many(ctx);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, apply_in_thread, &out[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(out[0].applied + out[1].applied, 2);
	assert_true(out[0].applied == 0 || out[1].applied == 0);
	assert_int_equal(with_n(ctx, 10), MANY);
	assert_int_equal(fake.calls, MANY);
}

/* The lock of a program that was killed. */
static void lock_for(struct ctx *ctx, int64_t ms)
{
	bson_oid_t other;

	id_new(&other);
	write_record(ctx, "lock",
		     BCON_NEW("0", "{", "$set", "{", "holder", BCON_OID(&other), "expires", "{",
			      "$add", "[", BCON_UTF8("$$NOW"), BCON_INT64(ms), "]", "}", "}", "}"));
}

static void test_expired_lease_is_claimed(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;
	int64_t began = clock_mono_ms();

	put_thing(ctx, "old", 0);
	lock_for(ctx, SHORT_MS);
	assert_int_equal(apply(&out, &counting), OK);
	assert_true(clock_mono_ms() - began >= SHORT_MS);
	assert_int_equal(n_of(ctx, "old"), 1);
}

/* No program sets such a long lease: the clock was set back. */
static void test_too_long_lease_is_expired(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	lock_for(ctx, (int64_t)5 * 60 * 60 * 1000);
	assert_int_equal(apply(&out, &counting), OK);
	assert_int_equal(n_of(ctx, "old"), 1);
}

/* Another program takes over in the middle of a chunk. */
static enum err change_and_lose_lock(struct migration_change *change, struct ctx *ctx,
				     const bson_t *doc)
{
	if (fake.calls == 0) {
		lock_for(ctx, SHORT_MS);
		write_record(ctx, "2026-01-count",
			     BCON_NEW("$set", "{", "holder", BCON_UTF8("another"), "}"));
	}
	return count_up(change, ctx, doc);
}

static void test_lost_lock_records_nothing(void **state)
{
	static const struct migration rows[] = {
	    {"2026-01-count", "things", "{\"counted\": 1}", change_and_lose_lock},
	};
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	assert_int_equal(apply(&out, &(struct migrations)MIGRATIONS(rows)), OK);
	assert_int_equal(with_n(ctx, 1), MANY);
	/* The first chunk ran twice, and made its changes once. */
	assert_int_equal(fake.calls, MANY + MIGRATION_CHUNK);
	assert_int_equal(records(ctx, BCON_NEW("seen", BCON_INT64(MANY))), 1);
}

static void test_unknown_record_is_ignored(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	write_record(ctx, "2030-01-later",
		     BCON_NEW("$currentDate", "{", "finished_at", BCON_BOOL(true), "}"));
	assert_int_equal(apply(&out, &counting), OK);
	assert_int_equal(n_of(ctx, "old"), 1);
	assert_int_equal(records(ctx, BCON_NEW("_id", BCON_UTF8("2030-01-later"))), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_migrations, end)
	    TEST(test_rows_are_applied_once_in_order),
	    TEST(test_row_added_later_is_applied),
	    TEST(test_empty_collection_finishes),
	    TEST(test_ids_of_mixed_types_are_supported),
	    TEST(test_interrupted_migration_continues),
	    TEST(test_failure_stops_later_rows),
	    TEST(test_function_error_fails_migration),
	    TEST(test_rejected_document_is_logged),
	    TEST(test_unchanged_documents_are_listed),
	    TEST(test_into_inserts_in_other_collection),
	    TEST(test_concurrent_runs_change_documents_once),
	    TEST(test_expired_lease_is_claimed),
	    TEST(test_too_long_lease_is_expired),
	    TEST(test_lost_lock_records_nothing),
	    TEST(test_unknown_record_is_ignored),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, open_shared, close_shared);
}
