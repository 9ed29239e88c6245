#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth.h"

#define TEN      "0123456789"
#define SIXTY    TEN TEN TEN TEN TEN TEN
#define NOT_ID   "Input should be an id of 24 hexadecimal digits"
#define NOT_WORD "Input should be 1 to 64 letters, digits, - or _"

static const char *const ids[] = {"65f0c0ffee0123456789abcd", "65F0C0FFEE0123456789ABCD",
				  "000000000000000000000000"};

static const char *const words[] = {"a",
				    "Z",
				    "0",
				    "-",
				    "_",
				    "user-1_B",
				    TEN "ab",
				    "65f0c0ffee0123456789abc",
				    "65f0c0ffee0123456789abcdf",
				    "65f0c0ffee0123456789abcg",
				    SIXTY "abcd"};

/* Ids are used in paths and JSON texts without escaping. */
static const char *const neither[] = {"",     SIXTY "abcde", "a b",
				      " a",   "a\n",         "a/b",
				      "a.b",  "a\"b",        "a\\b",
				      "a%20", "$ne",         "{}",
				      "a:b",  "\xC3\xA4",    "65f0c0ffee0123456789abc "};

enum {
	N_IDS = sizeof ids / sizeof ids[0],
	N_WORDS = sizeof words / sizeof words[0],
	N_NEITHER = sizeof neither / sizeof neither[0],
};

static int require_auth(void **state)
{
	(void)state;
	auth_required = true;
	return 0;
}

static int disable_auth(void **state)
{
	(void)state;
	auth_required = false;
	return 0;
}

static void accepts(const char *(*check)(const char *), const char *const *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (check(values[i]))
			fail_msg("refused: \"%s\"", values[i]);
	}
}

static void refuses(const char *(*check)(const char *), const char *const *values, size_t n,
		    const char *msg)
{
	for (size_t i = 0; i < n; i++) {
		if (!check(values[i]))
			fail_msg("taken: \"%s\"", values[i]);
		assert_string_equal(check(values[i]), msg);
	}
}

static void test_tokens_require_object_id(void **state)
{
	(void)state;
	accepts(check_user_id, ids, N_IDS);
	refuses(check_user_id, words, N_WORDS, NOT_ID);
	refuses(check_user_id, neither, N_NEITHER, NOT_ID);
}

static void test_auth_off_accepts_other_ids(void **state)
{
	(void)state;
	accepts(check_user_id, ids, N_IDS);
	accepts(check_user_id, words, N_WORDS);
	refuses(check_user_id, neither, N_NEITHER, NOT_WORD);
}

/* Ids that were stored with AUTH_REQUIRED=off stay valid with AUTH_REQUIRED=on. */
static void test_stored_id_is_accepted_in_both_modes(void **state)
{
	(void)state;
	accepts(check_stored_user_id, ids, N_IDS);
	accepts(check_stored_user_id, words, N_WORDS);
	refuses(check_stored_user_id, neither, N_NEITHER, NOT_WORD);
}

static void test_id_is_lowercased(void **state)
{
	static const char *const pairs[][2] = {
	    {"65F0C0FFEE0123456789ABCD", "65f0c0ffee0123456789abcd"},
	    {"65f0c0ffee0123456789abcd", "65f0c0ffee0123456789abcd"},
	    {"65f0C0ffeE0123456789aBcd", "65f0c0ffee0123456789abcd"},
	    {"65F0C0FFEE0123456789ABC", "65F0C0FFEE0123456789ABC"},
	    {"65F0C0FFEE0123456789ABCDF", "65F0C0FFEE0123456789ABCDF"},
	    {"Asha", "Asha"},
	    {"", ""},
	};
	struct arena *arena = arena_new(4096);
	const char *formed;

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_int_equal(form_user_id(&formed, arena, pairs[i][0]), OK);
		assert_string_equal(formed, pairs[i][1]);
	}
	arena_free(arena);
}

int main(void)
{
#define TEST(function, setup)                                                  \
	{                                                                      \
		#function " (" #setup ")", function, setup, require_auth, NULL \
	}
	const struct CMUnitTest tests[] = {
	    TEST(test_tokens_require_object_id, require_auth),
	    TEST(test_auth_off_accepts_other_ids, disable_auth),
	    TEST(test_stored_id_is_accepted_in_both_modes, require_auth),
	    TEST(test_stored_id_is_accepted_in_both_modes, disable_auth),
	    TEST(test_id_is_lowercased, require_auth),
	    TEST(test_id_is_lowercased, disable_auth),
	};

	return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
