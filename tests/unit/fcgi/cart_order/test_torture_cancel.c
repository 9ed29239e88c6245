/*
 * A cancellation, with each call failing in turn: the order and its delivery are cancelled and the
 * stock is returned once, or the order stays.
 */
#include "torture.h"

static struct customer customer;

/* After an acknowledgement the order is cancelled; without one, it is cancelled or it stays. */
static void check_outcome(const struct answer *answer)
{
	struct state state;

	customer_read_state(&state, &customer);
	if (answer->status != 200)
		check_unavailable(answer);
	if (answer->status == 200 || !state_is(&state, &state_ordered))
		customer_check(&customer, &state_cancelled, "after the sweeper");
	if (answer->status == 200)
		check_cancelled(answer, &customer);
}

static void check_repetition(void)
{
	struct answer again;

	order_cancel_as(&again, &customer);
	shop_sweep();
	customer_check(&customer, &state_cancelled, "repeated");
	check_cancelled(&again, &customer);
}

/* Cancels the customer's order, in whatever way it was left. */
static bool cancel(const struct faults *faults)
{
	struct state before;
	struct answer answer;

	faults_begin(faults);
	order_cancel_as(&answer, &customer);
	faults_end();
	shop_sweep();
	check_outcome(&answer);
	customer_read_state(&before, &customer);
	if (faults->fault == FAULT_CALL_LATE) {
		shop_deliver_late();
		customer_check(&customer, &before, "after the late call");
	}
	check_repetition();
	return faults_hit();
}

static void make_order(const struct faults *faults)
{
	struct answer answer;
	struct state state;

	customer_new(&customer);
	faults_begin(faults);
	order_create_as(&answer, &customer);
	faults_end();
	customer_read_state(&state, &customer);
	check_created(&answer, &customer);
}

static const struct faults no_fault = {.side = SIDE_NONE};

/* A dispatched and confirmed order, used for many rounds. */
static void have_settled_order(void)
{
	if (*customer.order_id) {
		customer_restore(&customer);
		return;
	}
	make_order(&no_fault);
	shop_sweep();
}

static bool cancel_confirmed(const struct faults *faults)
{
	have_settled_order();
	return cancel(faults);
}

/* The reservation is not confirmed yet. */
static bool cancel_at_once(const struct faults *faults)
{
	make_order(&no_fault);
	return cancel(faults);
}

/* The order is not dispatched yet either. */
static bool cancel_pending(const struct faults *faults)
{
	make_order(&(struct faults){.side = SIDE_HANDLER, .fault = FAULT_CALL_UNSENT, .first = 2});
	return cancel(faults);
}

/* The client repeats the call before the sweeper runs. */
static bool cancel_again(const struct faults *faults)
{
	struct answer answer, again;

	have_settled_order();
	faults_begin(faults);
	order_cancel_as(&answer, &customer);
	faults_end();
	order_cancel_as(&again, &customer);
	check_cancelled(&again, &customer);
	if (answer.status == 200)
		check_cancelled(&answer, &customer);
	shop_deliver_late();
	customer_check(&customer, &state_cancelled, "repeated at once");
	return faults_hit();
}

static void pack(void)
{
	shop_pack(customer.order_id);
}

/* A courier packs the order meanwhile, or too late. */
static bool cancel_packed(const struct faults *faults)
{
	struct faults packed = *faults;
	struct answer answer;

	packed.meanwhile = pack;
	have_settled_order();
	faults_begin(&packed);
	order_cancel_as(&answer, &customer);
	faults_end();
	shop_sweep();
	if (answer.status == 200)
		check_cancelled(&answer, &customer);
	else
		check_answer(&answer, 409,
			     "{\"detail\":\"Order can no longer be cancelled\","
			     "\"code\":\"order_can_no_longer_be_cancelled\"}");
	customer_check(&customer, answer.status == 200 ? &state_cancelled : &state_packed,
		       "packed");
	return faults_hit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNSENT, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_DB_TRANSIENT, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNSENT, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_COMMIT_UNANSWERED, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNSENT, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_GATEWAY, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, cancel_confirmed),
	    TORTURE(SIDE_SERVICE, FAULT_MEMORY, cancel_confirmed),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNSENT, cancel_confirmed),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, cancel_confirmed),
	    TORTURE(SIDE_SERVICE, FAULT_OVERTAKEN, cancel_confirmed),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, cancel_at_once),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, cancel_at_once),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, cancel_at_once),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, cancel_at_once),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, cancel_pending),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, cancel_pending),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, cancel_pending),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, cancel_pending),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, cancel_packed),
	    TORTURE(SIDE_SERVICE, FAULT_OVERTAKEN, cancel_packed),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, cancel_again),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, cancel_again),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, cancel_again),
	};

	return cmocka_run_group_tests_name("torture: cancel", tests, shop_open, shop_close);
}
