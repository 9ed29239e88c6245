/* The table of services (services.tsv) and each service's own tables agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services.h"

#define ROW(name, NAME, title, database, port) {&name##_service, #name, database},
static const struct row {
	const struct service *service;
	const char *name, *database;
} rows[] = {SERVICES(ROW)};

static void test_table_has_names_and_databases(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SERVICES; i++) {
		assert_string_equal(rows[i].service->name, rows[i].name);
		assert_string_equal(rows[i].service->database, rows[i].database);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_has_names_and_databases),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
