/* Migrations of documents that another program writes at the same time. */
#include "db_migrate_fixture.h"

#include <sodium.h>

static struct {
	int decided, calls;
	int fail_at;           /* calls during which the document is written */
	int64_t written_until; /* clock_mono_ms() */
} fake;

static int begin_migrations(void **state)
{
	fake = (__typeof__(fake)){0};
	return begin_records(state);
}

/* ---- tests ---- */

/* A worker of the old version writes between the migration's read and its update. */
static enum err change_written_document(struct migration_change *change, struct ctx *ctx,
					const bson_t *doc)
{
	bson_iter_t n;

	fake.decided++;
	assert_true(bson_iter_init_find(&n, doc, "n"));
	if (bson_has_field(doc, "counted"))
		return OK;
	BSON_APPEND_VALUE(change->filter, "n", bson_iter_value(&n));
	BCON_APPEND(change->update, "$set", "{", "counted", BCON_BOOL(true), "n",
		    BCON_INT64(bson_iter_int64(&n) + 1), "}");
	if (fake.calls++ < fake.fail_at || clock_mono_ms() < fake.written_until)
		assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "old"), add_to_n(ctx, 5),
					   false),
				 OK);
	return OK;
}

static const struct migration written_rows[] = {
    {"2026-01-count", "things", "{\"counted\": 1, \"n\": 1}", change_written_document},
};
static const struct migrations written = MIGRATIONS(written_rows);

static void test_concurrently_changed_document_is_read_again(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	fake.fail_at = 2;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(out.changed, 1);
	assert_int_equal(n_of(ctx, "old"), 11);
}

/* Longer than all attempts would take without pauses. */
static void test_repeated_changes_are_retried(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_many(ctx);
	put_thing(ctx, "old", 0);
	fake.written_until = clock_mono_ms() + SHORT_MS;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(out.changed, MANY + 1);
	assert_int_equal(with_n(ctx, 1), MANY);
}

static void test_only_missed_documents_are_retried(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0); /* in the first chunk */
	put_many(ctx);
	fake.fail_at = MIGRATION_CHUNK + 2;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(out.changed, MANY + 1);
	/* The chunk is read again, because the database reports only how many documents were
	 * missed; then only "old" is left. */
	assert_int_equal(fake.decided, MANY + 1 + MIGRATION_CHUNK + 2);
}

/* This is no failure: the next run continues. */
static void test_constantly_changing_document_is_deferred(void **state)
{
	struct ctx *ctx = *state;
	struct thing old = put_thing(ctx, "old", 0);
	struct migrated out;
	char id[25];

	bson_oid_to_string(&old._id, id);
	fake.fail_at = 1000;
	assert_int_equal(apply(&out, &written), ERR_UNAVAILABLE);
	assert_int_equal(records(ctx, finished("2026-01-count")), 0);
	assert_int_equal(records(ctx, BCON_NEW("failure", "{", "$regex", BCON_UTF8(id), "}")), 1);
	fake.fail_at = 0;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(records(ctx, BCON_NEW("failure", "{", "$exists", BCON_BOOL(true), "}")),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_migrations, end)
	    TEST(test_concurrently_changed_document_is_read_again),
	    TEST(test_repeated_changes_are_retried),
	    TEST(test_only_missed_documents_are_retried),
	    TEST(test_constantly_changing_document_is_deferred),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, open_shared, close_shared);
}
