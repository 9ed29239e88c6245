#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static void test_statuses_are_error_statuses(void **state)
{
	(void)state;
	assert_int_equal(err_info(OK)->status, 200);
	for (enum err e = OK + 1; e < ERR_COUNT; e++)
		assert_in_range(err_info(e)->status, 400, 599);
}

/* Programs can derive the code from the text, and the text from the code. */
static void test_code_is_text_in_snake_case(void **state)
{
	(void)state;
	for (enum err e = OK + 1; e < ERR_COUNT; e++) {
		const struct err_info *info = err_info(e);
		size_t len = strlen(info->text);

		if (e == ERR_WEBSOCKET)
			continue; /* clients depend on both */
		assert_int_equal(strlen(info->code), len);
		for (size_t i = 0; i < len; i++) {
			char c = info->text[i];

			assert_int_equal(info->code[i], strchr(" -", c) ? '_' : tolower(c));
		}
	}
}

static void test_codes_are_unique(void **state)
{
	(void)state;
	for (enum err a = OK + 1; a <= ERR_INTERNAL; a++) {
		for (enum err b = OK + 1; b < a; b++) {
			if (!err_is_temporary(a) || !err_is_temporary(b))
				assert_string_not_equal(err_info(a)->code, err_info(b)->code);
		}
	}
}

/* The log has the reason; a client tries again in each case. */
static void test_temporary_errors_look_the_same(void **state)
{
	int n = 0;

	(void)state;
	for (enum err e = OK + 1; e < ERR_COUNT; e++) {
		assert_int_equal(err_is_temporary(e), err_info(e)->status == 503);
		n += err_is_temporary(e);
	}
	assert_int_equal(n, 4);
	assert_false(err_is_temporary(OK));
}

/* A caller that doesn't map a store's result has a bug, so the client gets a 500. */
static void test_store_results_are_internal_errors(void **state)
{
	static const enum err between[] = {ERR_NO_DOCUMENT, ERR_DUPLICATE, ERR_RETRY};

	(void)state;
	for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
		assert_true(between[i] > ERR_INTERNAL);
		assert_int_equal(err_info(between[i])->status, 500);
		assert_string_equal(err_info(between[i])->code, err_info(ERR_INTERNAL)->code);
	}
}

static const char *printed_for_the_gateway(void)
{
	static char text[4096];
	FILE *out = fmemopen(text, sizeof text, "w");

	assert_non_null(out);
	errors_print_gateway(out);
	fclose(out);
	return text;
}

static void test_gateway_rows_are_printed(void **state)
{
	const char *text = printed_for_the_gateway();

	(void)state;
	assert_ptr_equal(strstr(text, "400\tbad_request\tBad Request\n"), text);
	assert_non_null(strstr(text, "\n421\tunknown_host\tUnknown host\n"));
	assert_non_null(strstr(text, "\n429\ttoo_many_requests\tToo many requests\n"));
	assert_non_null(
	    strstr(text, "\n400\twebsocket_not_supported\tWebSocket is not supported\n"));
}

/* The errors that no service sends are all of the gateway. */
static void test_gateway_rows_are_complete(void **state)
{
	const char *text = printed_for_the_gateway();

	(void)state;
	for (enum err e = ERR_RETRY + 1; e < ERR_COUNT; e++) {
		const struct err_info *info = err_info(e);
		char row[256];

		snprintf(row, sizeof row, "\n%d\t%s\t%s\n", info->status, info->code, info->text);
		assert_non_null(strstr(text, row));
	}
}

static void test_unknown_number_is_internal_error(void **state)
{
	(void)state;
	assert_ptr_equal(err_info(ERR_COUNT), err_info(ERR_INTERNAL));
	assert_ptr_equal(err_info((enum err) - 1), err_info(ERR_INTERNAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_statuses_are_error_statuses),
	    cmocka_unit_test(test_code_is_text_in_snake_case),
	    cmocka_unit_test(test_temporary_errors_look_the_same),
	    cmocka_unit_test(test_codes_are_unique),
	    cmocka_unit_test(test_store_results_are_internal_errors),
	    cmocka_unit_test(test_gateway_rows_are_printed),
	    cmocka_unit_test(test_gateway_rows_are_complete),
	    cmocka_unit_test(test_unknown_number_is_internal_error),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
