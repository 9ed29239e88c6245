/* Runs functions in the sandbox, in child processes, because it can't be left. Needs cmocka.h
 * before. */
#ifndef TESTS_LIB_SANDBOXED_H
#define TESTS_LIB_SANDBOXED_H

#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum { CANNOT_ENTER = 99 };

/* Ends a child process with status 1 if a condition is false. */
#define EXPECT(condition)                                                 \
	do {                                                              \
		if (!(condition))                                         \
			return failed_at(__FILE__, __LINE__, #condition); \
	} while (0)

static int failed_at(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: %s: %s\n", file, line, condition, strerror(errno));
	return 1;
}

__attribute__((unused)) static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* ---- programs ---- */

typedef int program(const void *arg);

/* Runs a function in a child process; returns its wait status. */
static int run(program *does, const void *arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(does(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

struct inside {
	program *does;
	const void *arg;
};

static int enter_and_run(const void *arg)
{
	const struct inside *inside = arg;

	log_init("test", LOG_ERROR);
	if (sandbox_enter())
		return CANNOT_ENTER;
	return inside->does(inside->arg);
}

__attribute__((unused)) static int run_inside(program *does, const void *arg)
{
	const struct inside inside = {does, arg};

	return run(enter_and_run, &inside);
}

__attribute__((unused)) static void succeeds_inside(program *does, const void *arg)
{
	int status = run_inside(does, arg);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
