/* Several documents in one command, and the result of each. */
#include "db_fixture.h"

enum { MANY = 32 };

/* A filter that the server rejects. */
static bson_t *invalid_filter(struct ctx *ctx)
{
	return ctx_bson(ctx, BCON_NEW("$invalid_filter", BCON_INT32(1)));
}

/* ---- insert ---- */

struct set {
	struct thing things[MANY];
	const void *in[MANY];
	size_t n;
	enum err errors[MANY];
};

/* Makes a thing for each letter, which is its name. */
static struct set make_set(struct ctx *ctx, const char *letters)
{
	struct set set = {.n = strlen(letters)};

	assert_in_range(set.n, 1, MANY);
	for (size_t i = 0; i < set.n; i++) {
		set.things[i] = make_thing(arena_strndup(ctx->arena, letters + i, 1), (int)i);
		set.errors[i] = ERR_CART_EMPTY; /* an error that no operation returns */
	}
	return set;
}

static enum err insert_each(struct set *set, struct ctx *ctx)
{
	for (size_t i = 0; i < set->n; i++)
		set->in[i] = &set->things[i];
	return db_insert_each(set->errors, ctx, THINGS, &thing_shape, set->in, set->n);
}

static enum err insert_all(struct set *set, struct ctx *ctx)
{
	for (size_t i = 0; i < set->n; i++)
		set->in[i] = &set->things[i];
	return db_insert_all(ctx, THINGS, &thing_shape, set->in, set->n);
}

static void test_insert_each_inserts_all(void **state)
{
	struct ctx *ctx = *state;
	struct set set = make_set(ctx, "abcdefghijklmnopqrstuvwxyz012345");

	assert_int_equal(insert_each(&set, ctx), OK);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(set.errors[i], OK);
		assert_int_equal(n_of(ctx, set.things[i].name), i);
	}
	assert_int_equal(count_things(ctx, everything(ctx)), MANY);
}

/* One duplicate of a stored document, and one within the command. */
static void test_duplicate_does_not_affect_other_inserts(void **state)
{
	static const enum err wanted[] = {OK, ERR_DUPLICATE, OK, ERR_DUPLICATE, OK};
	struct ctx *ctx = *state;
	struct set set = make_set(ctx, "xayxz");

	put_thing(ctx, "a", 100);
	set.things[3].n = 200;
	assert_int_equal(insert_each(&set, ctx), OK);
	for (size_t i = 0; i < set.n; i++)
		assert_int_equal(set.errors[i], wanted[i]);
	assert_int_equal(count_things(ctx, everything(ctx)), 4);
	assert_int_equal(n_of(ctx, "a"), 100);
	assert_int_equal(n_of(ctx, "x"), 0);
	assert_int_equal(n_of(ctx, "z"), 4);
}

static void test_failed_insert_command_is_an_error(void **state)
{
	struct ctx *ctx = *state;
	struct set set = make_set(ctx, "ab");
	const void *in[] = {&set.things[0], &set.things[1]};
	int64_t deadline = ctx->deadline;

	assert_int_equal(db_insert_each(set.errors, ctx, ".things", &thing_shape, in, 2),
			 ERR_INTERNAL);
	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(insert_each(&set, ctx), ERR_TIMEOUT);
	assert_int_equal(insert_all(&set, ctx), ERR_TIMEOUT);
	ctx->deadline = deadline;
	assert_int_equal(count_things(ctx, everything(ctx)), 0);
}

static void test_insert_all_returns_first_error(void **state)
{
	struct ctx *ctx = *state;
	struct set set = make_set(ctx, "abc"), again = make_set(ctx, "dbe");

	assert_int_equal(insert_all(&set, ctx), OK);
	assert_int_equal(count_things(ctx, everything(ctx)), 3);
	assert_int_equal(insert_all(&again, ctx), ERR_DUPLICATE);
}

static enum err insert_within(struct ctx *ctx, void *arg)
{
	struct set *set = arg;
	enum err e = insert_each(set, ctx);

	for (size_t i = 0; i < set->n && !e; i++)
		e = set->errors[i];
	return e;
}

static enum err insert_all_within(struct ctx *ctx, void *arg)
{
	return insert_all(arg, ctx);
}

static void test_duplicate_insert_ends_transaction(void **state)
{
	struct ctx *ctx = *state;
	struct set set = make_set(ctx, "bac");

	put_thing(ctx, "a", 1);
	assert_int_equal(db_transaction(ctx, insert_within, &set), ERR_DUPLICATE);
	assert_int_equal(db_transaction(ctx, insert_all_within, &set), ERR_DUPLICATE);
	assert_int_equal(count_things(ctx, everything(ctx)), 1);
	set = make_set(ctx, "bc");
	assert_int_equal(db_transaction(ctx, insert_all_within, &set), OK);
	assert_int_equal(count_things(ctx, everything(ctx)), 3);
}

/* ---- upsert ---- */

struct upserts {
	struct db_statement statements[5];
	enum err errors[5];
	bool inserted[5];
};

static struct db_statement increment_upsert(const bson_t *filter, const bson_t *update)
{
	return (struct db_statement){.filter = filter, .update = update, .upsert = true};
}

/* Matches the name with an n up to 5; for a larger n the upsert violates the unique index. */
static bson_t *small(struct ctx *ctx, const char *name)
{
	return ctx_bson(ctx,
			BCON_NEW("name", BCON_UTF8(name), "n", "{", "$lte", BCON_INT64(5), "}"));
}

static enum err upsert_each(struct upserts *u, struct ctx *ctx, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		u->errors[i] = ERR_CART_EMPTY;
		u->inserted[i] = i % 2 == 0;
	}
	return db_upsert_each(u->errors, u->inserted, ctx, THINGS, u->statements, n);
}

static void test_upsert_each_reports_inserts(void **state)
{
	static const bool wanted[] = {false, true, false, true, false};
	static const char *const names[] = {"a", "b", "b", "c", "a"};
	struct ctx *ctx = *state;
	struct upserts u;

	put_thing(ctx, "a", 1);
	for (size_t i = 0; i < 5; i++)
		u.statements[i] = increment_upsert(by_name(ctx, names[i]), add_to_n(ctx, 10));
	assert_int_equal(upsert_each(&u, ctx, 5), OK);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(u.errors[i], OK);
		assert_int_equal(u.inserted[i], wanted[i]);
	}
	assert_int_equal(n_of(ctx, "a"), 21);
	assert_int_equal(n_of(ctx, "b"), 20);
	assert_int_equal(n_of(ctx, "c"), 10);
	assert_int_equal(count_things(ctx, everything(ctx)), 3);
}

static void test_duplicate_does_not_affect_other_upserts(void **state)
{
	static const enum err wanted[] = {OK, ERR_DUPLICATE, OK, ERR_DUPLICATE, OK};
	static const bool made[] = {true, false, false, false, true};
	static const char *const names[] = {"b", "a", "c", "a", "d"};
	struct ctx *ctx = *state;
	struct upserts u;

	put_thing(ctx, "a", 100);
	put_thing(ctx, "c", 1);
	for (size_t i = 0; i < 5; i++)
		u.statements[i] = increment_upsert(small(ctx, names[i]), add_to_n(ctx, 1));
	assert_int_equal(upsert_each(&u, ctx, 5), OK);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(u.errors[i], wanted[i]);
		assert_int_equal(u.inserted[i], made[i]);
	}
	assert_int_equal(n_of(ctx, "a"), 100);
	assert_int_equal(n_of(ctx, "b"), 1);
	assert_int_equal(n_of(ctx, "c"), 2);
	assert_int_equal(n_of(ctx, "d"), 1);
}

static void test_invalid_upsert_does_not_affect_others(void **state)
{
	struct ctx *ctx = *state;
	struct upserts u;

	put_thing(ctx, "a", 1);
	u.statements[0] =
	    increment_upsert(by_name(ctx, "a"),
			     ctx_bson(ctx, BCON_NEW("$set", "{", "_id", "other", "}")));
	u.statements[1] = increment_upsert(by_name(ctx, "b"), add_to_n(ctx, 1));
	assert_int_equal(upsert_each(&u, ctx, 2), OK);
	assert_int_equal(u.errors[0], ERR_INTERNAL);
	assert_false(u.inserted[0]);
	assert_int_equal(u.errors[1], OK);
	assert_true(u.inserted[1]);
}

static void test_failed_upsert_command_is_an_error(void **state)
{
	struct ctx *ctx = *state;
	int64_t deadline = ctx->deadline;
	struct upserts u;

	u.statements[0] = increment_upsert(by_name(ctx, "a"), add_to_n(ctx, 1));
	assert_int_equal(db_upsert_each(u.errors, u.inserted, ctx, ".things", u.statements, 1),
			 ERR_INTERNAL);
	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(upsert_each(&u, ctx, 1), ERR_TIMEOUT);
	ctx->deadline = deadline;
	assert_int_equal(count_things(ctx, everything(ctx)), 0);
}

/* ---- delete ---- */

static int64_t delete_each(struct ctx *ctx, const bson_t *const *filters, size_t n)
{
	int64_t deleted = -1;

	assert_int_equal(db_delete_each(&deleted, ctx, THINGS, filters, n), OK);
	return deleted;
}

static void put_four(struct ctx *ctx)
{
	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	put_thing(ctx, "c", 2);
	put_thing(ctx, "d", 3);
}

static void test_delete_each_applies_all_filters(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *ones = ctx_bson(ctx, BCON_NEW("n", BCON_INT64(1)));
	const bson_t *filters[] = {by_name(ctx, "c"), by_name(ctx, "none"), ones,
				   by_name(ctx, "a")};

	put_four(ctx);
	assert_int_equal(delete_each(ctx, filters, 4), 3); /* "a" counts once */
	assert_int_equal(count_things(ctx, everything(ctx)), 1);
	assert_int_equal(n_of(ctx, "d"), 3);
	assert_int_equal(delete_each(ctx, filters, 4), 0);
}

static void test_failed_delete_is_an_error(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *filters[] = {by_name(ctx, "a"), invalid_filter(ctx)};
	int64_t deadline = ctx->deadline, deleted;

	put_four(ctx);
	assert_int_equal(db_delete_each(&deleted, ctx, THINGS, filters, 2), ERR_INTERNAL);
	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(db_delete_each(&deleted, ctx, THINGS, filters, 1), ERR_TIMEOUT);
	ctx->deadline = deadline;
	assert_in_range(count_things(ctx, everything(ctx)), 3, 4);
}

static enum err delete_and_abort(struct ctx *ctx, void *arg)
{
	const bson_t *filters[] = {by_name(ctx, "a"), by_name(ctx, "b")};

	(void)arg;
	assert_int_equal(delete_each(ctx, filters, 2), 2);
	return ERR_CART_EMPTY;
}

static void test_delete_is_transactional(void **state)
{
	struct ctx *ctx = *state;

	put_four(ctx);
	assert_int_equal(db_transaction(ctx, delete_and_abort, NULL), ERR_CART_EMPTY);
	assert_int_equal(count_things(ctx, everything(ctx)), 4);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_insert_each_inserts_all),
	    TEST(test_duplicate_does_not_affect_other_inserts),
	    TEST(test_failed_insert_command_is_an_error),
	    TEST(test_insert_all_returns_first_error),
	    TEST(test_duplicate_insert_ends_transaction),
	    TEST(test_upsert_each_reports_inserts),
	    TEST(test_duplicate_does_not_affect_other_upserts),
	    TEST(test_invalid_upsert_does_not_affect_others),
	    TEST(test_failed_upsert_command_is_an_error),
	    TEST(test_delete_each_applies_all_filters),
	    TEST(test_failed_delete_is_an_error),
	    TEST(test_delete_is_transactional),
	};

	return cmocka_run_group_tests_name("db_each", tests, open_shared, close_shared);
}
