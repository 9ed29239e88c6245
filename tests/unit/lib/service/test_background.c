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

/* Jobs run until the process ends, so the tests' jobs pile up, and the last test stops them all. */
enum { SOON_MS = 10 * 1000, LONG_MS = 3600 * 1000, SHORT_MS = 5, BUDGET_MS = 5000 };

/* Whether something comes true within SOON_MS. */
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

static void runs_again_after_its_pause(void **state)
{
	(void)state;
	assert_int_equal(background_start(&often, NULL), OK);
	assert_true(BECOMES(often_rounds >= 3));
}

/* What the first rounds found: written before they are counted. */
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

static void look(struct ctx *ctx)
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

static const struct background_job looks = {"looks", look, SHORT_MS, BUDGET_MS};

static void gives_each_round_a_context_of_its_own(void **state)
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

static void begins_at_once_and_when_it_is_woken(void **state)
{
	(void)state;
	assert_int_equal(background_start(&first, NULL), OK);
	assert_int_equal(background_start(&second, NULL), OK);
	assert_true(BECOMES(first_rounds == 1 && second_rounds == 1));
	background_wake(&first);
	assert_true(BECOMES(first_rounds == 2));
	clock_sleep_ms(20);
	assert_int_equal(second_rounds, 1); /* the other one sleeps on */
}

/* Work that comes while a round is under way, too late for it, isn't left for the next pause. */
static void remembers_a_wake_up_during_a_round(void **state)
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

static void wakes_nobody_for_an_unknown_job(void **state)
{
	static const struct background_job unknown = {"unknown", count_first, LONG_MS, BUDGET_MS};

	(void)state;
	background_wake(&unknown);
	clock_sleep_ms(20);
	assert_int_equal(first_rounds, 4);
}

/* ---- the end ---- */

static void refuses_more_jobs_than_there_is_room_for(void **state)
{
	(void)state;
	for (int i = 4; i < BACKGROUND_JOBS_MAX; i++)
		assert_int_equal(background_start(&second, NULL), OK);
	assert_int_equal(background_start(&second, NULL), ERR_UNAVAILABLE);
}

static void stops_all_jobs_in_the_midst_of_their_pauses(void **state)
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
	background_stop(); /* again is harmless */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(runs_again_after_its_pause),
	    cmocka_unit_test(gives_each_round_a_context_of_its_own),
	    cmocka_unit_test(begins_at_once_and_when_it_is_woken),
	    cmocka_unit_test(remembers_a_wake_up_during_a_round),
	    cmocka_unit_test(wakes_nobody_for_an_unknown_job),
	    cmocka_unit_test(refuses_more_jobs_than_there_is_room_for),
	    cmocka_unit_test(stops_all_jobs_in_the_midst_of_their_pauses),
	};

	log_init("test", LOG_WARNING);
	return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
