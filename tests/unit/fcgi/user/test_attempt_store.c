/* Counters of failed logins. */
#include "fcgi/user/indexes.h"
#include "store_fixture.h"

#include "fcgi/user/attempt_store.h"

enum { MAX_ATTEMPTS = 3, WINDOW_MS = 60 * 1000, TRIES = 5 };

static int open_all(void **state)
{
	(void)state;
	store_open(&user_indexes);
	return 0;
}

static int set_up(void **state)
{
	struct ctx *ctx = store_begin();

	empty_collection(ctx, "login_attempts");
	*state = ctx;
	return 0;
}

static struct attempt attempt_of(const char *id)
{
	struct attempt attempt = {.max_attempts = MAX_ATTEMPTS, .window_ms = WINDOW_MS};

	snprintf(attempt.id, sizeof attempt.id, "%s", id);
	return attempt;
}

static int64_t reserve(struct ctx *ctx, struct attempt *attempt)
{
	int64_t wait_ms = -1;

	assert_int_equal(attempt_reserve(&wait_ms, ctx, attempt), OK);
	return wait_ms;
}

static void fill(struct ctx *ctx, const char *id)
{
	struct attempt attempt = attempt_of(id);

	for (int i = 0; i < MAX_ATTEMPTS; i++)
		assert_int_equal(reserve(ctx, &attempt), 0);
}

static int64_t wait_of(struct ctx *ctx, const char *id)
{
	struct attempt attempt = attempt_of(id);
	int64_t wait_ms = -1;

	assert_int_equal(attempts_read(&wait_ms, ctx, &attempt, 1), OK);
	return wait_ms;
}

static void test_full_window_refuses(void **state)
{
	struct attempt attempt = attempt_of("a"), other = attempt_of("b");

	assert_int_equal(wait_of(*state, "a"), 0);
	fill(*state, "a");
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
	assert_in_range(wait_of(*state, "a"), 1, WINDOW_MS);
	assert_int_equal(reserve(*state, &other), 0);
	assert_int_equal(wait_of(*state, "b"), 0);
}

static void test_counters_are_independent(void **state)
{
	struct attempt both[] = {attempt_of("a"), attempt_of("b")};
	int64_t waits[2];

	fill(*state, "b");
	assert_int_equal(attempts_read(waits, *state, both, 2), OK);
	assert_int_equal(waits[0], 0);
	assert_in_range(waits[1], 1, WINDOW_MS);
}

static void test_released_attempt_does_not_count(void **state)
{
	struct attempt attempt = attempt_of("a");

	for (int i = 0; i < MAX_ATTEMPTS * 3; i++) {
		assert_int_equal(reserve(*state, &attempt), 0);
		assert_int_equal(attempt_release(*state, &attempt), OK);
	}
	fill(*state, "a");
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
}

/* Moves the window into the past. */
static void pass_time(struct ctx *ctx, const char *id, int64_t ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("0", "{", "$set", "{", "until", "{", "$subtract",
						"[", "$until", BCON_INT64(ms), "]", "}", "}", "}"));
	struct {
		const char *_id;
	} out;
	static const struct field fields[] = {{.name = "_id", .type = FIELD_STRING}};
	static const struct shape shape = {sizeof(const char *), fields, 1};

	assert_int_equal(db_update_and_get_volatile(&out, ctx, "login_attempts", &shape, filter,
						    update, false),
			 OK);
}

static void test_window_begins_with_first_attempt(void **state)
{
	struct attempt attempt = attempt_of("a");
	int64_t wait_ms;

	fill(*state, "a");
	pass_time(*state, "a", WINDOW_MS / 2);
	wait_ms = reserve(*state, &attempt);
	assert_in_range(wait_ms, WINDOW_MS / 2 - 10 * 1000, WINDOW_MS / 2);
	pass_time(*state, "a", WINDOW_MS / 2);
	assert_int_equal(wait_of(*state, "a"), 0);
	fill(*state, "a");
	wait_ms = reserve(*state, &attempt);
	assert_in_range(wait_ms, WINDOW_MS - 10 * 1000, WINDOW_MS);
}

/* The attempt was reserved in an earlier window. */
static void test_late_release_keeps_later_window(void **state)
{
	struct attempt late = attempt_of("a"), attempt = attempt_of("a");

	assert_int_equal(reserve(*state, &late), 0);
	pass_time(*state, "a", WINDOW_MS);
	clock_sleep_ms(2); /* the ends of windows differ */
	fill(*state, "a");
	assert_int_equal(attempt_release(*state, &late), OK);
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
}

static void test_release_without_counter(void **state)
{
	struct attempt attempt = attempt_of("a");

	assert_int_equal(attempt_release(*state, &attempt), OK);
	assert_int_equal(count_documents(*state, "login_attempts"), 0);
}

static enum err reserve_often(struct ctx *ctx, int i)
{
	struct attempt attempt = attempt_of("race");
	int64_t wait_ms;
	int reserved = 0;

	(void)i;
	for (int t = 0; t < TRIES; t++) {
		if (attempt_reserve(&wait_ms, ctx, &attempt))
			return ERR_INTERNAL;
		reserved += !wait_ms;
	}
	return (enum err)reserved;
}

static void test_concurrent_attempts_keep_limit(void **state)
{
	enum err results[RACERS_MAX];
	int reserved = 0;

	(void)state;
	race(results, RACERS_MAX, reserve_often);
	for (int i = 0; i < RACERS_MAX; i++)
		reserved += (int)results[i];
	assert_int_equal(reserved, MAX_ATTEMPTS);
}

/* The index expires documents by a date. */
static void test_counters_have_date(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	fill(ctx, "a");
	assert_int_equal(
	    db_count(&n, ctx, "login_attempts",
		     ctx_bson(ctx, BCON_NEW("until", "{", "$type", BCON_UTF8("date"), "}")), 10),
	    OK);
	assert_int_equal(n, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_full_window_refuses),
	    TEST(test_counters_are_independent),
	    TEST(test_released_attempt_does_not_count),
	    TEST(test_window_begins_with_first_attempt),
	    TEST(test_late_release_keeps_later_window),
	    TEST(test_release_without_counter),
	    TEST(test_concurrent_attempts_keep_limit),
	    TEST(test_counters_have_date),
	};

	return cmocka_run_group_tests_name("attempt_store", tests, open_all, store_close);
}
