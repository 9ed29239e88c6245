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

static void the_table_has_each_service_s_name_and_database(void **state)
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
	    cmocka_unit_test(the_table_has_each_service_s_name_and_database),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
