/* The sandbox on a kernel, or behind a filter, without support for its parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "sandboxed.h"

struct lacking {
	int error;
	const char *log;
};

/* A kernel, or a container's filter, that fails both parts with this error. */
static int remove_support(int error)
{
	static const int calls[] = {SCMP_SYS(landlock_create_ruleset), SCMP_SYS(seccomp)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	EXPECT(filter);
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		EXPECT(!seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error), calls[i], 0));
	EXPECT(!seccomp_load(filter));
	seccomp_release(filter);
	return 0;
}

static int enters_without_support(const void *arg)
{
	const struct lacking *lacking = arg;

	log_init("test", LOG_WARNING);
	EXPECT(freopen(lacking->log, "w", stderr));
	EXPECT(remove_support(lacking->error) == 0);
	EXPECT(sandbox_enter() == OK);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	EXPECT(open("/etc/passwd", O_RDONLY) >= 0);
	return 0;
}

static void logged_once(const char *path, const char *text)
{
	char log[4096];
	FILE *file = fopen(path, "r");
	const char *found;

	assert_non_null(file);
	log[fread(log, 1, sizeof log - 1, file)] = '\0';
	fclose(file);
	found = strstr(log, text);
	assert_non_null(found);
	assert_null(strstr(found + 1, text));
}

static void test_missing_kernel_support_is_logged_once(void **state)
{
	static const int errors[] = {ENOSYS, EOPNOTSUPP, EPERM, EINVAL};
	char path[] = "/tmp/test-sandbox-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		const struct lacking lacking = {errors[i], path};

		assert_int_equal(run(enters_without_support, &lacking), 0);
		logged_once(path, "part\":\"Landlock");
		logged_once(path, "part\":\"seccomp");
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_kernel_support_is_logged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
