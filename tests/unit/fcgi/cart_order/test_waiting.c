/* Waiting places: their number is bounded, and one user can't occupy all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fcgi/cart_order/waiting.h"
#include "service.h"

enum { MANY = 50 };

static const char *const users[] = {"asha", "ravi", "mina"};

/* Calls waiting_enter() MANY times; returns how often it succeeded. */
static int enter_all(struct ctx *ctx, enum waiting_for kind, const char *user_id)
{
	int n = 0;

	for (int i = 0; i < MANY; i++)
		n += !waiting_enter(ctx, kind, user_id, 1000);
	return n;
}

static void leave(enum waiting_for kind, const char *user_id, int n)
{
	for (int i = 0; i < n; i++)
		waiting_leave(kind, user_id);
}

static void a_user_leaves_places_to_others(void **state)
{
	static const int of_threads[] = {[WAITING_ORDER] = 2, [WAITING_ADD] = 4};
	struct ctx ctx = {.deadline = 0};

	(void)state;
	for (int kind = 0; kind < WAITING_KINDS; kind++) {
		int places = (int)service_threads() / of_threads[kind];
		int first = enter_all(&ctx, kind, users[0]), second;

		assert_int_equal(first, places * 3 / 4);
		second = enter_all(&ctx, kind, users[1]);
		assert_int_equal(first + second, places);
		assert_int_equal(enter_all(&ctx, kind, users[2]), 0);
		leave(kind, users[0], 1);
		assert_int_equal(enter_all(&ctx, kind, users[2]), 1);
		leave(kind, users[0], first - 1);
		leave(kind, users[1], second);
		leave(kind, users[2], 1);
	}
}

static void adds_leave_the_places_of_orders(void **state)
{
	struct ctx ctx = {.deadline = 0};
	int adds = enter_all(&ctx, WAITING_ADD, users[0]);

	(void)state;
	assert_int_equal(waiting_enter(&ctx, WAITING_ORDER, users[0], 1000), OK);
	leave(WAITING_ORDER, users[0], 1);
	leave(WAITING_ADD, users[0], adds);
}

static void who_waits_has_time_left(void **state)
{
	struct ctx ctx = {.deadline = 0};

	(void)state;
	assert_int_equal(waiting_enter(&ctx, WAITING_ADD, users[0], 1000), OK);
	assert_int_equal(ctx.deadline, 1000 + WAITING_WORK_MS);
	ctx.deadline = INT64_MAX;
	assert_int_equal(waiting_enter(&ctx, WAITING_ADD, users[0], 1000), OK);
	assert_true(ctx.deadline == INT64_MAX);
	leave(WAITING_ADD, users[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_user_leaves_places_to_others),
	    cmocka_unit_test(adds_leave_the_places_of_orders),
	    cmocka_unit_test(who_waits_has_time_left),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
