/* Rotation of secrets, and revocation of staff tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "token.h"

#define FIRST   "0123456789abcdef0123456789abcdef"
#define SECOND  "fedcba9876543210fedcba9876543210"
#define SERVICE "fedcba9876543210fedcba987654321s"
#define THIRD   "fedcba9876543210fedcba987654321x"

static struct arena *arena;

static const char *token_of(enum role role)
{
	const char *text;

	assert_int_equal(token_sign(&text, arena, "u-1", role, 60), OK);
	return text;
}

static const char *token_by(const char *secret)
{
	assert_int_equal(token_init(secret), OK);
	return token_of(ROLE_CUSTOMER);
}

static enum err verify(const char *text)
{
	struct token token;

	return token_verify(&token, text);
}

static void test_token_of_old_secret_is_accepted(void **state)
{
	const char *before = token_by(FIRST), *after = token_by(SECOND);

	(void)state;
	assert_int_equal(verify(before), ERR_TOKEN);
	assert_int_equal(token_accept(FIRST, 0), OK);
	assert_int_equal(verify(before), OK);
	assert_int_equal(verify(after), OK);
}

static void test_old_secret_does_not_sign(void **state)
{
	const char *made;

	(void)state;
	assert_int_equal(token_init(SECOND), OK);
	assert_int_equal(token_accept(FIRST, 0), OK);
	made = token_of(ROLE_CUSTOMER);
	assert_int_equal(token_accept("", 0), OK);
	assert_int_equal(verify(made), OK);
}

static void test_third_secret_is_refused(void **state)
{
	const char *foreign = token_by(THIRD);

	(void)state;
	assert_int_equal(token_init(SECOND), OK);
	assert_int_equal(token_accept(FIRST, 0), OK);
	assert_int_equal(verify(foreign), ERR_TOKEN);
}

static void test_empty_old_secret_is_none(void **state)
{
	const char *before = token_by(FIRST);

	(void)state;
	assert_int_equal(token_init(SECOND), OK);
	assert_int_equal(token_accept(FIRST, 0), OK);
	assert_int_equal(token_accept("", 0), OK);
	assert_int_equal(verify(before), ERR_TOKEN);
}

static void test_short_old_secret_is_refused(void **state)
{
	(void)state;
	assert_int_equal(token_accept("0123456789abcdef0123456789abcde", 0), ERR_INVALID);
}

/* Exact to a second, which is the resolution of iat. */
static void test_old_staff_token_is_refused(void **state)
{
	static const struct {
		enum role role;
		enum err before, after;
	} cases[] = {
	    {ROLE_CUSTOMER, OK, OK},
	    {ROLE_COURIER, ERR_TOKEN, OK},
	    {ROLE_ADMIN, ERR_TOKEN, OK},
	    {ROLE_SERVICE, OK, OK},
	};
	int64_t now = clock_now_ms() / 1000;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *text = token_of(cases[i].role);

		assert_int_equal(token_accept("", now + 5), OK);
		assert_int_equal(verify(text), cases[i].before);
		assert_int_equal(token_accept("", now - 1), OK);
		assert_int_equal(verify(text), cases[i].after);
		assert_int_equal(token_accept("", 0), OK);
		assert_int_equal(verify(text), OK);
	}
}

static int begin(void **state)
{
	(void)state;
	return token_init(FIRST) || token_accept("", 0) || token_init_service(SERVICE, "") ? -1 : 0;
}

static int init(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* ---- MACs for other purposes ---- */

static void test_macs_differ_by_secret_purpose_and_data(void **state)
{
	unsigned char macs[4][TOKEN_MAC_SIZE];

	(void)state;
	assert_int_equal(token_init(FIRST), OK);
	assert_int_equal(token_accept(SECOND, 0), OK);
	assert_true(token_mac(macs[0], TOKEN_SECRET, "a", "x", 1));
	assert_true(token_mac(macs[1], TOKEN_SECRET, "b", "x", 1));
	assert_true(token_mac(macs[2], TOKEN_SECRET, "a", "y", 1));
	assert_true(token_mac(macs[3], TOKEN_SECRET_OLD, "a", "x", 1));
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(macs[i], macs[j], TOKEN_MAC_SIZE);
	}
	assert_int_equal(token_init(SECOND), OK);
	assert_true(token_mac(macs[0], TOKEN_SECRET, "a", "x", 1));
	assert_memory_equal(macs[0], macs[3], TOKEN_MAC_SIZE);
}

/* HMAC(HMAC(secret, purpose), data), computed by `openssl dgst -hmac`. */
static void test_mac_matches_reference(void **state)
{
	static const unsigned char known[] = {0x19, 0x43, 0xca, 0x3c, 0x57, 0x11, 0x4b, 0xf2};
	unsigned char mac[TOKEN_MAC_SIZE];

	(void)state;
	assert_int_equal(token_init(FIRST), OK);
	assert_true(token_mac(mac, TOKEN_SECRET, "login name", "asha@example.com", 16));
	assert_memory_equal(mac, known, sizeof known);
}

static void test_mac_needs_its_secret(void **state)
{
	unsigned char mac[TOKEN_MAC_SIZE];

	(void)state;
	assert_int_equal(token_init(FIRST), OK);
	assert_int_equal(token_accept("", 0), OK);
	assert_false(token_mac(mac, TOKEN_SECRET_OLD, "a", "x", 1));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, begin)
	const struct CMUnitTest tests[] = {
	    TEST(test_token_of_old_secret_is_accepted),
	    TEST(test_old_secret_does_not_sign),
	    TEST(test_third_secret_is_refused),
	    TEST(test_empty_old_secret_is_none),
	    TEST(test_short_old_secret_is_refused),
	    TEST(test_old_staff_token_is_refused),
	    TEST(test_macs_differ_by_secret_purpose_and_data),
	    TEST(test_mac_matches_reference),
	    TEST(test_mac_needs_its_secret),
	};

	return cmocka_run_group_tests_name("token rotation", tests, init, end);
}
