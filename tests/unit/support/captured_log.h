/* Captures the log of a test. */
#ifndef TESTS_CAPTURED_LOG_H
#define TESTS_CAPTURED_LOG_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char logged[64 * 1024];
static int kept_stderr, log_ends[2];

static inline void log_begin(void)
{
	assert_int_equal(pipe(log_ends), 0);
	assert_int_equal(fcntl(log_ends[0], F_SETFL, O_NONBLOCK), 0);
	kept_stderr = dup(STDERR_FILENO);
	assert_true(kept_stderr >= 0);
	assert_true(dup2(log_ends[1], STDERR_FILENO) >= 0);
}

static inline void log_end(void)
{
	ssize_t n = read(log_ends[0], logged, sizeof logged - 1);

	logged[n > 0 ? n : 0] = '\0';
	assert_true(dup2(kept_stderr, STDERR_FILENO) >= 0);
	close(kept_stderr);
	close(log_ends[0]);
	close(log_ends[1]);
}

static inline bool has_logged(const char *text)
{
	return strstr(logged, text) != NULL;
}

#endif
