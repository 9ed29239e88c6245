/* The state machine of an order's status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/delivery/transitions.h"

static void test_names_are_published_ones(void **state)
{
	static const char *const words[] = {"PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED",
					    "CANCELLED"};

	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_string_equal(order_status_names[i], words[i]);
	assert_null(order_status_names[STATUS_COUNT]);
}

static void test_advance_is_one_step(void **state)
{
	(void)state;
	assert_int_equal(status_before(STEP_ADVANCE, STATUS_PACKED), STATUS_PLACED);
	assert_int_equal(status_before(STEP_ADVANCE, STATUS_OUT_FOR_DELIVERY), STATUS_PACKED);
	assert_int_equal(status_before(STEP_ADVANCE, STATUS_DELIVERED), STATUS_OUT_FOR_DELIVERY);
}

static void test_advance_never_leads_to_placed_or_cancelled(void **state)
{
	(void)state;
	assert_int_equal(status_before(STEP_ADVANCE, STATUS_PLACED), STATUS_COUNT);
	assert_int_equal(status_before(STEP_ADVANCE, STATUS_CANCELLED), STATUS_COUNT);
}

static void test_cancel_leads_from_placed_only(void **state)
{
	(void)state;
	for (enum order_status to = STATUS_PLACED; to < STATUS_COUNT; to++)
		assert_int_equal(status_before(STEP_CANCEL, to),
				 to == STATUS_CANCELLED ? STATUS_PLACED : STATUS_COUNT);
}

static void test_steps_never_lead_back_or_from_an_end(void **state)
{
	static const enum step steps[] = {STEP_ADVANCE, STEP_CANCEL};

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

static void test_status_after(void **state)
{
	(void)state;
	assert_int_equal(status_after(STATUS_PLACED), STATUS_PACKED);
	assert_int_equal(status_after(STATUS_PACKED), STATUS_OUT_FOR_DELIVERY);
	assert_int_equal(status_after(STATUS_OUT_FOR_DELIVERY), STATUS_DELIVERED);
	assert_int_equal(status_after(STATUS_DELIVERED), STATUS_COUNT);
	assert_int_equal(status_after(STATUS_CANCELLED), STATUS_COUNT);
}

static void test_ends(void **state)
{
	(void)state;
	for (enum order_status at = STATUS_PLACED; at < STATUS_COUNT; at++)
		assert_int_equal(status_is_end(at),
				 at == STATUS_DELIVERED || at == STATUS_CANCELLED);
}

static void test_names_are_parsed(void **state)
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
	    cmocka_unit_test(test_names_are_published_ones),
	    cmocka_unit_test(test_advance_is_one_step),
	    cmocka_unit_test(test_advance_never_leads_to_placed_or_cancelled),
	    cmocka_unit_test(test_cancel_leads_from_placed_only),
	    cmocka_unit_test(test_steps_never_lead_back_or_from_an_end),
	    cmocka_unit_test(test_status_after),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_names_are_parsed),
	};

	return cmocka_run_group_tests_name("transitions", tests, NULL, NULL);
}
