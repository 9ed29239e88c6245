#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role.h"

static const struct {
	enum role role;
	const char *word;
} roles[] = {
    {ROLE_CUSTOMER, "customer"},
    {ROLE_COURIER, "courier"},
    {ROLE_ADMIN, "admin"},
    {ROLE_SERVICE, "service"},
};

enum { N_ROLES = sizeof roles / sizeof roles[0] };

static void test_roles_have_unique_words_and_bits(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < N_ROLES; i++) {
		enum role role;

		assert_string_equal(role_name(roles[i].role), roles[i].word);
		assert_true(role_parse(&role, roles[i].word));
		assert_int_equal(role, roles[i].role);
		assert_false(seen & role);
		seen |= role;
	}
}

static void test_unknown_word_is_no_role(void **state)
{
	static const char *const words[] = {"",       "Customer", "root",   "customer ",
					    " admin", "admins",   "courie", "customer,admin"};
	enum role role = ROLE_COURIER;

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		assert_false(role_parse(&role, words[i]));
	assert_int_equal(role, ROLE_COURIER);
}

static void test_set_of_roles_has_no_word(void **state)
{
	static const unsigned none[] = {0, ROLE_ADMIN | ROLE_COURIER, ROLES_ANY, 1U << ROLE_COUNT};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_null(role_name((enum role)none[i]));
}

static void test_sets_contain_roles_of_kind(void **state)
{
	(void)state;
	assert_int_equal(ROLES_PERSON, ROLE_CUSTOMER);
	assert_int_equal(ROLES_STAFF, ROLE_COURIER | ROLE_ADMIN);
	assert_int_equal(ROLES_SERVICE, ROLE_SERVICE);
	assert_int_equal(ROLES_SHOPPER, ROLE_CUSTOMER | ROLE_COURIER | ROLE_ADMIN);
	assert_int_equal(ROLES_ANY, (1 << ROLE_COUNT) - 1);
}

static void test_accounts_have_all_roles_except_service(void **state)
{
	int n = 0;

	(void)state;
	for (; account_roles[n]; n++) {
		enum role role;

		assert_true(role_parse(&role, account_roles[n]));
		assert_true(role & ROLES_SHOPPER);
		assert_int_equal(account_role(n), role);
		assert_int_equal(account_role_index(role), n);
	}
	assert_int_equal(n, N_ROLES - 1);
	assert_int_equal(account_role_index(ROLE_SERVICE), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_roles_have_unique_words_and_bits),
	    cmocka_unit_test(test_unknown_word_is_no_role),
	    cmocka_unit_test(test_set_of_roles_has_no_word),
	    cmocka_unit_test(test_sets_contain_roles_of_kind),
	    cmocka_unit_test(test_accounts_have_all_roles_except_service),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
