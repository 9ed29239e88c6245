/* An addition under a key, with each call failing in turn: the quantity is added once or not at
 * all. */
#include "torture.h"

static struct customer customer;

enum { BEFORE = 2, ADDED = 5 };

static void check_added(const struct answer *answer)
{
	check_answer(answer, 200, "{\"message\":\"Quantity updated\"}");
}

/* If each transaction is aborted, the handler sees constant changes of the line. */
static void check_not_done(const struct answer *answer, const struct faults *faults)
{
	if (faults->fault == FAULT_DB_TRANSIENT && answer->status == 409)
		check_answer(
		    answer, 409,
		    "{\"detail\":\"Request in progress\",\"code\":\"request_in_progress\"}");
	else
		check_unavailable(answer);
}

static bool add(const struct faults *faults)
{
	struct answer answer, again;
	int64_t quantity;

	customer_new(&customer);
	faults_begin(faults);
	cart_add_as(&answer, &customer, ADDED);
	faults_end();
	quantity = customer_quantity(&customer);
	if (answer.status == 200)
		check_added(&answer);
	else
		check_not_done(&answer, faults);
	assert_true(quantity == BEFORE + ADDED || (answer.status != 200 && quantity == BEFORE));
	cart_add_as(&again, &customer, ADDED);
	check_added(&again);
	assert_int_equal(customer_quantity(&customer), BEFORE + ADDED);
	return faults_hit();
}

static void adds_once(void **state)
{
	struct answer answer;

	(void)state;
	customer_new(&customer);
	for (int i = 0; i < 2; i++) {
		cart_add_as(&answer, &customer, ADDED);
		check_added(&answer);
		assert_int_equal(customer_quantity(&customer), BEFORE + ADDED);
	}
}

static void another_body_is_refused(void **state)
{
	struct answer answer;

	(void)state;
	customer_new(&customer);
	cart_add_as(&answer, &customer, ADDED);
	check_added(&answer);
	cart_add_as(&answer, &customer, ADDED + 1);
	assert_int_equal(answer.status, 422);
	assert_int_equal(customer_quantity(&customer), BEFORE + ADDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_once),
	    cmocka_unit_test(another_body_is_refused),
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, add),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNSENT, add),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, add),
	    TORTURE(SIDE_HANDLER, FAULT_DB_TRANSIENT, add),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNSENT, add),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNANSWERED, add),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, add),
	};

	return cmocka_run_group_tests_name("torture: add", tests, shop_open, shop_close);
}
