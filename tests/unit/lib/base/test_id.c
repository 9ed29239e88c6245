/* Ids: the time, and random bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clock.h"
#include "id.h"

enum { IDS = 256, TIME_BYTES = 4 };

static void test_id_begins_with_time(void **state)
{
	int64_t before = clock_now_ms() / 1000;
	bson_oid_t id;

	(void)state;
	id_new(&id);
	assert_in_range(bson_oid_get_time_t(&id), before, clock_now_ms() / 1000);
}

/* No byte is constant, as a process number would be, and none counts. */
static void test_other_bytes_are_random(void **state)
{
	bson_oid_t ids[IDS];
	int carried_on = 0;

	(void)state;
	for (int i = 0; i < IDS; i++)
		id_new(&ids[i]);
	for (size_t at = TIME_BYTES; at < sizeof ids[0].bytes; at++) {
		int same = 0;

		for (int i = 1; i < IDS; i++) {
			same += ids[i].bytes[at] == ids[0].bytes[at];
			carried_on += ids[i].bytes[at] == (uint8_t)(ids[i - 1].bytes[at] + 1);
		}
		assert_true(same < IDS / 8);
	}
	assert_true(carried_on < IDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_id_begins_with_time),
	    cmocka_unit_test(test_other_bytes_are_random),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
