/* Migrations of documents that others write at the same time. */
#include "db_migrate_fixture.h"

#include <sodium.h>

static struct {
	int decided, calls;
	int fail_at;           /* how many calls the document is written in */
	int64_t written_until; /* clock_mono_ms() */
} fake;

static int begin_migrations(void **state)
{
	fake = (__typeof__(fake)){0};
	return begin_records(state);
}

/* ---- tests ---- */

/* A worker of the old version writes between the read and the update. */
static enum err written_meanwhile(struct migration_change *change, struct ctx *ctx,
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
    {"2026-01-count", "things", "{\"counted\": 1, \"n\": 1}", written_meanwhile},
};
static const struct migrations written = MIGRATIONS(written_rows);

static void a_document_that_changes_meanwhile_is_read_again(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0);
	fake.fail_at = 2;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(out.changed, 1);
	assert_int_equal(n_of(ctx, "old"), 11);
}

/* Longer than tries without a pause take. */
static void one_that_changes_for_a_while_is_waited_for(void **state)
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

static void only_what_was_missed_is_tried_again(void **state)
{
	struct ctx *ctx = *state;
	struct migrated out;

	put_thing(ctx, "old", 0); /* in the first chunk */
	put_many(ctx);
	fake.fail_at = MIGRATION_CHUNK + 2;
	assert_int_equal(apply(&out, &written), OK);
	assert_int_equal(out.changed, MANY + 1);
	/* The chunk is read again, as the database says only how many were missed; then "old" is
	 * alone. */
	assert_int_equal(fake.decided, MANY + 1 + MIGRATION_CHUNK + 2);
}

/* It is no failure: the next run goes on. */
static void one_that_always_changes_is_put_off_and_named(void **state)
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
	    TEST(a_document_that_changes_meanwhile_is_read_again),
	    TEST(one_that_changes_for_a_while_is_waited_for),
	    TEST(only_what_was_missed_is_tried_again),
	    TEST(one_that_always_changes_is_put_off_and_named),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, open_shared, close_shared);
}
