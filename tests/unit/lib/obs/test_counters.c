/* Counters that processes share. The state belongs to a process, so each test forks. */
#define _GNU_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "counters.h"

enum { THREADS = 4, ROUNDS = 20000 };

static char folder[] = "/tmp/test-counters-XXXXXX";
static char path[sizeof folder + sizeof "/counters"];

/* ---- processes ---- */

struct process {
	pid_t pid;
	int to_parent, from_parent; /* pipes; one byte each way */
};

/* The work of a child process before it reports that it is ready and waits for its end. */
typedef int task(unsigned counter, unsigned gauge);

static int run_child(const char *layout, task *run, int to_parent, int from_parent)
{
	unsigned counter = counters_reserve(layout, 2), gauge = gauges_reserve("gauge");
	char byte = 0;
	int failed = !counters_open(path) || run(counter, gauge);

	if (write(to_parent, &byte, 1) != 1 || read(from_parent, &byte, 1) != 1)
		failed = 1;
	return failed;
}

static struct process begin(const char *layout, task *run)
{
	int up[2], down[2];
	struct process p;
	char byte;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (!p.pid) {
		close(up[0]);
		close(down[1]);
		_exit(run_child(layout, run, up[1], down[0]));
	}
	close(up[1]);
	close(down[0]);
	p.to_parent = up[0];
	p.from_parent = down[1];
	assert_int_equal(read(p.to_parent, &byte, 1), 1);
	return p;
}

/* Ends the process, by a signal if `number` is not 0, and returns its status. */
static int end(struct process *p, int number)
{
	char byte = 0;
	int status;

	if (number)
		kill(p->pid, number);
	else
		assert_int_equal(write(p->from_parent, &byte, 1), 1);
	close(p->from_parent);
	close(p->to_parent);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	return status;
}

/* Runs a process that checks the sums. */
static void check_in_process(const char *layout, task *check)
{
	struct process p = begin(layout, check);

	assert_int_equal(end(&p, 0), 0);
}

/* ---- work of the processes ---- */

static int count_three(unsigned counter, unsigned gauge)
{
	counters_add(counter, 2);
	counters_add(counter, 1);
	counters_add(counter + 1, 10);
	gauges_add(gauge, 4);
	gauges_add(gauge, -1);
	return 0;
}

static void *count_often(void *counter)
{
	for (int i = 0; i < ROUNDS; i++)
		counters_add(*(unsigned *)counter, 1);
	return NULL;
}

static int count_with_threads(unsigned counter, unsigned gauge)
{
	pthread_t threads[THREADS];

	(void)gauge;
	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, count_often, &counter))
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int check_two_running(unsigned counter, unsigned gauge)
{
	return counters_sum(counter) != 6 || counters_sum(counter + 1) != 20 ||
	       gauges_sum(gauge) != 6 || counters_processes() != 3;
}

static int check_sums_of_ended(unsigned counter, unsigned gauge)
{
	return counters_sum(counter) != 6 || gauges_sum(gauge) != 0 || counters_processes() != 1;
}

static int check_all_rounds(unsigned counter, unsigned gauge)
{
	(void)gauge;
	return counters_sum(counter) != 2ull * THREADS * ROUNDS;
}

static int check_zero(unsigned counter, unsigned gauge)
{
	return counters_sum(counter) != 0 || gauges_sum(gauge) != 0;
}

/* ---- the tests ---- */

static int make_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void test_sums_over_processes(void **state)
{
	struct process a = begin("a", count_three), b = begin("a", count_three);

	(void)state;
	check_in_process("a", check_two_running);
	assert_int_equal(end(&a, 0), 0);
	assert_int_equal(end(&b, 0), 0);
}

static void test_killed_process_keeps_counts_but_not_gauges(void **state)
{
	struct process a = begin("a", count_three), b = begin("a", count_three);

	(void)state;
	end(&a, SIGKILL);
	end(&b, SIGKILL);
	check_in_process("a", check_sums_of_ended);
	check_in_process("a", check_sums_of_ended); /* in a slot of an ended process */
}

static void test_threads_lose_no_count(void **state)
{
	struct process a = begin("a", count_with_threads), b = begin("a", count_with_threads);

	(void)state;
	check_in_process("a", check_all_rounds);
	end(&a, 0);
	end(&b, 0);
}

static void test_other_layout_replaces_file(void **state)
{
	struct process a = begin("a", count_three);

	(void)state;
	check_in_process("b", check_zero);
	check_in_process("b", check_zero);
	assert_int_equal(end(&a, 0), 0);
}

static void test_foreign_file_is_replaced(void **state)
{
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs("something else", file);
	fclose(file);
	check_in_process("a", check_zero);
}

static int is_refused(unsigned counter, unsigned gauge)
{
	(void)gauge;
	counters_add(counter, 1);
	return counters_sum(counter) != 1;
}

static void test_private_without_file(void **state)
{
	char kept[sizeof path];
	struct process p;

	(void)state;
	memcpy(kept, path, sizeof kept);
	snprintf(path, sizeof path, "%s", folder); /* a folder is no such file */
	p = begin("a", is_refused);
	memcpy(path, kept, sizeof kept);
	assert_int_not_equal(end(&p, 0), 0);
	path[0] = '\0';
	check_in_process("a", is_refused);
	memcpy(path, kept, sizeof kept);
}

static int has_no_room(unsigned counter, unsigned gauge)
{
	return counters_reserve("many", COUNTERS_MAX) != 0 || counter == 0 || gauge == 0;
}

static void test_room_is_limited(void **state)
{
	(void)state;
	check_in_process("a", has_no_room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_sums_over_processes, make_path),
	    cmocka_unit_test_setup(test_killed_process_keeps_counts_but_not_gauges, make_path),
	    cmocka_unit_test_setup(test_threads_lose_no_count, make_path),
	    cmocka_unit_test_setup(test_other_layout_replaces_file, make_path),
	    cmocka_unit_test_setup(test_foreign_file_is_replaced, make_path),
	    cmocka_unit_test_setup(test_private_without_file, make_path),
	    cmocka_unit_test_setup(test_room_is_limited, make_path),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/counters", folder);
	failed = cmocka_run_group_tests_name("counters", tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
