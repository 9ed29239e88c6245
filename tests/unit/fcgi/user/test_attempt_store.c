#include "fcgi/user/indexes.h"
#include "store_fixture.h"

#include "fcgi/user/attempt_store.h"

enum { MOST = 3, WINDOW_MS = 60 * 1000, TRIES = 5 };

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
	struct attempt attempt = {.most = MOST, .window_ms = WINDOW_MS};

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

	for (int i = 0; i < MOST; i++)
		assert_int_equal(reserve(ctx, &attempt), 0);
}

static int64_t wait_of(struct ctx *ctx, const char *id)
{
	struct attempt attempt = attempt_of(id);
	int64_t wait_ms = -1;

	assert_int_equal(attempts_read(&wait_ms, ctx, &attempt, 1), OK);
	return wait_ms;
}

static void as_many_as_a_window_has_are_counted(void **state)
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

static void each_counter_is_read_by_itself(void **state)
{
	struct attempt both[] = {attempt_of("a"), attempt_of("b")};
	int64_t waits[2];

	fill(*state, "b");
	assert_int_equal(attempts_read(waits, *state, both, 2), OK);
	assert_int_equal(waits[0], 0);
	assert_in_range(waits[1], 1, WINDOW_MS);
}

static void what_is_released_does_not_count(void **state)
{
	struct attempt attempt = attempt_of("a");

	for (int i = 0; i < MOST * 3; i++) {
		assert_int_equal(reserve(*state, &attempt), 0);
		assert_int_equal(attempt_release(*state, &attempt), OK);
	}
	fill(*state, "a");
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
}

/* As if the window had begun so much earlier. */
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

static void a_window_begins_with_its_first_attempt(void **state)
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

/* It is of another window: there is nothing to take back in this one. */
static void a_late_release_changes_no_later_window(void **state)
{
	struct attempt late = attempt_of("a"), attempt = attempt_of("a");

	assert_int_equal(reserve(*state, &late), 0);
	pass_time(*state, "a", WINDOW_MS);
	clock_sleep_ms(2); /* windows are told apart by their ends */
	fill(*state, "a");
	assert_int_equal(attempt_release(*state, &late), OK);
	assert_in_range(reserve(*state, &attempt), 1, WINDOW_MS);
}

static void a_release_without_a_counter_is_harmless(void **state)
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

static void racing_attempts_do_not_pass_the_limit_together(void **state)
{
	enum err results[RACERS_MAX];
	int reserved = 0;

	(void)state;
	race(results, RACERS_MAX, reserve_often);
	for (int i = 0; i < RACERS_MAX; i++)
		reserved += (int)results[i];
	assert_int_equal(reserved, MOST);
}

/* The index lets the server drop them: they carry a date. */
static void counters_are_dated(void **state)
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
	    TEST(as_many_as_a_window_has_are_counted),
	    TEST(each_counter_is_read_by_itself),
	    TEST(what_is_released_does_not_count),
	    TEST(a_window_begins_with_its_first_attempt),
	    TEST(a_late_release_changes_no_later_window),
	    TEST(a_release_without_a_counter_is_harmless),
	    TEST(racing_attempts_do_not_pass_the_limit_together),
	    TEST(counters_are_dated),
	};

	return cmocka_run_group_tests_name("attempt_store", tests, open_all, store_close);
}
