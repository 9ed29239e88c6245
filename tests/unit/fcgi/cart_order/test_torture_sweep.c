/*
 * The sweeper, with each call failing in turn: the unfinished orders of a dead process end in the
 * same state as undisturbed ones.
 */
#include "torture.h"

static struct customer customer;

/* The state that a request with failed calls left. */
static void leave_order(enum fault fault, int first)
{
	struct faults faults = {.side = SIDE_HANDLER, .fault = fault, .first = first};
	struct answer ignored;

	customer_new(&customer);
	faults_begin(&faults);
	order_create_as(&ignored, &customer);
	faults_end();
}

static void leave_cancelling(enum fault fault, int first)
{
	struct faults faults = {.side = SIDE_HANDLER, .fault = fault, .first = first};
	static struct customer confirmed; /* used for many rounds */
	struct answer ignored;
	struct state state;

	if (!*confirmed.order_id) {
		leave_order(FAULT_COUNT, 1);
		shop_sweep();
		customer_read_state(&state, &customer);
		confirmed = customer;
	}
	customer = confirmed;
	customer_restore(&customer);
	faults_begin(&faults);
	order_cancel_as(&ignored, &customer);
	faults_end();
}

static bool sweep(const struct faults *faults, const struct state *wanted)
{
	struct state state;
	bool hit;

	customer_read_state(&state, &customer);
	assert_int_equal(state.checkouts, 1);
	faults_begin(faults);
	shop_sweep_once(SIDE_SWEEPER);
	faults_end();
	hit = faults_hit();
	shop_sweep();
	customer_check(&customer, wanted, "swept");
	return hit;
}

/* The number of the action at which a process must die so that the stock is reserved. */
static int death_with_stock(void)
{
	enum { ACTIONS_MAX = 50 };
	struct state state;

	for (int i = 1; i < ACTIONS_MAX; i++) {
		leave_order(FAULT_DEATH, i);
		customer_read_state(&state, &customer);
		shop_sweep();
		if (state.holds)
			return i;
	}
	fail_msg("no order takes stock");
	return 0;
}

static bool dead(const struct faults *faults)
{
	static int action;

	if (!action)
		action = death_with_stock();
	leave_order(FAULT_DEATH, action);
	return sweep(faults, &state_cart);
}

static bool stock_unknown(const struct faults *faults)
{
	leave_order(FAULT_CALL_UNANSWERED, 1);
	return sweep(faults, &state_cart);
}

static bool delivery_pending(const struct faults *faults)
{
	leave_order(FAULT_CALL_UNSENT, 2);
	return sweep(faults, &state_ordered);
}

static bool delivery_unanswered(const struct faults *faults)
{
	leave_order(FAULT_CALL_UNANSWERED, 2);
	return sweep(faults, &state_ordered);
}

static bool cancel_unsent(const struct faults *faults)
{
	leave_cancelling(FAULT_CALL_UNSENT, 1);
	return sweep(faults, &state_cancelled);
}

static bool cancel_unanswered(const struct faults *faults)
{
	leave_cancelling(FAULT_CALL_UNANSWERED, 1);
	return sweep(faults, &state_cancelled);
}

static bool cancelled_stock_unsent(const struct faults *faults)
{
	leave_cancelling(FAULT_CALL_UNSENT, 2);
	return sweep(faults, &state_cancelled);
}

static bool cancelled_stock_unanswered(const struct faults *faults)
{
	leave_cancelling(FAULT_CALL_UNANSWERED, 2);
	return sweep(faults, &state_cancelled);
}

#define ROWS(round)                                              \
	TORTURE(SIDE_SWEEPER, FAULT_DEATH, round),               \
	    TORTURE(SIDE_SWEEPER, FAULT_DB_UNANSWERED, round),   \
	    TORTURE(SIDE_SWEEPER, FAULT_CALL_UNANSWERED, round), \
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, round)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ROWS(dead),
	    ROWS(stock_unknown),
	    ROWS(delivery_pending),
	    ROWS(delivery_unanswered),
	    ROWS(cancel_unsent),
	    ROWS(cancel_unanswered),
	    ROWS(cancelled_stock_unsent),
	    ROWS(cancelled_stock_unanswered),
	    TORTURE(SIDE_SWEEPER, FAULT_MEMORY, dead),
	    TORTURE(SIDE_SWEEPER, FAULT_MEMORY, cancel_unsent),
	};

	return cmocka_run_group_tests_name("torture: sweep", tests, shop_open, shop_close);
}
