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
	BEHIND = GROUP_COMMIT_MAX + 8, /* more than one go takes */
	COMERS_MAX = BEHIND + 1,
	GOES_MAX = 8,
	THREADS = 8,
	ROUNDS = 4000,
	SOON_MS = 10 * 1000,
};

/* ---- what is done ---- */

struct part {
	struct group_commit_job job;
	int number;
	atomic_int times; /* it was done */
};

static struct go {
	int numbers[GROUP_COMMIT_MAX];
	size_t n;
	pthread_t thread;
	const struct ctx *ctx;
	int64_t deadline;
} goes[GOES_MAX];
static size_t n_goes;

/* The first go of a test stands still until it is let go. */
static atomic_bool held, standing;

/* Each number has a result of its own. */
static enum err result_of(int number)
{
	return (enum err)(number % 5);
}

static void await(const atomic_bool *flag, bool wanted)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	while (*flag != wanted && clock_mono_ms() < until)
		clock_sleep_ms(1);
}

static void note_go(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct go *go = &goes[n_goes++ % GOES_MAX];

	*go = (struct go){.n = n, .thread = pthread_self(), .ctx = ctx, .deadline = ctx->deadline};
	for (size_t i = 0; i < n && i < GROUP_COMMIT_MAX; i++) {
		struct part *part = (struct part *)(void *)jobs[i];

		go->numbers[i] = part->number;
		part->times++;
		jobs[i]->result = result_of(part->number);
	}
	if (held) {
		standing = true;
		await(&held, false);
	}
}

static struct group_commit group = GROUP_COMMIT(note_go);

/* ---- those who come ---- */

static struct comer {
	pthread_t thread;
	struct ctx ctx;
	struct part part;
	enum err result;
} comers[COMERS_MAX];

static int set_up(void **state)
{
	(void)state;
	memset(goes, 0, sizeof goes);
	memset(comers, 0, sizeof comers);
	n_goes = 0;
	held = standing = false;
	return 0;
}

static size_t gathered(void)
{
	size_t n = 0;

	pthread_mutex_lock(&group.lock);
	for (const struct group_commit_job *job = group.first; job; job = job->next)
		n++;
	pthread_mutex_unlock(&group.lock);
	return n;
}

static void *come(void *arg)
{
	struct comer *comer = arg;

	comer->part.job.ctx = &comer->ctx;
	comer->result = group_commit(&group, &comer->part.job);
	return NULL;
}

/* Number `i` comes, and has its place. */
static void let_come(int i)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	comers[i].part.number = i;
	assert_int_equal(pthread_create(&comers[i].thread, NULL, come, &comers[i]), 0);
	if (i == 0)
		await(&standing, true);
	while (i && gathered() < (size_t)i && clock_mono_ms() < until)
		clock_sleep_ms(1);
	assert_int_equal(gathered(), i);
}

/* Number 0 is at it, and `n` come meanwhile, one after the other; then all go on. */
static void let_all_come(int n)
{
	held = true;
	for (int i = 0; i <= n; i++)
		let_come(i);
	assert_int_equal(n_goes, 1);
	held = false;
	for (int i = 0; i <= n; i++)
		pthread_join(comers[i].thread, NULL);
	assert_int_equal(gathered(), 0);
}

/* The numbers from `first` on, in their order. */
static void assert_go(size_t i, int first, size_t n)
{
	assert_int_equal(goes[i].n, n);
	for (size_t at = 0; at < n; at++)
		assert_int_equal(goes[i].numbers[at], first + (int)at);
}

/* ---- one go after the other ---- */

static void who_comes_alone_is_done_at_once(void **state)
{
	struct ctx ctx = {.deadline = 17};
	struct part part = {.job.ctx = &ctx, .number = 3};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(group_commit(&group, &part.job), result_of(3));
		assert_int_equal(n_goes, i + 1);
		assert_go(i, 3, 1);
		assert_ptr_equal(goes[i].ctx, &ctx);
		assert_int_equal(goes[i].deadline, 17);
		assert_true(pthread_equal(goes[i].thread, pthread_self()));
	}
	assert_int_equal(part.times, 3);
}

static void those_who_come_meanwhile_are_done_together(void **state)
{
	(void)state;
	let_all_come(5);
	assert_int_equal(n_goes, 2);
	assert_go(0, 0, 1);
	assert_go(1, 1, 5);
}

static void the_first_of_them_does_it(void **state)
{
	(void)state;
	let_all_come(5);
	assert_ptr_equal(goes[0].ctx, &comers[0].ctx);
	assert_ptr_equal(goes[1].ctx, &comers[1].ctx);
	assert_true(pthread_equal(goes[1].thread, comers[1].thread));
}

static void each_gets_its_own_result(void **state)
{
	(void)state;
	let_all_come(12);
	for (int i = 0; i <= 12; i++) {
		assert_int_equal(comers[i].result, result_of(i));
		assert_int_equal(comers[i].part.times, 1);
	}
}

static void what_one_go_can_not_take_is_left_to_the_next(void **state)
{
	(void)state;
	let_all_come(BEHIND);
	assert_int_equal(n_goes, 3);
	assert_go(1, 1, GROUP_COMMIT_MAX);
	assert_go(2, 1 + GROUP_COMMIT_MAX, BEHIND - GROUP_COMMIT_MAX);
	assert_true(pthread_equal(goes[2].thread, comers[1 + GROUP_COMMIT_MAX].thread));
	for (int i = 0; i <= BEHIND; i++) {
		assert_int_equal(comers[i].result, result_of(i));
		assert_int_equal(comers[i].part.times, 1);
	}
}

/* ---- deadlines ---- */

static void the_latest_deadline_counts_for_all(void **state)
{
	static const int64_t deadlines[] = {900, 100, 500, 300};

	(void)state;
	for (int i = 0; i < 4; i++)
		comers[i].ctx.deadline = deadlines[i];
	let_all_come(3);
	assert_int_equal(goes[0].deadline, 900);
	assert_int_equal(goes[1].deadline, 500);
	for (int i = 0; i < 4; i++) /* and only for the go */
		assert_int_equal(comers[i].ctx.deadline, deadlines[i]);
}

static void his_own_deadline_counts_where_it_is_the_latest(void **state)
{
	static const int64_t deadlines[] = {0, 800, 500, 300};

	(void)state;
	for (int i = 0; i < 4; i++)
		comers[i].ctx.deadline = deadlines[i];
	let_all_come(3);
	assert_int_equal(goes[1].deadline, 800);
	assert_int_equal(comers[1].ctx.deadline, 800);
}

/* ---- two kinds ---- */

static void note_nothing(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = ERR_RETRY;
}

static struct group_commit another = GROUP_COMMIT(note_nothing);

static void another_kind_does_not_wait(void **state)
{
	struct ctx ctx = {0};
	struct group_commit_job job = {.ctx = &ctx};
	int64_t began = clock_mono_ms();

	(void)state;
	held = true;
	let_come(0);
	assert_int_equal(group_commit(&another, &job), ERR_RETRY);
	held = false;
	pthread_join(comers[0].thread, NULL);
	assert_in_range(clock_mono_ms() - began, 0, SOON_MS - 1);
	assert_int_equal(comers[0].result, result_of(0));
}

/* ---- many ---- */

static atomic_int inside, together, done_in_all;

static void count_go(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	(void)ctx;
	if (inside++ || !n || n > THREADS)
		abort(); /* two goes at a time, or more than there are threads */
	together += n > 1;
	for (size_t i = 0; i < n; i++) {
		struct part *part = (struct part *)(void *)jobs[i];

		part->times++;
		done_in_all++;
		jobs[i]->result = result_of(part->number);
		sched_yield();
	}
	inside--;
}

static struct group_commit busy = GROUP_COMMIT(count_go);

/* Counts what went wrong: a part done never or twice, or with another's result. */
static void *come_again_and_again(void *arg)
{
	struct comer *comer = arg;
	int first = (int)(comer - comers), wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct part part = {.job.ctx = &comer->ctx, .number = first + i};
		enum err e = group_commit(&busy, &part.job);

		wrong += part.times != 1 || e != result_of(first + i);
	}
	comer->part.number = wrong;
	return NULL;
}

static void many_rounds_lose_and_double_nothing(void **state)
{
	(void)state;
	done_in_all = together = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&comers[i].thread, NULL, come_again_and_again,
						&comers[i]),
				 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(comers[i].thread, NULL);
		assert_int_equal(comers[i].part.number, 0);
	}
	assert_int_equal(done_in_all, THREADS * ROUNDS);
	assert_true(together > 0);
	assert_null(busy.first);
	assert_false(busy.busy);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
	const struct CMUnitTest tests[] = {
	    TEST(who_comes_alone_is_done_at_once),
	    TEST(those_who_come_meanwhile_are_done_together),
	    TEST(the_first_of_them_does_it),
	    TEST(each_gets_its_own_result),
	    TEST(what_one_go_can_not_take_is_left_to_the_next),
	    TEST(the_latest_deadline_counts_for_all),
	    TEST(his_own_deadline_counts_where_it_is_the_latest),
	    TEST(another_kind_does_not_wait),
	    TEST(many_rounds_lose_and_double_nothing),
	};

	return cmocka_run_group_tests_name("group_commit", tests, NULL, NULL);
}
