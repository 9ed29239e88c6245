#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "http_status.h"

static void test_phrases(void **state)
{
	(void)state;
#define X(status, phrase) assert_string_equal(http_status_phrase(status), phrase);
	HTTP_STATUSES(X)
#undef X
	assert_string_equal(http_status_phrase(HTTP_404), "Not Found");
}

static void test_rows_are_sorted_and_unique(void **state)
{
	int last = 199;

	(void)state;
#define X(status, phrase)                               \
	assert_true((status) > last && (status) < 600); \
	assert_true(*(phrase));                         \
	last = (status);
	HTTP_STATUSES(X)
#undef X
}

static void test_unknown_status_has_no_phrase(void **state)
{
	static const int others[] = {-1, 0, 99, 418, 499, 600};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_string_equal(http_status_phrase(others[i]), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_phrases),
	    cmocka_unit_test(test_rows_are_sorted_and_unique),
	    cmocka_unit_test(test_unknown_status_has_no_phrase),
	};

	return cmocka_run_group_tests_name("http_status", tests, NULL, NULL);
}
