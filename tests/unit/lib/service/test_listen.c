#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "listen.h"
#include "port.h"

enum { TIMEOUT_MS = 200, SOON_MS = 2000 };

static const char *with_port(const char *host, unsigned port)
{
	static char text[64];

	snprintf(text, sizeof text, "%s:%u", host, port);
	return text;
}

/* A socket that listens at one address is reachable at the other. */
static void reaches(const char *listens, const char *asked)
{
	unsigned port = free_port();
	int listening, connected, accepted;
	char byte = 0;

	assert_int_equal(listen_open(&listening, with_port(listens, port)), OK);
	assert_int_equal(listen_connect(&connected, with_port(asked, port), TIMEOUT_MS), OK);
	accepted = accept(listening, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(send(connected, "x", 1, 0), 1);
	assert_int_equal(recv(accepted, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	close(accepted);
	close(connected);
	close(listening);
}

static void test_address_of_this_machine_is_opened(void **state)
{
	(void)state;
	reaches("127.0.0.1", "127.0.0.1");
	reaches("localhost", "localhost");
}

static void test_omitted_host_opens_all_addresses(void **state)
{
	(void)state;
	reaches("", "127.0.0.1");
	reaches("", "");
	reaches("0.0.0.0", "0.0.0.0");
}

static void test_other_address_is_not_opened(void **state)
{
	unsigned port = free_port();
	int listening, connected;

	(void)state;
	assert_int_equal(listen_open(&listening, with_port("127.0.0.1", port)), OK);
	assert_int_equal(listen_connect(&connected, with_port("127.0.0.2", port), TIMEOUT_MS),
			 ERR_UNAVAILABLE);
	close(listening);
}

static void test_used_port_is_unavailable(void **state)
{
	unsigned port = free_port();
	int first, second;

	(void)state;
	assert_int_equal(listen_open(&first, with_port("", port)), OK);
	assert_int_equal(listen_open(&second, with_port("", port)), ERR_UNAVAILABLE);
	assert_int_equal(listen_open(&second, with_port("127.0.0.1", port)), ERR_UNAVAILABLE);
	close(first);
	assert_int_equal(listen_open(&second, with_port("", port)), OK);
	close(second);
}

static void test_port_with_old_connections_is_opened(void **state)
{
	unsigned port = free_port();
	int listening, connected, accepted;

	(void)state;
	assert_int_equal(listen_open(&listening, with_port("", port)), OK);
	assert_int_equal(listen_connect(&connected, with_port("", port), TIMEOUT_MS), OK);
	accepted = accept(listening, NULL, NULL);
	close(accepted); /* closed first: its port stays in TIME_WAIT */
	close(connected);
	close(listening);
	assert_int_equal(listen_open(&listening, with_port("", port)), OK);
	close(listening);
}

static void test_refused_connection_is_unavailable(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(listen_connect(&fd, with_port("", free_port()), TIMEOUT_MS),
			 ERR_UNAVAILABLE);
	assert_int_equal(listen_connect(&fd, "no-such-host.invalid:9000", TIMEOUT_MS),
			 ERR_UNAVAILABLE);
}

static void test_read_times_out(void **state)
{
	unsigned port = free_port();
	int listening, connected;
	int64_t began = clock_mono_ms();
	char byte;

	(void)state;
	assert_int_equal(listen_open(&listening, with_port("", port)), OK);
	assert_int_equal(listen_connect(&connected, with_port("", port), TIMEOUT_MS), OK);
	assert_int_equal(recv(connected, &byte, 1, 0), -1);
	assert_in_range(clock_mono_ms() - began, TIMEOUT_MS, SOON_MS);
	close(connected);
	close(listening);
}

static void test_malformed_address_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",          "9000",        ":",      "localhost", ":0",        ":65536",
	    ":99999",    ":-1",         ":+1",    ": 9",       ":9 ",       ":9x",
	    ":009000",   "host:",       "::9000", "::1:9000",  "[::1]9000", "[]:9000",
	    "[::1:9000", "/run/socket", ":9000:", "[::1]:x",   "a:b:9000",
	};
	char longest[300];
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (listen_open(&fd, texts[i]) != ERR_INVALID)
			fail_msg("taken to listen: %s", texts[i]);
		if (listen_connect(&fd, texts[i], TIMEOUT_MS) != ERR_INVALID)
			fail_msg("taken to connect: %s", texts[i]);
	}
	memset(longest, 'a', sizeof longest);
	memcpy(longest + sizeof longest - 6, ":9000", 6);
	assert_int_equal(listen_open(&fd, longest), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_address_of_this_machine_is_opened),
	    cmocka_unit_test(test_omitted_host_opens_all_addresses),
	    cmocka_unit_test(test_other_address_is_not_opened),
	    cmocka_unit_test(test_used_port_is_unavailable),
	    cmocka_unit_test(test_port_with_old_connections_is_opened),
	    cmocka_unit_test(test_refused_connection_is_unavailable),
	    cmocka_unit_test(test_read_times_out),
	    cmocka_unit_test(test_malformed_address_is_refused),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
