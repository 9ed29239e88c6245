/* A whole service in a process of its own, which listens on a TCP port as in a container. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "fcgi/user/service.h"
#include "listen.h"
#include "port.h"
#include "probe.h"

enum { PATIENCE_MS = 10000, PAUSE_MS = 20, TIMEOUT_MS = 5000, ANSWER_SIZE = 4096 };

/* A database port without a listener: the service runs, and is not ready. */
static const char nowhere[] = "mongodb://127.0.0.1:1/?replicaSet=rs0";

static pid_t pid;
static FILE *nothing;

static pid_t start(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/proc/self/exe", "serve", (char *)NULL);
		_exit(127);
	}
	return child;
}

static int health(const char *page)
{
	char *words[] = {(char[]){"user"}, (char[]){"--health"}, NULL, NULL};
	char text[16];

	if (page) {
		snprintf(text, sizeof text, "%s", page);
		words[2] = text;
	}
	return service_main(page ? 3 : 2, words, &user_service);
}

static void await_service(void)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	while (probe(getenv("LISTEN"), "/healthz", nothing)) {
		assert_true(clock_mono_ms() < until);
		clock_sleep_ms(PAUSE_MS);
	}
}

/* Waits until the process ends. Returns its exit status, or minus its signal. */
static int await_exit(void)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		assert_true(clock_mono_ms() < until);
		clock_sleep_ms(PAUSE_MS);
	}
	pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int set_up(void **state)
{
	char address[32];

	(void)state;
	nothing = fopen("/dev/null", "w");
	snprintf(address, sizeof address, ":%u", free_port());
	setenv("LISTEN", address, 1);
	setenv("ALLOW_DEMO", "yes", 1);
	setenv("THREADS", "1", 1);
	setenv("MONGODB_URI", nowhere, 1);
	setenv("JWT_SECRET", "0123456789abcdef0123456789abcdef", 1);
	setenv("SERVICE_SECRET", "another secret for the tests, 32 bytes or more", 1);
	setenv("LOG_LEVEL", "error", 1);
	pid = start();
	return pid > 0 && nothing ? 0 : -1;
}

static int take_down(void **state)
{
	(void)state;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return fclose(nothing);
}

/* ---- FastCGI requests as bytes, to send them in parts ---- */

#define BEGIN   "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
#define PARAMS  "\1\4\0\1\0\50\0\0\16\3REQUEST_METHODGET\14\7DOCUMENT_URI/health"
#define NO_MORE "\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0"

static int connect_service(void)
{
	int fd;

	assert_int_equal(listen_connect(&fd, getenv("LISTEN"), TIMEOUT_MS), OK);
	return fd;
}

static void send_bytes(int fd, const char *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Receives a response. Whether its status is 200. */
static bool receive_success(int fd)
{
	char answer[ANSWER_SIZE];
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof answer) {
		n = recv(fd, answer + len, sizeof answer - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return len > 19 && memcmp(answer + 8, "Status: 200", 11) == 0;
}

/* ---- tests ---- */

static void test_health_of_running_service(void **state)
{
	(void)state;
	await_service();
	assert_int_equal(health(NULL), 0);
	assert_int_equal(health("healthz"), 0);
	assert_int_equal(health("readyz"), 1); /* the database is unavailable */
	assert_int_equal(health("metrics"), 0);
	assert_int_equal(health("profile"), 2);
	kill(pid, SIGTERM);
	assert_int_equal(await_exit(), 0);
	assert_int_equal(health("healthz"), 1);
	unsetenv("LISTEN");
	assert_int_equal(health("healthz"), 2);
}

/* The only thread serves the first request while the second one waits. */
static void test_waiting_call_is_served_before_stop(void **state)
{
	int first, second;

	(void)state;
	await_service();
	first = connect_service();
	send_bytes(first, BEGIN, sizeof BEGIN - 1);
	clock_sleep_ms(200); /* until it is accepted */
	second = connect_service();
	send_bytes(second, BEGIN PARAMS NO_MORE, sizeof BEGIN PARAMS NO_MORE - 1);
	kill(pid, SIGTERM);
	clock_sleep_ms(200);
	send_bytes(first, PARAMS NO_MORE, sizeof PARAMS NO_MORE - 1);
	assert_true(receive_success(first));
	assert_true(receive_success(second));
	assert_int_equal(await_exit(), 0);
}

static void test_used_port_ends_process(void **state)
{
	pid_t other = pid;

	(void)state;
	await_service();
	pid = start();
	assert_int_equal(await_exit(), 1);
	pid = other;
	assert_int_equal(health(NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_health_of_running_service, set_up, take_down),
	    cmocka_unit_test_setup_teardown(test_waiting_call_is_served_before_stop, set_up,
					    take_down),
	    cmocka_unit_test_setup_teardown(test_used_port_ends_process, set_up, take_down),
	};

	if (strcmp(argv[0], "serve") == 0)
		return service_main(argc, argv, &user_service);
	return cmocka_run_group_tests_name("serving", tests, NULL, NULL);
}
