#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client_net.h"

static void test_host_part_is_removed(void **state)
{
	static const struct {
		const char *address, *net;
	} rows[] = {
	    {"203.0.113.7", "203.0.113.7"},
	    {"127.50.1.2", "127.50.1.2"},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
	    {"2001:db8:1:2::", "2001:db8:1:2::/64"},
	    {"2001:0DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"},
	    {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
	    {"::1", "::/64"},
	    {"::ffff:203.0.113.7", "203.0.113.7"},
	    {"::ffff:cb00:7108", "203.0.113.8"},
	    {"unix:", "-"},
	    {"", "-"},
	    {"203.0.113", "-"},
	    {"203.0.113.7, 203.0.113.8", "-"},
	    {"fe80::1%eth0", "-"},
	    {NULL, "-"},
	};
	char net[CLIENT_NET_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		client_net(net, rows[i].address);
		assert_string_equal(net, rows[i].net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_host_part_is_removed)};

	return cmocka_run_group_tests_name("client_net", tests, NULL, NULL);
}
