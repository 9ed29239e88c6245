#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "background.h"
#include "clock.h"
#include "log.h"

/* Jobs run until the process ends, so the jobs of all tests run until the last test stops them. */
enum { SOON_MS = 10 * 1000, LONG_MS = 3600 * 1000, SHORT_MS = 5, BUDGET_MS = 5000 };

/* Whether a condition becomes true within SOON_MS. */
#define BECOMES(condition)                                      \
	(__extension__({                                        \
		int64_t until = clock_mono_ms() + SOON_MS;      \
                                                                \
		while (!(condition) && clock_mono_ms() < until) \
			clock_sleep_ms(1);                      \
		(condition);                                    \
	}))

/* ---- rounds ---- */

static atomic_int often_rounds;

static void count_often(struct ctx *ctx)
{
	(void)ctx;
	often_rounds++;
}

static const struct background_job often = {"often", count_often, SHORT_MS, BUDGET_MS};

static void test_job_repeats_after_pause(void **state)
{
	(void)state;
	assert_int_equal(background_start(&often, NULL), OK);
	assert_true(BECOMES(often_rounds >= 3));
}

/* Contexts of the first rounds; written before `first_rounds` is increased. */
static struct {
	int64_t budget_left;
	char ids[2][REQUEST_ID_MAX + 1];
	bool memory, database;
	atomic_int rounds, released;
} seen;

static void count_release(void *object)
{
	(void)object;
	seen.released++;
}

static void observe(struct ctx *ctx)
{
	bool memory = arena_defer(ctx->arena, count_release, arena_alloc(ctx->arena, 100));
	int round = seen.rounds;

	if (round < 2)
		memcpy(seen.ids[round], ctx->request_id, sizeof seen.ids[round]);
	if (round == 0) {
		seen.budget_left = ctx->deadline - clock_mono_ms();
		seen.memory = memory;
		seen.database = ctx->db != NULL;
	}
	seen.rounds = round + 1;
}

static const struct background_job looks = {"looks", observe, SHORT_MS, BUDGET_MS};

static void test_round_has_own_context(void **state)
{
	(void)state;
	assert_int_equal(background_start(&looks, NULL), OK);
	assert_true(BECOMES(seen.rounds >= 3));
	assert_true(seen.memory);
	assert_false(seen.database);
	assert_in_range(seen.budget_left, BUDGET_MS - 1000, BUDGET_MS);
	assert_int_equal(strlen(seen.ids[0]), 32);
	assert_string_not_equal(seen.ids[0], seen.ids[1]);
	assert_true(seen.released >= 2);
}

/* ---- wake-ups ---- */

static atomic_int first_rounds, second_rounds;
static atomic_bool hold_first;

static void count_first(struct ctx *ctx)
{
	(void)ctx;
	first_rounds++;
	while (hold_first)
		clock_sleep_ms(1);
}

static void count_second(struct ctx *ctx)
{
	(void)ctx;
	second_rounds++;
}

static const struct background_job first = {"first", count_first, LONG_MS, BUDGET_MS};
static const struct background_job second = {"second", count_second, LONG_MS, BUDGET_MS};

static void test_job_starts_at_once_and_when_woken(void **state)
{
	(void)state;
	assert_int_equal(background_start(&first, NULL), OK);
	assert_int_equal(background_start(&second, NULL), OK);
	assert_true(BECOMES(first_rounds == 1 && second_rounds == 1));
	background_wake(&first);
	assert_true(BECOMES(first_rounds == 2));
	clock_sleep_ms(20);
	assert_int_equal(second_rounds, 1); /* the other job is still in its pause */
}

/* A wake-up during a round causes another round without a pause. */
static void test_wake_during_round_is_kept(void **state)
{
	(void)state;
	hold_first = true;
	background_wake(&first);
	assert_true(BECOMES(first_rounds == 3));
	background_wake(&first);
	background_wake(&first);
	hold_first = false;
	assert_true(BECOMES(first_rounds == 4));
	clock_sleep_ms(20);
	assert_int_equal(first_rounds, 4); /* two wake-ups, one round */
}

static void test_wake_of_unknown_job_has_no_effect(void **state)
{
	static const struct background_job unknown = {"unknown", count_first, LONG_MS, BUDGET_MS};

	(void)state;
	background_wake(&unknown);
	clock_sleep_ms(20);
	assert_int_equal(first_rounds, 4);
}

/* ---- stop ---- */

static void test_number_of_jobs_is_limited(void **state)
{
	(void)state;
	for (int i = 4; i < BACKGROUND_JOBS_MAX; i++)
		assert_int_equal(background_start(&second, NULL), OK);
	assert_int_equal(background_start(&second, NULL), ERR_UNAVAILABLE);
}

static void test_stop_ends_pauses(void **state)
{
	int64_t began = clock_mono_ms();
	int rounds;

	(void)state;
	assert_false(background_stopping());
	background_stop();
	assert_true(background_stopping());
	assert_true(clock_mono_ms() - began < SOON_MS);
	rounds = often_rounds;
	clock_sleep_ms(10 * SHORT_MS);
	assert_int_equal(often_rounds, rounds);
	background_stop(); /* a second call has no effect */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_job_repeats_after_pause),
	    cmocka_unit_test(test_round_has_own_context),
	    cmocka_unit_test(test_job_starts_at_once_and_when_woken),
	    cmocka_unit_test(test_wake_during_round_is_kept),
	    cmocka_unit_test(test_wake_of_unknown_job_has_no_effect),
	    cmocka_unit_test(test_number_of_jobs_is_limited),
	    cmocka_unit_test(test_stop_ends_pauses),
	};

	log_init("test", LOG_WARNING);
	return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
