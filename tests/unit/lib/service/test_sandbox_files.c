/* Files and ports inside the sandbox. */
#define _GNU_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sandboxed.h"

enum { TCP_RULES_ABI = 4 };

/* ---- files ---- */

static int files_are_refused(const void *arg)
{
	static const char *const paths[] = {"/etc/passwd", "/",     "/tmp",     "/etc",
					    "/root",       "/home", "/bin/true"};

	(void)arg;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		if (open(paths[i], O_RDONLY) >= 0 || (errno != EACCES && errno != ENOENT))
			return failed_at(__FILE__, __LINE__, paths[i]);
	}
	EXPECT(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	/* Secrets of this process and of others. */
	EXPECT(SANITIZED || open("/proc/self/environ", O_RDONLY) < 0);
	EXPECT(SANITIZED || open("/proc/1/environ", O_RDONLY) < 0);
	return 0;
}

static void test_other_files_are_refused(void **state)
{
	(void)state;
	if (landlock_abi() < 1)
		skip();
	succeeds_inside(files_are_refused, NULL);
}

static int files_are_read(const void *arg)
{
	static const char *const paths[] = {"/etc/hosts",
					    "/etc/resolv.conf",
					    "/etc/nsswitch.conf",
					    "/etc/ssl/openssl.cnf",
					    "/dev/urandom",
					    "/usr/share/zoneinfo",
					    "/etc/ssl/certs/ca-certificates.crt"};

	(void)arg;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		if (open(paths[i], O_RDONLY) < 0 && errno != ENOENT)
			return failed_at(__FILE__, __LINE__, paths[i]);
	}
	return 0;
}

static void test_library_files_are_readable(void **state)
{
	(void)state;
	succeeds_inside(files_are_read, NULL);
}

struct folder {
	char path[64], file[96], sibling[96], other[96];
};

static void write_file(char out[static 96], const char *folder, const char *name)
{
	FILE *file;

	snprintf(out, 96, "%s/%s", folder, name);
	file = fopen(out, "w");
	assert_non_null(file);
	assert_true(fputs("x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int reads_its_folder(const void *arg)
{
	const struct folder *f = arg;
	bool landlock = landlock_abi() >= 1;

	EXPECT(sandbox_allow_reading(NULL) == OK);
	EXPECT(sandbox_allow_reading("") == OK);
	EXPECT(sandbox_allow_reading(f->file) == OK);
	EXPECT(sandbox_enter() == OK);
	EXPECT(open(f->file, O_RDONLY) >= 0);
	/* A renewed certificate is another file. */
	EXPECT(open(f->sibling, O_RDONLY) >= 0);
	EXPECT(open(f->file, O_RDWR) < 0);
	EXPECT(!landlock || open(f->other, O_RDONLY) < 0);
	return 0;
}

/* As tlsCAFile=/ca.pem or tlsCAFile=ca.pem would. */
static int reads_no_more(const void *arg)
{
	const struct folder *f = arg;

	EXPECT(chdir(f->path) == 0);
	EXPECT(sandbox_allow_reading("/ca.pem") == OK);
	EXPECT(sandbox_allow_reading("secret") == OK);
	EXPECT(sandbox_enter() == OK);
	EXPECT(open("secret", O_RDONLY) >= 0);
	EXPECT(open(f->file, O_RDONLY) < 0);
	return 0;
}

static void with_certificates(program *does)
{
	struct folder f = {.path = "/tmp/test-sandbox-XXXXXX"};
	char inner[80];
	int status;

	assert_non_null(mkdtemp(f.path));
	snprintf(inner, sizeof inner, "%s/tls", f.path);
	assert_int_equal(mkdir(inner, 0700), 0);
	write_file(f.file, inner, "ca.pem");
	write_file(f.sibling, inner, "new.pem");
	write_file(f.other, f.path, "secret");
	log_init("test", LOG_ERROR);
	status = run(does, &f);
	unlink(f.file);
	unlink(f.sibling);
	unlink(f.other);
	rmdir(inner);
	rmdir(f.path);
	assert_int_equal(status, 0);
}

static void test_certificate_folder_is_readable(void **state)
{
	(void)state;
	with_certificates(reads_its_folder);
}

static void test_other_files_of_common_folder_are_refused(void **state)
{
	(void)state;
	if (landlock_abi() < 1)
		skip();
	with_certificates(reads_no_more);
}

/* ---- ports ---- */

static int no_port_is_bound(const void *arg)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	EXPECT(fd >= 0);
	EXPECT(bind(fd, (struct sockaddr *)&address, sizeof address) < 0);
	EXPECT(errno == EACCES);
	return 0;
}

static void test_tcp_bind_is_refused(void **state)
{
	(void)state;
	if (landlock_abi() < TCP_RULES_ABI)
		skip();
	succeeds_inside(no_port_is_bound, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_other_files_are_refused),
	    cmocka_unit_test(test_library_files_are_readable),
	    cmocka_unit_test(test_certificate_folder_is_readable),
	    cmocka_unit_test(test_other_files_of_common_folder_are_refused),
	    cmocka_unit_test(test_tcp_bind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
