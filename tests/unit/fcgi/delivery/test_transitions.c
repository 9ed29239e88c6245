#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/delivery/transitions.h"

static void has_the_published_words(void **state)
{
	static const char *const words[] = {"PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED",
					    "CANCELLED"};

	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_string_equal(order_status_names[i], words[i]);
	assert_null(order_status_names[STATUS_COUNT]);
}

static void goes_one_step_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(status_before(STEP_ON, STATUS_PACKED), STATUS_PLACED);
	assert_int_equal(status_before(STEP_ON, STATUS_OUT_FOR_DELIVERY), STATUS_PACKED);
	assert_int_equal(status_before(STEP_ON, STATUS_DELIVERED), STATUS_OUT_FOR_DELIVERY);
}

/* PLACED is where an order begins, CANCELLED no station on its way. */
static void no_step_on_leads_to_placed_or_cancelled(void **state)
{
	(void)state;
	assert_int_equal(status_before(STEP_ON, STATUS_PLACED), STATUS_COUNT);
	assert_int_equal(status_before(STEP_ON, STATUS_CANCELLED), STATUS_COUNT);
}

static void only_a_placed_order_is_cancelled(void **state)
{
	(void)state;
	for (enum order_status to = STATUS_PLACED; to < STATUS_COUNT; to++)
		assert_int_equal(status_before(STEP_CANCEL, to),
				 to == STATUS_CANCELLED ? STATUS_PLACED : STATUS_COUNT);
}

static void never_leads_back_or_out_of_an_end(void **state)
{
	static const enum step steps[] = {STEP_ON, STEP_CANCEL};

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		for (enum order_status to = STATUS_PLACED; to < STATUS_COUNT; to++) {
			enum order_status from = status_before(steps[i], to);

			assert_true(from == STATUS_COUNT || from < to);
			assert_int_not_equal(from, STATUS_DELIVERED);
			assert_int_not_equal(from, STATUS_CANCELLED);
		}
	}
}

static void tells_where_the_next_step_leads(void **state)
{
	(void)state;
	assert_int_equal(status_after(STATUS_PLACED), STATUS_PACKED);
	assert_int_equal(status_after(STATUS_PACKED), STATUS_OUT_FOR_DELIVERY);
	assert_int_equal(status_after(STATUS_OUT_FOR_DELIVERY), STATUS_DELIVERED);
	assert_int_equal(status_after(STATUS_DELIVERED), STATUS_COUNT);
	assert_int_equal(status_after(STATUS_CANCELLED), STATUS_COUNT);
}

static void knows_the_ends(void **state)
{
	(void)state;
	for (enum order_status at = STATUS_PLACED; at < STATUS_COUNT; at++)
		assert_int_equal(status_is_end(at),
				 at == STATUS_DELIVERED || at == STATUS_CANCELLED);
}

static void reads_its_words(void **state)
{
	static const char *const unknown[] = {"", "placed", "PLACED ", "PACK", "PACKEDX"};

	(void)state;
	for (enum order_status at = STATUS_PLACED; at < STATUS_COUNT; at++)
		assert_int_equal(order_status_parse(order_status_names[at]), at);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_int_equal(order_status_parse(unknown[i]), STATUS_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_the_published_words),
	    cmocka_unit_test(goes_one_step_at_a_time),
	    cmocka_unit_test(no_step_on_leads_to_placed_or_cancelled),
	    cmocka_unit_test(only_a_placed_order_is_cancelled),
	    cmocka_unit_test(never_leads_back_or_out_of_an_end),
	    cmocka_unit_test(tells_where_the_next_step_leads),
	    cmocka_unit_test(knows_the_ends),
	    cmocka_unit_test(reads_its_words),
	};

	return cmocka_run_group_tests_name("transitions", tests, NULL, NULL);
}
