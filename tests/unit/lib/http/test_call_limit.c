/* Limits of an account's calls per minute, counted in a table of fixed size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>

#include "call_limit.h"

enum { LIMIT = 20, THREADS = 8, MANY = 200 * 1000 };

/* Each test begins long after the last one. */
static int64_t now;

static int begin(void **state)
{
	(void)state;
	now += 10 * CALL_LIMIT_MINUTE_MS;
	call_limit_init((int64_t[CALL_KINDS]){LIMIT, LIMIT});
	return 0;
}

static enum err count(const char *user_id)
{
	int64_t wait_ms = -1;
	enum err e = call_limit_count(&wait_ms, CALLS_ROUTE, user_id, now);

	assert_int_equal(wait_ms != -1, e == ERR_TOO_MANY_REQUESTS);
	return e;
}

static void use_up(const char *user_id)
{
	for (int i = 0; i < LIMIT; i++)
		assert_int_equal(count(user_id), OK);
	assert_int_equal(count(user_id), ERR_TOO_MANY_REQUESTS);
}

static void test_account_is_limited(void **state)
{
	(void)state;
	use_up("a");
	use_up("b");
	assert_int_equal(count("a"), ERR_TOO_MANY_REQUESTS);
}

static void test_kinds_are_counted_separately(void **state)
{
	int64_t wait_ms;

	(void)state;
	use_up("a");
	for (int i = 0; i < LIMIT; i++)
		assert_int_equal(call_limit_count(&wait_ms, CALLS_KEYED, "a", now), OK);
	assert_int_equal(call_limit_count(&wait_ms, CALLS_KEYED, "a", now), ERR_TOO_MANY_REQUESTS);
	call_limit_init((int64_t[CALL_KINDS]){[CALLS_KEYED] = LIMIT});
	for (int i = 0; i < 2 * LIMIT; i++)
		assert_int_equal(count("a"), OK);
}

static void test_next_minute_resets_count(void **state)
{
	int64_t wait_ms = 0;

	(void)state;
	use_up("a");
	now += 1000;
	assert_int_equal(call_limit_count(&wait_ms, CALLS_ROUTE, "a", now), ERR_TOO_MANY_REQUESTS);
	assert_int_equal(wait_ms, CALL_LIMIT_MINUTE_MS - 1000);
	now += wait_ms - 1;
	assert_int_equal(count("a"), ERR_TOO_MANY_REQUESTS);
	now += 1;
	use_up("a");
}

static void test_zero_means_no_limit(void **state)
{
	(void)state;
	call_limit_init((int64_t[CALL_KINDS]){0});
	for (int i = 0; i < 10 * LIMIT; i++)
		assert_int_equal(count("a"), OK);
}

/* Far more accounts than the table has places. */
static void test_other_accounts_do_not_evict_used_up_one(void **state)
{
	char user_id[32];

	(void)state;
	use_up("a");
	for (int i = 0; i < MANY; i++) {
		snprintf(user_id, sizeof user_id, "other-%d", i);
		assert_int_equal(count(user_id), OK);
	}
	assert_int_equal(count("a"), ERR_TOO_MANY_REQUESTS);
}

static void test_expired_counts_are_replaced(void **state)
{
	char user_id[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(user_id, sizeof user_id, "early-%d", i);
		assert_int_equal(count(user_id), OK);
	}
	now += CALL_LIMIT_MINUTE_MS;
	for (int i = 0; i < 100; i++) {
		snprintf(user_id, sizeof user_id, "late-%d", i);
		use_up(user_id);
	}
}

static void *count_often(void *arg)
{
	int *passed = arg;
	int64_t wait_ms;

	for (int i = 0; i < LIMIT; i++)
		*passed += !call_limit_count(&wait_ms, CALLS_ROUTE, "a", now);
	return NULL;
}

static void test_threads_share_the_count(void **state)
{
	pthread_t threads[THREADS];
	int passed[THREADS] = {0}, sum = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_often, &passed[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += passed[i];
	}
	assert_int_equal(sum, LIMIT);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, begin)
	const struct CMUnitTest tests[] = {
	    TEST(test_account_is_limited),
	    TEST(test_kinds_are_counted_separately),
	    TEST(test_next_minute_resets_count),
	    TEST(test_zero_means_no_limit),
	    TEST(test_other_accounts_do_not_evict_used_up_one),
	    TEST(test_expired_counts_are_replaced),
	    TEST(test_threads_share_the_count),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("call_limit", tests, NULL, NULL);
}
