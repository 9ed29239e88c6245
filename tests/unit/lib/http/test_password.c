#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "password.h"

enum { SLOTS = 1, QUEUE = 1, THREADS = 3, FAR_MS = 60 * 1000 };

static int64_t far(void)
{
	return clock_mono_ms() + FAR_MS;
}

static void test_hash_has_phc_form(void **state)
{
	static const char prefix[] = "$argon2id$v=19$m=19456,t=2,p=1$";
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash(hash, "correct horse", far()), OK);
	assert_memory_equal(hash, prefix, sizeof prefix - 1);
	assert_non_null(memchr(hash, '\0', sizeof hash));
}

static void test_equal_passwords_have_different_hashes(void **state)
{
	char a[PASSWORD_HASH_SIZE], b[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash(a, "correct horse", far()), OK);
	assert_int_equal(password_hash(b, "correct horse", far()), OK);
	assert_string_not_equal(a, b);
}

static void test_only_right_password_matches(void **state)
{
	static const struct {
		const char *password;
		bool matches;
	} rows[] = {
	    {"p\xC3\xA4ssword \xF0\x9F\x94\x91", true},
	    {"p\xC3\xA4ssword \xF0\x9F\x94\x91 ", false},
	    {"P\xC3\xA4ssword \xF0\x9F\x94\x91", false},
	    {"", false},
	};
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash(hash, rows[0].password, far()), OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool matches = !rows[i].matches;

		assert_int_equal(password_verify(&matches, hash, rows[i].password, far()), OK);
		assert_int_equal(matches, rows[i].matches);
	}
}

static void test_missing_hash_never_matches(void **state)
{
	bool matches = true;

	(void)state;
	assert_int_equal(password_verify(&matches, NULL, "correct horse", far()), OK);
	assert_false(matches);
}

static void test_damaged_hash_is_an_error(void **state)
{
	bool matches = true;

	(void)state;
	assert_int_equal(password_verify(&matches, "$argon2id$v=19$garbage", "x", far()),
			 ERR_INTERNAL);
	assert_int_equal(password_verify(&matches, "", "x", far()), ERR_INTERNAL);
	assert_true(matches);
}

static atomic_bool stop;
static atomic_int refused;

/* Hashes until a call is refused. */
static void *hash_on(void *deadline_ms)
{
	char hash[PASSWORD_HASH_SIZE];

	while (!stop) {
		enum err e = password_hash(hash, "x", clock_mono_ms() + *(int64_t *)deadline_ms);

		if (e) {
			refused++;
			stop = true;
		}
	}
	return NULL;
}

static void run_threads(int n, int64_t deadline_ms)
{
	pthread_t threads[THREADS];

	stop = false;
	refused = 0;
	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_on, &deadline_ms), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* With one slot, one queue place and three threads, a call is refused long before its deadline. */
static void test_full_queue_is_unavailable(void **state)
{
	int64_t begin = clock_mono_ms();

	(void)state;
	run_threads(SLOTS + QUEUE + 1, FAR_MS);
	assert_true(refused > 0);
	assert_true(clock_mono_ms() - begin < FAR_MS);
}

/* A second thread waits for the slot until its deadline. */
static void test_wait_ends_at_deadline(void **state)
{
	(void)state;
	run_threads(SLOTS + QUEUE, 0);
	assert_true(refused > 0);
}

static int init(void **state)
{
	(void)state;
	return password_init(SLOTS, QUEUE) == OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash_has_phc_form),
	    cmocka_unit_test(test_equal_passwords_have_different_hashes),
	    cmocka_unit_test(test_only_right_password_matches),
	    cmocka_unit_test(test_missing_hash_never_matches),
	    cmocka_unit_test(test_damaged_hash_is_an_error),
	    cmocka_unit_test(test_full_queue_is_unavailable),
	    cmocka_unit_test(test_wait_ends_at_deadline),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
