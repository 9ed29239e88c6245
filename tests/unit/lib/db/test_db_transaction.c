#include "db_fixture.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 25 };

/* Reads outside of the transaction. */
static void add_outside(const char *name)
{
	struct work work;

	work_begin(&work, db);
	assert_int_equal(db_update(NULL, &work.ctx, THINGS, by_name(&work.ctx, name),
				   add_to_n(&work.ctx, 1), false),
			 OK);
	work_end(&work);
}

static int64_t count_outside(void)
{
	struct work work;
	int64_t n;

	work_begin(&work, db);
	n = count_things(&work.ctx, everything(&work.ctx));
	work_end(&work);
	return n;
}

/* ---- commit and abort ---- */

static enum err put_two(struct ctx *ctx, void *result)
{
	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 2);
	assert_int_equal(count_things(ctx, everything(ctx)), 2);
	assert_int_equal(count_outside(), 0);
	return *(enum err *)result;
}

static void test_transaction_commits_all(void **state)
{
	enum err result = OK;

	assert_int_equal(db_transaction(*state, put_two, &result), OK);
	assert_int_equal(count_outside(), 2);
}

static void test_abort_leaves_no_changes(void **state)
{
	enum err result = ERR_CART_EMPTY;

	assert_int_equal(db_transaction(*state, put_two, &result), ERR_CART_EMPTY);
	assert_int_equal(count_outside(), 0);
	/* The context is usable for the next transaction. */
	result = OK;
	assert_int_equal(db_transaction(*state, put_two, &result), OK);
	assert_int_equal(count_outside(), 2);
}

/* Every kind of write uses the session. */
static enum err write_all_ways(struct ctx *ctx, void *arg)
{
	struct thing out;
	int64_t n;

	(void)arg;
	put_thing(ctx, "c", 1);
	assert_int_equal(db_update(NULL, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 1), false),
			 OK);
	assert_int_equal(db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "d"),
					   add_to_n(ctx, 1), true),
			 OK);
	assert_int_equal(db_delete(&n, ctx, THINGS, by_name(ctx, "b")), OK);
	return ERR_OUT_OF_STOCK;
}

static void test_abort_reverts_every_kind_of_write(void **state)
{
	struct ctx *ctx = *state;

	put_thing(ctx, "a", 1);
	put_thing(ctx, "b", 1);
	assert_int_equal(db_transaction(ctx, write_all_ways, NULL), ERR_OUT_OF_STOCK);
	assert_int_equal(count_things(ctx, everything(ctx)), 2);
	assert_int_equal(n_of(ctx, "a"), 1);
	assert_int_equal(n_of(ctx, "b"), 1);
}

static enum err put_twice(struct ctx *ctx, void *arg)
{
	struct thing again = make_thing("a", 2);

	(void)arg;
	put_thing(ctx, "b", 1);
	return db_insert(ctx, THINGS, &thing_shape, &again);
}

static void test_duplicate_aborts_transaction(void **state)
{
	struct ctx *ctx = *state;

	put_thing(ctx, "a", 1);
	assert_int_equal(db_transaction(ctx, put_twice, NULL), ERR_DUPLICATE);
	assert_int_equal(count_things(ctx, everything(ctx)), 1);
}

static enum err do_nothing(struct ctx *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return OK;
}

static enum err begin_another(struct ctx *ctx, void *arg)
{
	return db_transaction(ctx, do_nothing, arg);
}

static void test_nested_transaction_is_refused(void **state)
{
	assert_int_equal(db_transaction(*state, do_nothing, NULL), OK);
	assert_int_equal(db_transaction(*state, begin_another, NULL), ERR_INTERNAL);
}

static void test_no_transaction_after_deadline(void **state)
{
	struct ctx *ctx = *state;

	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(db_transaction(ctx, do_nothing, NULL), ERR_TIMEOUT);
}

/* ---- conflicts ---- */

struct contest {
	int runs, lost; /* the first `lost` runs conflict with another client's write */
};

static enum err add_slowly(struct ctx *ctx, void *arg)
{
	struct contest *contest = arg;

	n_of(ctx, "a"); /* starts the transaction's snapshot */
	if (contest->runs++ < contest->lost)
		add_outside("a");
	return db_update(NULL, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 10), false);
}

static void test_conflict_is_retried(void **state)
{
	struct contest contest = {.lost = 2};

	put_thing(*state, "a", 0);
	assert_int_equal(db_transaction(*state, add_slowly, &contest), OK);
	assert_int_equal(contest.runs, 3);
	assert_int_equal(n_of(*state, "a"), 12);
}

static void test_repeated_conflicts_fail(void **state)
{
	struct contest contest = {.lost = 1000};
	int64_t started = clock_mono_ms();

	put_thing(*state, "a", 0);
	assert_int_equal(db_transaction(*state, add_slowly, &contest), ERR_UNAVAILABLE);
	assert_in_range(contest.runs, 2, 5);
	assert_in_range(clock_mono_ms() - started, 0, 3000);
	assert_int_equal(n_of(*state, "a"), contest.runs);
}

/* Reads n, then writes n + 1: increments would be lost without isolation. */
static enum err add_one(struct ctx *ctx, void *arg)
{
	int64_t n = n_of(ctx, "a");
	const bson_t *set = ctx_bson(ctx, BCON_NEW("$set", "{", "n", BCON_INT64(n + 1), "}"));

	(void)arg;
	return db_update(NULL, ctx, THINGS, by_name(ctx, "a"), set, false);
}

static void *add_many(void *done)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct work work;

		work_begin(&work, db);
		*(int *)done += !db_transaction(&work.ctx, add_one, NULL);
		work_end(&work);
	}
	return NULL;
}

static void test_concurrent_increments_are_exact(void **state)
{
	pthread_t threads[THREADS];
	int done[THREADS] = {0}, sum = 0;

	put_thing(*state, "a", 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &done[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += done[i];
	}
	assert_true(sum > 0);
	assert_int_equal(n_of(*state, "a"), sum);
}

/* ---- one attempt ---- */

static enum err put_outside(struct ctx *ctx, void *arg)
{
	put_thing(ctx, "b", 1);
	return add_slowly(ctx, arg);
}

static void test_single_attempt_is_atomic(void **state)
{
	static enum err results[] = {ERR_CART_EMPTY, ERR_NO_DOCUMENT, ERR_RETRY, OK};

	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
		assert_int_equal(db_transaction_once(*state, put_two, &results[i]), results[i]);
		assert_int_equal(count_outside(), results[i] == OK ? 2 : 0);
	}
}

static void test_single_attempt_returns_retry_after_conflict(void **state)
{
	struct contest contest = {.lost = 1};

	put_thing(*state, "a", 0);
	assert_int_equal(db_transaction_once(*state, put_outside, &contest), ERR_RETRY);
	assert_int_equal(contest.runs, 1);
	assert_int_equal(n_of(*state, "a"), 1);
	assert_int_equal(count_outside(), 1);
	/* The context is usable for the next transaction. */
	assert_int_equal(db_transaction_once(*state, put_outside, &contest), OK);
	assert_int_equal(n_of(*state, "a"), 11);
	assert_int_equal(count_outside(), 2);
}

static void test_single_attempt_reports_duplicate(void **state)
{
	put_thing(*state, "a", 1);
	assert_int_equal(db_transaction_once(*state, put_twice, NULL), ERR_DUPLICATE);
	assert_int_equal(count_outside(), 1);
}

static enum err once_within(struct ctx *ctx, void *arg)
{
	return db_transaction_once(ctx, do_nothing, arg);
}

static void test_single_attempt_checks_deadline_and_nesting(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(db_transaction_once(ctx, once_within, NULL), ERR_INTERNAL);
	assert_int_equal(db_transaction(ctx, once_within, NULL), ERR_INTERNAL);
	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(db_transaction_once(ctx, do_nothing, NULL), ERR_TIMEOUT);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_transaction_commits_all),
	    TEST(test_abort_leaves_no_changes),
	    TEST(test_abort_reverts_every_kind_of_write),
	    TEST(test_duplicate_aborts_transaction),
	    TEST(test_nested_transaction_is_refused),
	    TEST(test_no_transaction_after_deadline),
	    TEST(test_conflict_is_retried),
	    TEST(test_repeated_conflicts_fail),
	    TEST(test_concurrent_increments_are_exact),
	    TEST(test_single_attempt_is_atomic),
	    TEST(test_single_attempt_returns_retry_after_conflict),
	    TEST(test_single_attempt_reports_duplicate),
	    TEST(test_single_attempt_checks_deadline_and_nesting),
	};

	return cmocka_run_group_tests_name("db_transaction", tests, open_shared, close_shared);
}
