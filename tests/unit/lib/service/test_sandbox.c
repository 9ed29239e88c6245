/* System calls inside the sandbox. */
#define _GNU_SOURCE /* accept4 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "clock.h"
#include "listen.h"
#include "port.h"
#include "sandboxed.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

enum { SOON_MS = 2000 };

/* ---- fatal calls ---- */

struct call {
	const char *name;
	long number;
	long args[4];
};

static long make(const struct call *call)
{
	errno = 0;
	return syscall(call->number, call->args[0], call->args[1], call->args[2], call->args[3]);
}

static int make_call(const void *arg)
{
	return make(arg) < 0;
}

static int execute(const void *arg)
{
	char *const words[] = {(char[]){"/bin/true"}, NULL};

	(void)arg;
	execv(words[0], words);
	return 1;
}

static void test_execve_kills_process(void **state)
{
	int status = run_inside(execute, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void test_unused_calls_kill_process(void **state)
{
	static const struct call calls[] = {
	    {"execveat", SYS_execveat, {0}},
	    {"process_vm_readv", SYS_process_vm_readv, {0}},
	    {"bpf", SYS_bpf, {0}},
	    {"unshare", SYS_unshare, {0}},
	    {"setns", SYS_setns, {-1}},
	    {"mount", SYS_mount, {0}},
	    {"init_module", SYS_init_module, {0}},
	    {"keyctl", SYS_keyctl, {0}},
	    {"perf_event_open", SYS_perf_event_open, {0}},
	    {"userfaultfd", SYS_userfaultfd, {0}},
	    {"io_uring_setup", SYS_io_uring_setup, {0}},
	    {"setuid", SYS_setuid, {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		int status = run_inside(make_call, &calls[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s doesn't kill: status %d", calls[i].name, status);
	}
}

/* LeakSanitizer uses ptrace(), so its build allows it. */
static void test_ptrace_kills_process(void **state)
{
	static const struct call call = {"ptrace", SYS_ptrace, {16 /* PTRACE_ATTACH */, 1}};
	int status = run_inside(make_call, &call);

	(void)state;
	assert_int_equal(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, !SANITIZED);
}

/* ---- refused calls ---- */

/* They fail as on a kernel without the call. */
static int calls_are_unknown(const void *arg)
{
	static const struct call calls[] = {
	    {"listen", SYS_listen, {-1, 1}},
	    {"kill", SYS_kill, {1, 0}},
	    {"clone3", SYS_clone3, {0}},
	    {"unix socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
	    {"packet socket", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
	    {"netlink socket of netfilter", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}},
	    {"memory to write and execute", SYS_mmap, {0, 4096, PROT_WRITE | PROT_EXEC, -1}},
	    {"memory made executable", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
	    {"write", SYS_openat, {AT_FDCWD, 0, O_WRONLY}},
	    {"create", SYS_openat, {AT_FDCWD, 0, O_RDONLY | O_CREAT}},
	    {"unlinkat", SYS_unlinkat, {AT_FDCWD, 0}},
	    {"fchmodat", SYS_fchmodat, {AT_FDCWD, 0}},
	    {"personality", SYS_personality, {0xffffffff}},
	    {"terminal input", SYS_ioctl, {0, 0x5412 /* TIOCSTI */}},
	    {"limits of another process", SYS_prlimit64, {1, 0}},
	};

	(void)arg;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (make(&calls[i]) != -1 || errno != ENOSYS)
			return failed_at(__FILE__, __LINE__, calls[i].name);
	}
	return 0;
}

static void test_other_calls_return_enosys(void **state)
{
	(void)state;
	succeeds_inside(calls_are_unknown, NULL);
}

static int no_process_begins(const void *arg)
{
	(void)arg;
	EXPECT(fork() < 0);
	EXPECT(errno == ENOSYS);
	return 0;
}

static void test_fork_is_refused(void **state)
{
	(void)state;
	if (SANITIZED)
		skip(); /* LeakSanitizer starts a process */
	succeeds_inside(no_process_begins, NULL);
}

/* ---- allowed calls ---- */

static void *answer(void *arg)
{
	int fd = accept4(*(const int *)arg, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		close(fd);
	return NULL;
}

/* A thread, name resolution, both ends of a connection. */
static int serves(int listening, unsigned port)
{
	char address[64], byte = 0;
	pthread_t thread;
	int fd;

	snprintf(address, sizeof address, "localhost:%u", port);
	EXPECT(pthread_create(&thread, NULL, answer, &listening) == 0);
	EXPECT(listen_connect(&fd, address, SOON_MS) == OK);
	EXPECT(recv(fd, &byte, 1, 0) == 1 && byte == 'x');
	EXPECT(pthread_join(thread, NULL) == 0);
	return 0;
}

static int work_goes_on(const void *arg)
{
	unsigned port = free_port();
	FILE *log = tmpfile();
	char address[64];
	int listening;

	(void)arg;
	log_init("test", LOG_ERROR);
	snprintf(address, sizeof address, "127.0.0.1:%u", port);
	EXPECT(log);
	EXPECT(listen_open(&listening, address) == OK);
	EXPECT(sandbox_enter() == OK);
	EXPECT(serves(listening, port) == 0);
	EXPECT(fputs("line\n", log) >= 0 && fflush(log) == 0);
	EXPECT(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	clock_sleep_ms(1);
	return 0;
}

static void test_usual_calls_work(void **state)
{
	(void)state;
	assert_int_equal(run(work_goes_on, NULL), 0);
}

/* ---- threads ---- */

static void *wait_and_listen(void *arg)
{
	static int unknown;
	char byte;

	unknown = read(*(const int *)arg, &byte, 1) == 1 && listen(-1, 1) < 0 && errno == ENOSYS;
	return &unknown;
}

static int thread_is_bound(const void *arg)
{
	pthread_t thread;
	void *unknown;
	int ends[2];

	(void)arg;
	log_init("test", LOG_ERROR);
	EXPECT(pipe(ends) == 0);
	EXPECT(pthread_create(&thread, NULL, wait_and_listen, &ends[0]) == 0);
	EXPECT(sandbox_enter() == OK);
	EXPECT(write(ends[1], "x", 1) == 1);
	EXPECT(pthread_join(thread, &unknown) == 0);
	EXPECT(*(const int *)unknown);
	return 0;
}

/* The sandbox is entered before other threads start, but the seccomp filter covers them, too. */
static void test_earlier_thread_is_restricted(void **state)
{
	(void)state;
	assert_int_equal(run(thread_is_bound, NULL), 0);
}

static int signals_stay_inside(const void *arg)
{
	(void)arg;
	EXPECT(pthread_kill(pthread_self(), 0) == 0);
	EXPECT(SANITIZED || syscall(SYS_tgkill, getppid(), getppid(), 0) < 0);
	raise(SIGABRT);
	return 1;
}

static void test_signals_to_other_processes_are_refused(void **state)
{
	int status = run_inside(signals_stay_inside, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* ---- LeakSanitizer ---- */

#ifdef __SANITIZE_ADDRESS__
static void *volatile lost;

static int leak_is_found(const void *arg)
{
	(void)arg;
	lost = malloc(77);
	lost = NULL;
	EXPECT(freopen("/dev/null", "r", stdin));
	close(STDERR_FILENO); /* its report */
	return !__lsan_do_recoverable_leak_check();
}
#endif

static void test_leak_detection_works(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	succeeds_inside(leak_is_found, NULL);
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_execve_kills_process),
	    cmocka_unit_test(test_unused_calls_kill_process),
	    cmocka_unit_test(test_ptrace_kills_process),
	    cmocka_unit_test(test_other_calls_return_enosys),
	    cmocka_unit_test(test_fork_is_refused),
	    cmocka_unit_test(test_usual_calls_work),
	    cmocka_unit_test(test_earlier_thread_is_restricted),
	    cmocka_unit_test(test_signals_to_other_processes_are_refused),
	    cmocka_unit_test(test_leak_detection_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
