/* Creating an order, with each call failing in turn: there is one complete order, or none.
 */
#include "torture.h"

static struct customer customer;

/* After an acknowledgement the order exists; without one, there is a complete order or a complete
 * cart. */
static void check_outcome(const struct answer *answer)
{
	struct state state;

	customer_read_state(&state, &customer);
	if (answer->status != 200)
		check_unavailable(answer);
	if (answer->status == 200 || !state_is(&state, &state_cart))
		customer_check(&customer, &state_ordered, "after the sweeper");
	if (answer->status == 200)
		check_created(answer, &customer);
}

/* A repetition returns the stored answer, or creates the order. */
static void check_repetition(void)
{
	struct answer again;

	order_create_as(&again, &customer);
	shop_sweep();
	customer_check(&customer, &state_ordered, "repeated");
	check_created(&again, &customer);
}

static void create_under(const struct faults *faults)
{
	struct answer answer;

	customer_new(&customer);
	faults_begin(faults);
	order_create_as(&answer, &customer);
	faults_end();
	shop_sweep();
	check_outcome(&answer);
}

static bool create(const struct faults *faults)
{
	struct state state;

	create_under(faults);
	customer_read_state(&state, &customer);
	/* If nothing was done, the repetition would be a first call: too many rounds repeat that.
	 */
	if (faults->fault != FAULT_MEMORY || state.orders)
		check_repetition();
	return faults_hit();
}

/* A late call changes nothing. */
static bool create_late(const struct faults *faults)
{
	struct state before;

	create_under(faults);
	customer_read_state(&before, &customer);
	shop_deliver_late();
	customer_check(&customer, &before, "after the late call");
	check_repetition();
	return faults_hit();
}

/* A call whose checkout was abandoned creates no order, although the checkout still exists. */
static bool create_abandoned(const struct faults *faults)
{
	struct faults abandoned = *faults;

	abandoned.meanwhile = shop_sweep_and_die;
	return create(&abandoned);
}

/* The client repeats the call before the sweeper runs. */
static bool create_again(const struct faults *faults)
{
	struct answer answer, again;

	customer_new(&customer);
	faults_begin(faults);
	order_create_as(&answer, &customer);
	faults_end();
	order_create_as(&again, &customer);
	shop_deliver_late();
	customer_check(&customer, &state_ordered, "repeated at once");
	check_created(&again, &customer);
	if (answer.status == 200)
		check_created(&answer, &customer);
	return faults_hit();
}

static void makes_an_order(void **state)
{
	struct answer answer;

	(void)state;
	customer_new(&customer);
	order_create_as(&answer, &customer);
	shop_sweep();
	customer_check(&customer, &state_ordered, "without a fault");
	check_created(&answer, &customer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_an_order),
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, create),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNSENT, create),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, create),
	    TORTURE(SIDE_HANDLER, FAULT_DB_TRANSIENT, create),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNSENT, create),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNANSWERED, create),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNSENT, create),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, create),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, create_late),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_GATEWAY, create),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, create),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, create),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, create_abandoned),
	    TORTURE(SIDE_SERVICE, FAULT_MEMORY, create),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNSENT, create),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, create),
	    TORTURE(SIDE_SERVICE, FAULT_OVERTAKEN, create),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNANSWERED, create_again),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, create_again),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, create_again),
	};

	return cmocka_run_group_tests_name("torture: create", tests, shop_open, shop_close);
}
