/* E-mail addresses: normal form and validation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/user/email.h"

enum { ADDRESS_SIZE = 512 };

static void test_addresses_are_accepted(void **state)
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
	    "jos\u00E9@example.com",
	    "दूध.७@example.com",
	};

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		assert_null(check_email(addresses[i]));
}

static void test_other_texts_are_refused(void **state)
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
	    "\u00A0@b.com",
	    "\u3164@b.com",
	    "\U0001F600@b.com",
	    "a\u200Db@b.com",
	    "\xFF@b.com",
	    "a@\xC3\xA4.com",
	    "a@b.c\xC3\xA4m",
	    "a\\@b.com",
	    "a@b/c.com",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(check_email(texts[i]), "value is not a valid email address");
}

/* Checks an address with these lengths of the local part and of the first label. */
static const char *check_lengths(int local, int label)
{
	static const char xs[] =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	char address[ADDRESS_SIZE];

	snprintf(address, sizeof address, "%.*s@%.*s.com", local, xs, label, xs);
	return check_email(address);
}

static void test_part_lengths(void **state)
{
	(void)state;
	assert_null(check_lengths(64, 63));
	assert_non_null(check_lengths(65, 63));
	assert_non_null(check_lengths(64, 64));
	assert_non_null(check_lengths(0, 1));
	assert_non_null(check_lengths(1, 0));
}

static void test_total_length(void **state)
{
	char address[ADDRESS_SIZE];

	(void)state;
	for (int last = 1; last <= 2; last++) {
		snprintf(address, sizeof address, "a@%060d.%060d.%060d.%060d.%.*s", 0, 0, 0, 0,
			 last + 7, "xxxxxxxxx");
		assert_int_equal(strlen(address), 253 + last);
		assert_int_equal(check_email(address) == NULL, last == 1);
	}
}

static void test_normal_form(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
	    {"Asha@Example.COM", "asha@example.com"},
	    {"JOS\u00C9@example.com", "jos\u00E9@example.com"},
	    {"jose\u0301@example.com", "jos\u00E9@example.com"},
	    {"a@B\u00DCcher.example", "a@xn--bcher-kva.example"},
	    {"a@bu\u0308cher.example", "a@xn--bcher-kva.example"},
	    {"A@XN--Bcher-KVA.example", "a@xn--bcher-kva.example"},
	    {"stra\u00DFe@fa\u00DF.example", "stra\u00DFe@xn--fa-hia.example"},
	    {"\u212Aate@example.com", "kate@example.com"}, /* a Kelvin sign */
	    {"a@\uFF45xample.com", "a@example.com"},
	    {"\u039D\u0399\u039A\u039F\u03A3@b.co", "\u03BD\u03B9\u03BA\u03BF\u03C3@b.co"},
	    {"\u03BD\u03B9\u03BA\u03BF\u03C2@b.co", "\u03BD\u03B9\u03BA\u03BF\u03C3@b.co"},
	    {"\u017Fam@b.co", "sam@b.co"},
	    /* Not addresses: in lower case as a whole. */
	    {"", ""},
	    {"Asha", "asha"},
	    {"A@", "a@"},
	    {"A@B_\u00DC.com", "a@b_\u00FC.com"},
	    {"A@B\u00AD.com", "a@b\u00AD.com"},
	    {"A@b@C.com", "a@b@c.com"},
	    {"A@xn--A.com", "a@xn--a.com"},
	};
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *once, *twice;

		assert_int_equal(email_form(&once, arena, rows[i].from), OK);
		assert_string_equal(once, rows[i].to);
		assert_int_equal(email_form(&twice, arena, once), OK);
		assert_string_equal(twice, once);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses_are_accepted),
	    cmocka_unit_test(test_other_texts_are_refused),
	    cmocka_unit_test(test_part_lengths),
	    cmocka_unit_test(test_total_length),
	    cmocka_unit_test(test_normal_form),
	};

	return cmocka_run_group_tests_name("email", tests, NULL, NULL);
}
