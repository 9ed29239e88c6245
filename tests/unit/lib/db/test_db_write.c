/* Several updates in one command. */
#include "db_fixture.h"

static struct db_statement add(struct ctx *ctx, const char *name, int64_t n)
{
	return (struct db_statement){.filter = by_name(ctx, name), .update = add_to_n(ctx, n)};
}

static int64_t update_each(struct ctx *ctx, const struct db_statement *statements, size_t n)
{
	int64_t matched = -1;

	assert_int_equal(db_update_each(&matched, ctx, THINGS, statements, n), OK);
	return matched;
}

static void test_all_updates_run(void **state)
{
	struct ctx *ctx = *state;
	struct db_statement statements[] = {add(ctx, "a", 5), add(ctx, "none", 1), add(ctx, "b", 7),
					    add(ctx, "a", 1)};

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	assert_int_equal(update_each(ctx, statements, 4), 3);
	assert_int_equal(n_of(ctx, "a"), 7);
	assert_int_equal(n_of(ctx, "b"), 8);
	assert_int_equal(count_things(ctx, everything(ctx)), 2);
}

/* The second update sees the first one's change. */
static void test_updates_run_in_order(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *is_two = ctx_bson(ctx, BCON_NEW("n", BCON_INT64(2)));
	struct db_statement statements[] = {add(ctx, "a", 1), {is_two, add_to_n(ctx, 10)}};

	put_thing(ctx, "a", 1);
	assert_int_equal(update_each(ctx, statements, 2), 2);
	assert_int_equal(n_of(ctx, "a"), 12);
}

/* Stages of a pipeline may use the document's members. */
static void test_update_may_be_a_pipeline(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *doubled =
	    ctx_bson(ctx, BCON_NEW("0", "{", "$set", "{", "n", "{", "$add", "[", BCON_UTF8("$n"),
				   BCON_UTF8("$n"), "]", "}", "}", "}"));
	struct db_statement statements[] = {add(ctx, "a", 1),
					    {by_name(ctx, "a"), doubled},
					    add(ctx, "a", 1)};

	put_thing(ctx, "a", 2);
	assert_int_equal(update_each(ctx, statements, 3), 3);
	assert_int_equal(n_of(ctx, "a"), 7);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"), doubled, false), OK);
	assert_int_equal(n_of(ctx, "a"), 14);
}

static void test_multi_updates_all_matches(void **state)
{
	struct ctx *ctx = *state;
	struct db_statement one = {everything(ctx), add_to_n(ctx, 1)};
	struct db_statement all = {everything(ctx), add_to_n(ctx, 10), .multi = true};

	put_thing(ctx, "a", 0);
	put_thing(ctx, "b", 0);
	put_thing(ctx, "c", 0);
	assert_int_equal(update_each(ctx, &one, 1), 1);
	assert_int_equal(update_each(ctx, &all, 1), 3);
	assert_int_equal(n_of(ctx, "a") + n_of(ctx, "b") + n_of(ctx, "c"), 31);
}

static void test_unmatched_needed_update_ends_command(void **state)
{
	struct ctx *ctx = *state;
	bson_oid_t unknown;
	struct db_statement statements[] = {add(ctx, "a", 1), add(ctx, "none", 1),
					    add(ctx, "b", 1)};

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	for (size_t i = 0; i < 3; i++)
		statements[i].needed = true;
	assert_int_equal(update_each(ctx, statements, 3), 1);
	assert_int_equal(n_of(ctx, "a"), 2);
	assert_int_equal(n_of(ctx, "b"), 1);

	bson_oid_init(&unknown, NULL);
	statements[1].filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&unknown)));
	assert_int_equal(update_each(ctx, statements, 3), 1);
	assert_int_equal(n_of(ctx, "b"), 1);
	/* A needed update never inserts. */
	assert_int_equal(count_things(ctx, everything(ctx)), 2);

	statements[1] = add(ctx, "a", 1);
	statements[1].needed = true;
	assert_int_equal(update_each(ctx, statements, 3), 3);
	assert_int_equal(n_of(ctx, "b"), 2);
}

static void test_failed_update_is_reported(void **state)
{
	struct ctx *ctx = *state;
	struct db_statement statements[] = {
	    add(ctx, "a", 1),
	    {by_name(ctx, "b"), ctx_bson(ctx, BCON_NEW("$set", "{", "name", "a", "}"))},
	    add(ctx, "a", 1),
	};
	int64_t matched = -1;

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	assert_int_equal(db_update_each(&matched, ctx, THINGS, statements, 3), ERR_DUPLICATE);
	assert_int_equal(matched, -1);
	assert_int_equal(n_of(ctx, "a"), 2);
	/* A change of an _id has the same error code as an unmatched needed update. */
	statements[1].update = ctx_bson(ctx, BCON_NEW("$set", "{", "_id", BCON_INT32(1), "}"));
	assert_int_equal(db_update_each(&matched, ctx, THINGS, statements, 3), ERR_INTERNAL);
}

static enum err update_and_abort(struct ctx *ctx, void *arg)
{
	struct db_statement statements[] = {add(ctx, "a", 1), add(ctx, "b", 1)};

	(void)arg;
	assert_int_equal(update_each(ctx, statements, 2), 2);
	return ERR_CART_EMPTY;
}

static void test_updates_are_transactional(void **state)
{
	struct ctx *ctx = *state;

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	assert_int_equal(db_transaction(ctx, update_and_abort, NULL), ERR_CART_EMPTY);
	assert_int_equal(n_of(ctx, "a"), 1);
	assert_int_equal(n_of(ctx, "b"), 1);
}

static void test_projection_omits_fields(void **state)
{
	struct ctx *ctx = *state;
	struct db_query query = {.filter = everything(ctx),
				 .fields = ctx_bson(ctx, BCON_NEW("name", BCON_INT32(0))),
				 .limit = 1};
	struct list list;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), ERR_INTERNAL);
	query.fields = ctx_bson(ctx, BCON_NEW("name", BCON_INT32(1), "n", BCON_INT32(1)));
	assert_int_equal(db_find(&list, ctx, THINGS, &thing_shape, &query), OK);
	assert_int_equal(list.n, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_updates_run),
	    TEST(test_updates_run_in_order),
	    TEST(test_update_may_be_a_pipeline),
	    TEST(test_multi_updates_all_matches),
	    TEST(test_unmatched_needed_update_ends_command),
	    TEST(test_failed_update_is_reported),
	    TEST(test_updates_are_transactional),
	    TEST(test_projection_omits_fields),
	};

	return cmocka_run_group_tests_name("db_write", tests, open_shared, close_shared);
}
