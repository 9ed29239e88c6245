#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#include "clock.h"

static void test_format_iso(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {-1, "1969-12-31T23:59:59.999Z"},
	    {-1000, "1969-12-31T23:59:59.000Z"},
	    {INT64_C(1772357400250), "2026-03-01T09:30:00.250Z"},
	    {INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
	    {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
	    {INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z"},
	};
	char text[ISO_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		clock_format_iso(text, rows[i].ms);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_format_iso_clamps_range(void **state)
{
	char text[ISO_TIME_SIZE];

	(void)state;
	clock_format_iso(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	clock_format_iso(text, INT64_MIN);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void test_now_is_time_of_day(void **state)
{
	time_t before = time(NULL);
	int64_t now = clock_now_ms();

	(void)state;
	/* time() may be late by a tick. */
	assert_true(now / 1000 >= before && now / 1000 <= time(NULL) + 1);
}

static void test_monotonic_clocks_agree(void **state)
{
	int64_t ms = clock_mono_ms(), us = clock_mono_us();

	(void)state;
	assert_true(us / 1000 >= ms);
	assert_true(clock_mono_ms() >= us / 1000);
}

static void test_mono_timespec_splits_seconds(void **state)
{
	struct timespec t = clock_mono_timespec(12345);

	(void)state;
	assert_int_equal(t.tv_sec, 12);
	assert_int_equal(t.tv_nsec, 345000000);
}

static void test_sleep_lasts_long_enough(void **state)
{
	int64_t begin = clock_mono_us();

	(void)state;
	clock_sleep_ms(20);
	assert_true(clock_mono_us() - begin >= 20000);
}

static void test_sleep_returns_at_once_for_no_time(void **state)
{
	int64_t begin = clock_mono_ms();

	(void)state;
	clock_sleep_ms(0);
	clock_sleep_ms(-1000000);
	assert_true(clock_mono_ms() - begin < 10000);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void test_signal_does_not_end_sleep(void **state)
{
	const struct sigaction action = {.sa_handler = count_alarm};
	const struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	int64_t begin = clock_mono_us();

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	clock_sleep_ms(60);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(alarms > 0);
	assert_true(clock_mono_us() - begin >= 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format_iso),
	    cmocka_unit_test(test_format_iso_clamps_range),
	    cmocka_unit_test(test_now_is_time_of_day),
	    cmocka_unit_test(test_monotonic_clocks_agree),
	    cmocka_unit_test(test_mono_timespec_splits_seconds),
	    cmocka_unit_test(test_sleep_lasts_long_enough),
	    cmocka_unit_test(test_sleep_returns_at_once_for_no_time),
	    cmocka_unit_test(test_signal_does_not_end_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
