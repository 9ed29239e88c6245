/* X-Device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clock.h"
#include "fcgi/user/device.h"
#include "token.h"

enum { DEVICE_BYTES = 60, TIME_AT = 12, MAC_AT = 28, DAY = 86400 };

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const char next_secret[] = "fedcba9876543210fedcba9876543210";

static bson_oid_t owner, other;

static int64_t now(void)
{
	return clock_now_ms() / 1000;
}

static int set_up(void **state)
{
	(void)state;
	bson_oid_init_from_string(&owner, "65f0c0ffee0123456789abcd");
	bson_oid_init_from_string(&other, "65f0c0ffee0123456789abce");
	assert_int_equal(token_init(secret), OK);
	return token_accept("", 0) == OK ? 0 : -1;
}

/* Makes a device of that age in seconds, with a MAC for `purpose`. */
static void make_old(char text[static DEVICE_TEXT_SIZE], int64_t age, const char *purpose)
{
	unsigned char bytes[DEVICE_BYTES] = {0};
	int64_t seconds = now() - age;

	memcpy(bytes, owner.bytes, sizeof owner.bytes);
	for (int i = TIME_AT + 7; i >= TIME_AT; i--, seconds >>= 8)
		bytes[i] = (unsigned char)(seconds & 0xFF);
	assert_true(token_mac(bytes + MAC_AT, TOKEN_SECRET, purpose, bytes, MAC_AT));
	sodium_bin2base64(text, DEVICE_TEXT_SIZE, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void test_device_belongs_to_one_account(void **state)
{
	char text[DEVICE_TEXT_SIZE];

	(void)state;
	assert_true(device_make(text, &owner, now()));
	assert_int_equal(strlen(text), DEVICE_TEXT_SIZE - 1);
	assert_true(device_belongs_to(text, &owner, now()));
	assert_false(device_belongs_to(text, &other, now()));
}

static void test_devices_differ(void **state)
{
	char one[DEVICE_TEXT_SIZE], two[DEVICE_TEXT_SIZE];

	(void)state;
	assert_true(device_make(one, &owner, now()));
	assert_true(device_make(two, &owner, now()));
	assert_string_not_equal(one, two);
}

static void test_changed_text_is_refused(void **state)
{
	char text[DEVICE_TEXT_SIZE];

	(void)state;
	assert_true(device_make(text, &owner, now()));
	for (size_t i = 0; i < DEVICE_TEXT_SIZE - 1; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(device_belongs_to(text, &owner, now()));
		text[i] = '=';
		assert_false(device_belongs_to(text, &owner, now()));
		text[i] = was;
	}
	assert_true(device_belongs_to(text, &owner, now()));
}

static void test_other_texts_are_refused(void **state)
{
	char text[DEVICE_TEXT_SIZE], longer[DEVICE_TEXT_SIZE + 4];

	(void)state;
	assert_false(device_belongs_to(NULL, &owner, now()));
	assert_false(device_belongs_to("", &owner, now()));
	assert_false(device_belongs_to("x", &owner, now()));
	assert_true(device_make(text, &owner, now()));
	snprintf(longer, sizeof longer, "%s=", text);
	assert_false(device_belongs_to(longer, &owner, now()));
	snprintf(longer, sizeof longer, "%sAAAA", text);
	assert_false(device_belongs_to(longer, &owner, now()));
	text[DEVICE_TEXT_SIZE - 2] = '\0';
	assert_false(device_belongs_to(text, &owner, now()));
}

static void test_device_expires(void **state)
{
	static const struct {
		int64_t age;
		bool valid;
	} rows[] = {
	    {0, true},   {180 * DAY - 60, true}, {180 * DAY + 60, false},
	    {-30, true}, {-3600, false},         {INT64_C(1) << 40, false},
	};
	char text[DEVICE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make_old(text, rows[i].age, "X-Device");
		assert_int_equal(device_belongs_to(text, &owner, now()), rows[i].valid);
	}
}

static void test_mac_of_other_purpose_is_refused(void **state)
{
	char text[DEVICE_TEXT_SIZE];

	(void)state;
	make_old(text, 0, "login name");
	assert_false(device_belongs_to(text, &owner, now()));
}

static void test_previous_secret_is_accepted(void **state)
{
	char text[DEVICE_TEXT_SIZE];

	(void)state;
	assert_true(device_make(text, &owner, now()));
	assert_int_equal(token_init(next_secret), OK);
	assert_false(device_belongs_to(text, &owner, now()));
	assert_int_equal(token_accept(secret, 0), OK);
	assert_true(device_belongs_to(text, &owner, now()));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
	const struct CMUnitTest tests[] = {
	    TEST(test_device_belongs_to_one_account),
	    TEST(test_devices_differ),
	    TEST(test_changed_text_is_refused),
	    TEST(test_other_texts_are_refused),
	    TEST(test_device_expires),
	    TEST(test_mac_of_other_purpose_is_refused),
	    TEST(test_previous_secret_is_accepted),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
