#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

static const char *uri, *secret, *old_secret;
static int64_t threads;
static bool auth;
static int level;

static const char *const levels[] = {"low", "middle", "high", NULL};

static const struct setting settings[] = {
    {"TEST_URI", SETTING_TEXT, &uri, "mongodb://localhost", 1, 0, false, "where the database is"},
    {"TEST_SECRET", SETTING_TEXT, &secret, NULL, 8, 16, true, "signs tokens"},
    {"TEST_OLD", SETTING_TEXT, &old_secret, "", 8, 16, true, "signed tokens",
     .may_lack_file = true},
    {"TEST_THREADS", SETTING_NUMBER, &threads, "8", 1, 256, false, "worker threads"},
    {"TEST_AUTH", SETTING_SWITCH, &auth, "on", 0, 0, false, "whether tokens are needed"},
    {"TEST_LEVEL", SETTING_ENUM, &level, "middle", 0, 0, false, "how much", levels},
};

enum { N_SETTINGS = sizeof settings / sizeof settings[0] };

/* Error output of the last config_load(). */
static char *output;
static size_t output_len;

static enum err load(void)
{
	FILE *errors;
	enum err e;

	free(output);
	errors = open_memstream(&output, &output_len);
	assert_non_null(errors);
	e = config_load(settings, N_SETTINGS, errors);
	assert_int_equal(fclose(errors), 0);
	return e;
}

static int clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SETTINGS; i++)
		unsetenv(settings[i].name);
	setenv("TEST_SECRET", "long enough", 1);
	uri = secret = "before";
	threads = level = -1;
	auth = false;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(output);
	return 0;
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(load(), OK);
	assert_string_equal(uri, "mongodb://localhost");
	assert_string_equal(secret, "long enough");
	assert_int_equal(threads, 8);
	assert_true(auth);
	assert_int_equal(level, 1);
	assert_string_equal(output, "");
}

static void test_environment_overrides_defaults(void **state)
{
	(void)state;
	setenv("TEST_URI", "mongodb://db", 1);
	setenv("TEST_THREADS", "256", 1);
	setenv("TEST_AUTH", "off", 1);
	setenv("TEST_LEVEL", "high", 1);
	auth = true;
	assert_int_equal(load(), OK);
	assert_string_equal(uri, "mongodb://db");
	assert_int_equal(threads, 256);
	assert_false(auth);
	assert_int_equal(level, 2);
}

static void test_empty_variable_is_not_set(void **state)
{
	(void)state;
	setenv("TEST_THREADS", "", 1);
	setenv("TEST_SECRET", "", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(output, "TEST_SECRET: is required\n");
}

static void test_all_errors_are_reported(void **state)
{
	(void)state;
	setenv("TEST_SECRET", "hush", 1);
	setenv("TEST_THREADS", "0", 1);
	setenv("TEST_AUTH", "yes", 1);
	setenv("TEST_LEVEL", "none", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(output, "TEST_SECRET: should be at least 8 and at most 16 bytes long\n"
				    "TEST_THREADS: should be a number from 1 to 256, not \"0\"\n"
				    "TEST_AUTH: should be on or off, not \"yes\"\n"
				    "TEST_LEVEL: should be low, middle or high, not \"none\"\n");
}

static void test_errors_leave_values_unchanged(void **state)
{
	(void)state;
	setenv("TEST_URI", "mongodb://db", 1);
	setenv("TEST_AUTH", "maybe", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(uri, "before");
	assert_int_equal(threads, -1);
	assert_int_equal(level, -1);
}

/* ---- secrets in files ---- */

static char secret_path[] = "/tmp/test_config.XXXXXX";

static void write_secret(const char *bytes, size_t len)
{
	FILE *file = fopen(secret_path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	unsetenv("TEST_SECRET");
	setenv("TEST_SECRET_FILE", secret_path, 1);
}

static int make_secret(void **state)
{
	int fd = mkstemp(secret_path);

	return fd < 0 || close(fd) ? -1 : clear(state);
}

static int remove_secret(void **state)
{
	(void)state;
	unsetenv("TEST_SECRET_FILE");
	unsetenv("TEST_LEVEL_FILE");
	unlink(secret_path);
	memcpy(secret_path + sizeof secret_path - 7, "XXXXXX", 6);
	return 0;
}

static void test_secret_in_file(void **state)
{
	(void)state;
	write_secret("in a file", 9);
	assert_int_equal(load(), OK);
	assert_string_equal(secret, "in a file");
}

static void test_secret_file_line_end_is_removed(void **state)
{
	(void)state;
	write_secret(" in a file \r\n", 13);
	assert_int_equal(load(), OK);
	assert_string_equal(secret, " in a file ");
}

static void test_secret_file_is_validated(void **state)
{
	(void)state;
	write_secret("hush", 4);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(output,
			    "TEST_SECRET: should be at least 8 and at most 16 bytes long\n");
	write_secret("\n", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(output, "TEST_SECRET: is required\n");
}

static void test_unreadable_secret_file_is_an_error(void **state)
{
	static const char zeros[8192];

	(void)state;
	write_secret(zeros, 9);
	assert_int_equal(load(), ERR_INVALID);
	write_secret(zeros, sizeof zeros);
	assert_int_equal(load(), ERR_INVALID);
	setenv("TEST_SECRET_FILE", "/tmp", 1);
	assert_int_equal(load(), ERR_INVALID);
	setenv("TEST_SECRET_FILE", "/nowhere", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(output, "TEST_SECRET_FILE: /nowhere: No such file or directory\n");
	assert_null(getenv("TEST_SECRET"));
}

static void test_optional_secret_file_may_be_missing(void **state)
{
	(void)state;
	setenv("TEST_OLD_FILE", "/nowhere", 1);
	assert_int_equal(load(), OK);
	assert_string_equal(old_secret, "");
	setenv("TEST_OLD_FILE", "/tmp", 1);
	assert_int_equal(load(), ERR_INVALID);
	unsetenv("TEST_OLD_FILE");
}

static void test_secret_and_secret_file_conflict(void **state)
{
	(void)state;
	write_secret("in a file", 9);
	setenv("TEST_SECRET", "long enough", 1);
	assert_int_equal(load(), ERR_INVALID);
	assert_string_equal(
	    output, "TEST_SECRET_FILE: TEST_SECRET is set, too: only one of them can hold\n");
}

static void test_only_secrets_are_read_from_files(void **state)
{
	(void)state;
	setenv("TEST_LEVEL_FILE", "/nowhere", 1);
	setenv("TEST_SECRET_FILE", "", 1);
	assert_int_equal(load(), OK);
	assert_int_equal(level, 1);
}

static void refuses(const char *name, const char *text)
{
	clear(NULL);
	setenv(name, text, 1);
	if (load() != ERR_INVALID)
		fail_msg("taken: %s=%s", name, text);
}

static void test_numbers_are_parsed_strictly(void **state)
{
	static const char *const texts[] = {
	    "-1",
	    "257",
	    "8x",
	    " 8",
	    "8 ",
	    "+8",
	    "8.0",
	    "1e2",
	    "0x8",
	    "-",
	    "eight",
	    "9223372036854775808",
	    "99999999999999999999",
	    "-99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		refuses("TEST_THREADS", texts[i]);
}

static void test_switches_are_on_or_off(void **state)
{
	static const char *const texts[] = {"ON", "Off", "1", "true", "on ", "of"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		refuses("TEST_AUTH", texts[i]);
}

static void test_enum_values(void **state)
{
	static const char *const texts[] = {"LOW", "lo", "lows", "low ", "low,middle", "0", "1"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		refuses("TEST_LEVEL", texts[i]);
	for (int i = 0; levels[i]; i++) {
		setenv("TEST_LEVEL", levels[i], 1);
		assert_int_equal(load(), OK);
		assert_int_equal(level, i);
	}
}

static void test_text_lengths(void **state)
{
	(void)state;
	refuses("TEST_SECRET", "1234567");
	refuses("TEST_SECRET", "12345678901234567");
	setenv("TEST_SECRET", "12345678", 1);
	assert_int_equal(load(), OK);
	setenv("TEST_SECRET", "1234567890123456", 1);
	assert_int_equal(load(), OK);
}

static void test_print_omits_secrets(void **state)
{
	FILE *out;

	(void)state;
	assert_int_equal(load(), OK);
	free(output);
	out = open_memstream(&output, &output_len);
	assert_non_null(out);
	config_print(settings, N_SETTINGS, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(output, "TEST_URI\tmongodb://localhost\twhere the database is\n"
				    "TEST_SECRET\trequired\tsigns tokens\n"
				    "TEST_OLD\t\tsigned tokens\n"
				    "TEST_THREADS\t8\tworker threads\n"
				    "TEST_AUTH\ton\twhether tokens are needed\n"
				    "TEST_LEVEL\tmiddle\thow much\n");
}

#define TEST(name)      cmocka_unit_test_setup(name, clear)
#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, make_secret, remove_secret)

/* An optional secret may be absent, but not too short. */
static void test_optional_secret_must_have_full_length(void **state)
{
	static const char *text;
	static const struct setting optional = {"TEST_SECOND", SETTING_TEXT,   &text, "", 8, 16,
						true,          "also accepted"};
	static const struct {
		const char *given;
		enum err expected;
	} cases[] = {{"", OK}, {"12345678", OK}, {"1234567", ERR_INVALID}};
	FILE *errors = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(errors);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		setenv("TEST_SECOND", cases[i].given, 1);
		assert_int_equal(config_load(&optional, 1, errors), cases[i].expected);
	}
	fclose(errors);
	unsetenv("TEST_SECOND");
}

/* ---- values of the right type that are refused ---- */

static const char *code;
static const char *const others[] = {"TEST_SECRET", "TEST_URI", NULL};
static const struct setting careful[] = {
    {"TEST_AUTH", SETTING_SWITCH, &auth, "on", 0, 0, false, "whether tokens are needed",
     .demo = "off"},
    {"TEST_CODE", SETTING_TEXT, &code, "1234", 1, 64, true, "a code", .demo = "1234",
     .unlike = others},
};

/* Error output for these rows; "" if they are valid. */
static const char *errors_of(const char *switch_value, const char *code_value)
{
	FILE *errors;
	enum err e;

	free(output);
	errors = open_memstream(&output, &output_len);
	assert_non_null(errors);
	setenv("TEST_AUTH", switch_value, 1);
	setenv("TEST_CODE", code_value, 1);
	e = config_load(careful, 2, errors);
	assert_int_equal(fclose(errors), 0);
	unsetenv("TEST_CODE");
	assert_int_equal(e == OK, !*output);
	return output;
}

static void test_secrets_must_differ(void **state)
{
	(void)state;
	assert_string_equal(errors_of("on", "long enough"),
			    "TEST_CODE: is the same as TEST_SECRET: each secret needs a value of "
			    "its own\n");
	assert_string_equal(errors_of("on", "long enough, too"), "");
	setenv("TEST_URI", "4321", 1);
	assert_string_equal(
	    errors_of("on", "4321"),
	    "TEST_CODE: is the same as TEST_URI: each secret needs a value of its own\n");
	setenv("TEST_URI", "", 1);
	assert_string_equal(errors_of("on", ""), "");
}

static const char *check_place(const char *text)
{
	return strchr(text, '@') ? "should have no user" : NULL;
}

static void test_row_check_is_called(void **state)
{
	static const char *place;
	static const struct setting checked[] = {
	    {"TEST_CODE", SETTING_TEXT, &place, "", 0, 9, false, "a place", .check = check_place},
	};
	FILE *errors;

	(void)state;
	free(output);
	errors = open_memstream(&output, &output_len);
	assert_non_null(errors);
	assert_int_equal(config_load(checked, 1, errors), OK);
	setenv("TEST_CODE", "here", 1);
	assert_int_equal(config_load(checked, 1, errors), OK);
	assert_string_equal(place, "here");
	setenv("TEST_CODE", "me:pw@x", 1);
	assert_int_equal(config_load(checked, 1, errors), ERR_INVALID);
	unsetenv("TEST_CODE");
	assert_int_equal(fclose(errors), 0);
	assert_string_equal(output, "TEST_CODE: should have no user\n");
	assert_string_equal(place, "here");
}

/* The last test, because config_refuse_demo() can't be undone. */
static void test_demo_values_are_refused_if_public(void **state)
{
	static const char way_out[] =
	    " is for a demo, and other machines can reach this program: set another "
	    "value, or ALLOW_DEMO=yes\n";
	char expected[512];

	(void)state;
	assert_string_equal(errors_of("off", "1234"), "");
	config_refuse_demo();
	snprintf(expected, sizeof expected, "TEST_AUTH: off%sTEST_CODE: 1234%s", way_out, way_out);
	assert_string_equal(errors_of("off", "1234"), expected);
	assert_string_equal(errors_of("off", ""), expected); /* a default is refused, too */
	assert_string_equal(errors_of("on", "12345"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_defaults),
	    TEST(test_environment_overrides_defaults),
	    TEST(test_empty_variable_is_not_set),
	    TEST(test_all_errors_are_reported),
	    TEST(test_errors_leave_values_unchanged),
	    TEST(test_optional_secret_must_have_full_length),
	    TEST(test_numbers_are_parsed_strictly),
	    TEST(test_switches_are_on_or_off),
	    TEST(test_enum_values),
	    TEST(test_text_lengths),
	    TEST(test_print_omits_secrets),
	    FILE_TEST(test_secret_in_file),
	    FILE_TEST(test_secret_file_line_end_is_removed),
	    FILE_TEST(test_secret_file_is_validated),
	    FILE_TEST(test_unreadable_secret_file_is_an_error),
	    FILE_TEST(test_optional_secret_file_may_be_missing),
	    FILE_TEST(test_secret_and_secret_file_conflict),
	    FILE_TEST(test_only_secrets_are_read_from_files),
	    TEST(test_secrets_must_differ),
	    TEST(test_row_check_is_called),
	    TEST(test_demo_values_are_refused_if_public),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
