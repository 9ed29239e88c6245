#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "group_commit.h"

enum {
	QUEUED = GROUP_COMMIT_MAX + 8, /* more than one batch */
	CALLERS_MAX = QUEUED + 1,
	BATCHES_MAX = 8,
	THREADS = 8,
	ROUNDS = 4000,
	SOON_MS = 10 * 1000,
};

/* ---- batches ---- */

struct numbered_job {
	struct group_commit_job job;
	int number;
	atomic_int times; /* it was run */
};

static struct batch {
	int numbers[GROUP_COMMIT_MAX];
	size_t n;
	pthread_t thread;
	const struct ctx *ctx;
	int64_t deadline;
} batches[BATCHES_MAX];
static size_t n_batches;

/* While `hold` is set, the first batch of a test waits; it sets `is_held`. */
static atomic_bool hold, is_held;

static enum err expected_result(int number)
{
	return (enum err)(number % 5);
}

static void await(const atomic_bool *flag, bool wanted)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	while (*flag != wanted && clock_mono_ms() < until)
		clock_sleep_ms(1);
}

static void run_batch(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct batch *batch = &batches[n_batches++ % BATCHES_MAX];

	*batch =
	    (struct batch){.n = n, .thread = pthread_self(), .ctx = ctx, .deadline = ctx->deadline};
	for (size_t i = 0; i < n && i < GROUP_COMMIT_MAX; i++) {
		struct numbered_job *part = (struct numbered_job *)(void *)jobs[i];

		batch->numbers[i] = part->number;
		part->times++;
		jobs[i]->result = expected_result(part->number);
	}
	if (hold) {
		is_held = true;
		await(&hold, false);
	}
}

static struct group_commit group = GROUP_COMMIT(run_batch);

/* ---- callers ---- */

static struct caller {
	pthread_t thread;
	struct ctx ctx;
	struct numbered_job part;
	enum err result;
} callers[CALLERS_MAX];

static int set_up(void **state)
{
	(void)state;
	memset(batches, 0, sizeof batches);
	memset(callers, 0, sizeof callers);
	n_batches = 0;
	hold = is_held = false;
	return 0;
}

static size_t queue_length(void)
{
	size_t n = 0;

	pthread_mutex_lock(&group.lock);
	for (const struct group_commit_job *job = group.first; job; job = job->next)
		n++;
	pthread_mutex_unlock(&group.lock);
	return n;
}

static void *call_group(void *arg)
{
	struct caller *caller = arg;

	caller->part.job.ctx = &caller->ctx;
	caller->result = group_commit(&group, &caller->part.job);
	return NULL;
}

/* Starts the call of number `i`, and waits until it runs or is queued. */
static void start_call(int i)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	callers[i].part.number = i;
	assert_int_equal(pthread_create(&callers[i].thread, NULL, call_group, &callers[i]), 0);
	if (i == 0)
		await(&is_held, true);
	while (i && queue_length() < (size_t)i && clock_mono_ms() < until)
		clock_sleep_ms(1);
	assert_int_equal(queue_length(), i);
}

/* Holds the batch of number 0 while `n` further calls queue in order, then lets all run. */
static void queue_calls(int n)
{
	hold = true;
	for (int i = 0; i <= n; i++)
		start_call(i);
	assert_int_equal(n_batches, 1);
	hold = false;
	for (int i = 0; i <= n; i++)
		pthread_join(callers[i].thread, NULL);
	assert_int_equal(queue_length(), 0);
}

/* Checks that a batch has the numbers from `first` on, in order. */
static void assert_batch(size_t i, int first, size_t n)
{
	assert_int_equal(batches[i].n, n);
	for (size_t at = 0; at < n; at++)
		assert_int_equal(batches[i].numbers[at], first + (int)at);
}

/* ---- successive batches ---- */

static void test_single_job_runs_at_once(void **state)
{
	struct ctx ctx = {.deadline = 17};
	struct numbered_job part = {.job.ctx = &ctx, .number = 3};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(group_commit(&group, &part.job), expected_result(3));
		assert_int_equal(n_batches, i + 1);
		assert_batch(i, 3, 1);
		assert_ptr_equal(batches[i].ctx, &ctx);
		assert_int_equal(batches[i].deadline, 17);
		assert_true(pthread_equal(batches[i].thread, pthread_self()));
	}
	assert_int_equal(part.times, 3);
}

static void test_jobs_during_a_batch_share_the_next(void **state)
{
	(void)state;
	queue_calls(5);
	assert_int_equal(n_batches, 2);
	assert_batch(0, 0, 1);
	assert_batch(1, 1, 5);
}

static void test_first_queued_job_leads(void **state)
{
	(void)state;
	queue_calls(5);
	assert_ptr_equal(batches[0].ctx, &callers[0].ctx);
	assert_ptr_equal(batches[1].ctx, &callers[1].ctx);
	assert_true(pthread_equal(batches[1].thread, callers[1].thread));
}

static void test_each_job_gets_its_result(void **state)
{
	(void)state;
	queue_calls(12);
	for (int i = 0; i <= 12; i++) {
		assert_int_equal(callers[i].result, expected_result(i));
		assert_int_equal(callers[i].part.times, 1);
	}
}

static void test_full_batch_leaves_rest_to_next(void **state)
{
	(void)state;
	queue_calls(QUEUED);
	assert_int_equal(n_batches, 3);
	assert_batch(1, 1, GROUP_COMMIT_MAX);
	assert_batch(2, 1 + GROUP_COMMIT_MAX, QUEUED - GROUP_COMMIT_MAX);
	assert_true(pthread_equal(batches[2].thread, callers[1 + GROUP_COMMIT_MAX].thread));
	for (int i = 0; i <= QUEUED; i++) {
		assert_int_equal(callers[i].result, expected_result(i));
		assert_int_equal(callers[i].part.times, 1);
	}
}

/* ---- together, else one by one ---- */

/* Refuses batches of several: their odd numbers get ERR_RETRY. */
static void run_even(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	run_batch(ctx, jobs, n);
	for (size_t i = 0; i < n && n > 1; i++) {
		if (((struct numbered_job *)(void *)jobs[i])->number % 2)
			jobs[i]->result = ERR_RETRY;
	}
}

static void test_jobs_to_retry_run_again_alone(void **state)
{
	(void)state;
	group.run = run_even;
	queue_calls(5);
	group.run = run_batch;
	assert_int_equal(n_batches, 2 + 3);
	assert_batch(1, 1, 5);
	for (int i = 0; i < 3; i++)
		assert_batch(2 + (size_t)i, 1 + 2 * i, 1);
	for (int i = 0; i <= 5; i++) {
		assert_int_equal(callers[i].result, expected_result(i));
		assert_int_equal(callers[i].part.times, 1 + i % 2);
	}
	for (size_t i = 1; i < n_batches; i++)
		assert_ptr_equal(batches[i].ctx, &callers[1].ctx);
}

static void retry_always(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	run_batch(ctx, jobs, n);
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = ERR_RETRY;
}

static void test_retry_of_a_single_job_is_its_result(void **state)
{
	struct ctx ctx = {0};
	struct numbered_job parts[2] = {{.job.ctx = &ctx}, {.job.ctx = &ctx, .number = 1}};
	struct group_commit_job *jobs[] = {&parts[0].job, &parts[1].job};

	(void)state;
	group_commit_step(retry_always, &ctx, jobs, 1);
	assert_int_equal(n_batches, 1);
	assert_int_equal(parts[0].job.result, ERR_RETRY);
	group_commit_step(retry_always, &ctx, jobs, 2);
	assert_int_equal(n_batches, 1 + 3);
	assert_batch(1, 0, 2);
	assert_batch(2, 0, 1);
	assert_batch(3, 1, 1);
	assert_int_equal(parts[1].job.result, ERR_RETRY);
}

/* ---- deadlines ---- */

static void test_batch_has_latest_deadline(void **state)
{
	static const int64_t deadlines[] = {900, 100, 500, 300};

	(void)state;
	for (int i = 0; i < 4; i++)
		callers[i].ctx.deadline = deadlines[i];
	queue_calls(3);
	assert_int_equal(batches[0].deadline, 900);
	assert_int_equal(batches[1].deadline, 500);
	for (int i = 0; i < 4; i++) /* restored after the batch */
		assert_int_equal(callers[i].ctx.deadline, deadlines[i]);
}

static void test_leader_deadline_may_be_latest(void **state)
{
	static const int64_t deadlines[] = {0, 800, 500, 300};

	(void)state;
	for (int i = 0; i < 4; i++)
		callers[i].ctx.deadline = deadlines[i];
	queue_calls(3);
	assert_int_equal(batches[1].deadline, 800);
	assert_int_equal(callers[1].ctx.deadline, 800);
}

/* ---- two groups ---- */

static void run_other_batch(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = ERR_RETRY;
}

static struct group_commit other_group = GROUP_COMMIT(run_other_batch);

static void test_groups_are_independent(void **state)
{
	struct ctx ctx = {0};
	struct group_commit_job job = {.ctx = &ctx};
	int64_t began = clock_mono_ms();

	(void)state;
	hold = true;
	start_call(0);
	assert_int_equal(group_commit(&other_group, &job), ERR_RETRY);
	hold = false;
	pthread_join(callers[0].thread, NULL);
	assert_in_range(clock_mono_ms() - began, 0, SOON_MS - 1);
	assert_int_equal(callers[0].result, expected_result(0));
}

/* ---- load ---- */

static atomic_int running, n_shared, n_done;

static void count_batch(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	(void)ctx;
	if (running++ || !n || n > THREADS)
		abort(); /* two batches at a time, or one with more jobs than threads */
	n_shared += n > 1;
	for (size_t i = 0; i < n; i++) {
		struct numbered_job *part = (struct numbered_job *)(void *)jobs[i];

		part->times++;
		n_done++;
		jobs[i]->result = expected_result(part->number);
		sched_yield();
	}
	running--;
}

static struct group_commit busy = GROUP_COMMIT(count_batch);

/* Counts jobs that didn't run exactly once, or got other_group job's result. */
static void *call_repeatedly(void *arg)
{
	struct caller *caller = arg;
	int first = (int)(caller - callers), wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct numbered_job part = {.job.ctx = &caller->ctx, .number = first + i};
		enum err e = group_commit(&busy, &part.job);

		wrong += part.times != 1 || e != expected_result(first + i);
	}
	caller->part.number = wrong;
	return NULL;
}

static void test_concurrent_jobs_run_exactly_once(void **state)
{
	(void)state;
	n_done = n_shared = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call_repeatedly,
						&callers[i]),
				 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].part.number, 0);
	}
	assert_int_equal(n_done, THREADS * ROUNDS);
	assert_true(n_shared > 0);
	assert_null(busy.first);
	assert_false(busy.busy);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
	const struct CMUnitTest tests[] = {
	    TEST(test_single_job_runs_at_once),
	    TEST(test_jobs_during_a_batch_share_the_next),
	    TEST(test_first_queued_job_leads),
	    TEST(test_each_job_gets_its_result),
	    TEST(test_full_batch_leaves_rest_to_next),
	    TEST(test_jobs_to_retry_run_again_alone),
	    TEST(test_retry_of_a_single_job_is_its_result),
	    TEST(test_batch_has_latest_deadline),
	    TEST(test_leader_deadline_may_be_latest),
	    TEST(test_groups_are_independent),
	    TEST(test_concurrent_jobs_run_exactly_once),
	};

	return cmocka_run_group_tests_name("group_commit", tests, NULL, NULL);
}
