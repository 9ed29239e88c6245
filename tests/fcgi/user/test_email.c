#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/user/email.h"

enum { ADDRESS_SIZE = 512 };

static void takes_addresses_of_the_internet(void **state)
{
	static const char *const addresses[] = {
	    "a@b.co",
	    "shopper@example.com",
	    "first.last@example.com",
	    "user+tag@mail.example.co.in",
	    "!#$%&'*+-/=?^_`{|}~@example.com",
	    "1@2.3",
	    "UPPER@Example.COM",
	    "a@xn--bcher-kva.example",
	    "a@b-c.d-e.com",
	    "a-@b.com",
	};

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		assert_null(check_email(addresses[i]));
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const texts[] = {
	    "",
	    "@",
	    "a",
	    "a@",
	    "@b.com",
	    "a@b",
	    "a@@b.com",
	    "a@b@c.com",
	    "a b@c.com",
	    "a@b c.com",
	    ".a@b.com",
	    "a.@b.com",
	    "a..b@c.com",
	    "a@.b.com",
	    "a@b.com.",
	    "a@b..com",
	    "a@-b.com",
	    "a@b-.com",
	    "a@b.-com",
	    "a@b.com-",
	    "a@b_c.com",
	    "\"a b\"@c.com",
	    "a@[127.0.0.1]",
	    "a@b.com\n",
	    "a,b@c.com",
	    "<a@b.com>",
	    "a@b.com ",
	    " a@b.com",
	    "a(b)@c.com",
	    "a:b@c.com",
	    "\xC3\xA4@b.com",
	    "a@\xC3\xA4.com",
	    "a@b.c\xC3\xA4m",
	    "a\\@b.com",
	    "a@b/c.com",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(check_email(texts[i]), "value is not a valid email address");
}

/* An address of these numbers of characters before the @ and in the first label. */
static const char *check_lengths(int local, int label)
{
	static const char xs[] =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	char address[ADDRESS_SIZE];

	snprintf(address, sizeof address, "%.*s@%.*s.com", local, xs, label, xs);
	return check_email(address);
}

static void knows_the_limits_of_the_parts(void **state)
{
	(void)state;
	assert_null(check_lengths(64, 63));
	assert_non_null(check_lengths(65, 63));
	assert_non_null(check_lengths(64, 64));
	assert_non_null(check_lengths(0, 1));
	assert_non_null(check_lengths(1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_addresses_of_the_internet),
	    cmocka_unit_test(refuses_what_is_no_address),
	    cmocka_unit_test(knows_the_limits_of_the_parts),
	};

	return cmocka_run_group_tests_name("email", tests, NULL, NULL);
}
