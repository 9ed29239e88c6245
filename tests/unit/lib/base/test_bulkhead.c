#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bulkhead.h"
#include "clock.h"

enum { FAR_MS = 60 * 1000, THREADS = 8, ROUNDS = 500 };

static struct bulkhead bulkhead;

/* A thread that enters the bulkhead once. */
struct visitor {
	pthread_t thread;
	enum err result;
};

static atomic_int refused;

static void *visit(void *arg)
{
	struct visitor *v = arg;

	v->result = bulkhead_enter(&bulkhead, clock_mono_ms() + FAR_MS);
	if (v->result)
		refused++;
	else
		bulkhead_leave(&bulkhead);
	return NULL;
}

static void test_slots_limit_threads(void **state)
{
	(void)state;
	assert_int_equal(bulkhead_init(&bulkhead, 2, 0), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, clock_mono_ms() + FAR_MS), ERR_UNAVAILABLE);
	bulkhead_leave(&bulkhead);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	bulkhead_leave(&bulkhead);
	bulkhead_leave(&bulkhead);
	bulkhead_dispose(&bulkhead);
}

static void test_enter_waits_until_deadline(void **state)
{
	int64_t begin = clock_mono_ms();

	(void)state;
	assert_int_equal(bulkhead_init(&bulkhead, 1, 1), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, begin + 30), ERR_TIMEOUT);
	assert_true(clock_mono_ms() >= begin + 30);
	assert_int_equal(bulkhead_enter(&bulkhead, begin), ERR_TIMEOUT);
	/* The timed-out waits have no effect on later ones. */
	bulkhead_leave(&bulkhead);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	bulkhead_leave(&bulkhead);
	bulkhead_dispose(&bulkhead);
}

/* Two threads, no free slot, and a queue of one: one thread fails while the other waits. */
static void test_enter_fails_at_once_if_queue_is_full(void **state)
{
	struct visitor two[2];

	(void)state;
	refused = 0;
	assert_int_equal(bulkhead_init(&bulkhead, 1, 1), OK);
	assert_int_equal(bulkhead_enter(&bulkhead, 0), OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&two[i].thread, NULL, visit, &two[i]), 0);
	while (!refused)
		clock_sleep_ms(1);
	bulkhead_leave(&bulkhead);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(two[i].thread, NULL), 0);
	assert_int_equal(refused, 1);
	assert_int_equal(two[0].result + two[1].result, OK + ERR_UNAVAILABLE);
	bulkhead_dispose(&bulkhead);
}

static atomic_int inside, most_inside, failures;

static void *visit_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		int now;

		if (bulkhead_enter(&bulkhead, clock_mono_ms() + FAR_MS)) {
			failures++;
			continue;
		}
		now = ++inside;
		if (now > most_inside)
			most_inside = now;
		inside--;
		bulkhead_leave(&bulkhead);
	}
	return NULL;
}

static void test_queued_threads_get_slots(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(bulkhead_init(&bulkhead, 2, THREADS), OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, visit_often, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(failures, 0);
	assert_in_range(most_inside, 1, 2);
	bulkhead_dispose(&bulkhead);
}

static void test_init_requires_a_slot(void **state)
{
	(void)state;
	assert_int_equal(bulkhead_init(&bulkhead, 0, 1), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slots_limit_threads),
	    cmocka_unit_test(test_enter_waits_until_deadline),
	    cmocka_unit_test(test_enter_fails_at_once_if_queue_is_full),
	    cmocka_unit_test(test_queued_threads_get_slots),
	    cmocka_unit_test(test_init_requires_a_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
