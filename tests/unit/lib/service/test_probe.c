#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "listen.h"
#include "port.h"
#include "probe.h"

enum { OUTPUT_MAX = 1024, REQUEST_SIZE = 1024 };

/* Headers of records in the specification's order: version, type, id, length, padding. */
#define STDOUT(length) "\1\6\0\1\0" length "\0\0"
#define END            "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0"
#define OK_HEAD        "Status: 200 OK\r\n\r\n" /* 18 bytes */

struct text {
	const char *bytes;
	size_t len;
};
#define TEXT(s)                 \
	{                       \
		s, sizeof s - 1 \
	}

/* A service that answers once, with a given answer. */
static struct {
	int fd;
	char address[32];
	pthread_t thread;
	struct text answer;
	bool stays_open;
	char request[REQUEST_SIZE];
	size_t request_len;
} service;

static void *serve_once(void *arg)
{
	int fd = accept(service.fd, NULL, NULL);
	ssize_t n = recv(fd, service.request, sizeof service.request, 0);

	(void)arg;
	service.request_len = n > 0 ? (size_t)n : 0;
	send(fd, service.answer.bytes, service.answer.len, MSG_NOSIGNAL);
	if (service.stays_open)
		recv(fd, service.request, 1, 0); /* until the client closes the connection */
	close(fd);
	return NULL;
}

static int open_service(void **state)
{
	(void)state;
	snprintf(service.address, sizeof service.address, "127.0.0.1:%u", free_port());
	service.stays_open = false;
	return listen_open(&service.fd, service.address);
}

static int close_service(void **state)
{
	(void)state;
	return close(service.fd);
}

static char output[OUTPUT_MAX];

/* Probes the service, which sends this answer. The probe's messages are in `output`. */
static enum err run_probe(struct text answer)
{
	FILE *out = fmemopen(output, sizeof output, "w");
	enum err e;

	service.answer = answer;
	assert_int_equal(pthread_create(&service.thread, NULL, serve_once, NULL), 0);
	e = probe(service.address, "/readyz", out);
	pthread_join(service.thread, NULL);
	fclose(out);
	return e;
}

static void test_healthy_service_is_ok(void **state)
{
	(void)state;
	assert_int_equal(run_probe((struct text)TEXT(STDOUT("\24") OK_HEAD "{}" END)), OK);
	assert_string_equal(output, "{}\n");
}

static void test_answer_in_pieces_is_read(void **state)
{
	(void)state;
	assert_int_equal(run_probe((struct text)TEXT(
			     STDOUT("\4") "Stat" STDOUT("\17") "us: 200 OK\r\n\r\n{"
							       "\1\7\0\1\0\4\0\0"
							       "said"
							       "\1\6\0\1\0\1\3\0"
							       "}pad" END)),
			 OK);
	assert_string_equal(output, "{}\n");
}

static void test_unhealthy_service_is_unavailable(void **state)
{
	(void)state;
	assert_int_equal(run_probe((struct text)TEXT(
			     STDOUT("\45") "Status: 503 Service Unavailable\r\n\r\n{}" END)),
			 ERR_UNAVAILABLE);
	assert_string_equal(output, "{}\n");
}

static void test_malformed_answer_is_unavailable(void **state)
{
	static const struct text answers[] = {
	    TEXT(""),
	    TEXT("HTTP/1.1 200 OK\r\n\r\n{}"),
	    TEXT("\1\6\0"),
	    TEXT(STDOUT("\177") OK_HEAD),
	    TEXT(STDOUT("\20") "Status: 200 OK\r\n" END),
	    TEXT(STDOUT("\25") "status=200 is OK\r\n\r\n{}" END),
	    TEXT("\2\6\0\1\0\24\0\0" OK_HEAD "{}"),
	    TEXT(END),
	};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (run_probe(answers[i]) != ERR_UNAVAILABLE)
			fail_msg("answer %zu was taken", i);
	}
}

static void test_the_request_is_what_the_specification_says(void **state)
{
	static const char expected[] =
	    "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0" /* begin: responder, close afterwards */
	    "\1\4\0\1\0\170\0\0"
	    "\16\3REQUEST_METHODGET"
	    "\14\7DOCUMENT_URI/readyz"
	    "\14\0QUERY_STRING"
	    "\14\0CONTENT_TYPE"
	    "\16\0CONTENT_LENGTH"
	    "\12\6REQUEST_IDhealth"
	    "\10\10LISTENERinternal"
	    "\1\4\0\1\0\0\0\0"
	    "\1\5\0\1\0\0\0\0";

	(void)state;
	assert_int_equal(run_probe((struct text)TEXT(STDOUT("\24") OK_HEAD "{}" END)), OK);
	assert_int_equal(service.request_len, sizeof expected - 1);
	assert_memory_equal(service.request, expected, sizeof expected - 1);
}

static void test_silent_service_times_out(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	service.stays_open = true;
	assert_int_equal(run_probe((struct text)TEXT(STDOUT("\24") OK_HEAD "{}" END)),
			 ERR_UNAVAILABLE);
	assert_in_range(clock_mono_ms() - began, PROBE_TIMEOUT_MS - 50, 2 * PROBE_TIMEOUT_MS);
}

/* Larger than any valid answer. */
static void test_too_large_answer_is_unavailable(void **state)
{
	static char flood[256 * 1024];

	(void)state;
	memset(flood, 1, sizeof flood);
	assert_int_equal(run_probe((struct text){flood, sizeof flood}), ERR_UNAVAILABLE);
}

static void test_nobody_there(void **state)
{
	char address[32];
	FILE *out = fmemopen(output, sizeof output, "w");

	(void)state;
	snprintf(address, sizeof address, ":%u", free_port());
	assert_int_equal(probe(address, "/readyz", out), ERR_UNAVAILABLE);
	assert_int_equal(probe("9000", "/readyz", out), ERR_INVALID);
	fclose(out);
	assert_non_null(strstr(output, "refused"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_healthy_service_is_ok, open_service,
					    close_service),
	    cmocka_unit_test_setup_teardown(test_answer_in_pieces_is_read, open_service,
					    close_service),
	    cmocka_unit_test_setup_teardown(test_unhealthy_service_is_unavailable, open_service,
					    close_service),
	    cmocka_unit_test_setup_teardown(test_malformed_answer_is_unavailable, open_service,
					    close_service),
	    cmocka_unit_test_setup_teardown(test_the_request_is_what_the_specification_says,
					    open_service, close_service),
	    cmocka_unit_test_setup_teardown(test_silent_service_times_out, open_service,
					    close_service),
	    cmocka_unit_test_setup_teardown(test_too_large_answer_is_unavailable, open_service,
					    close_service),
	    cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
