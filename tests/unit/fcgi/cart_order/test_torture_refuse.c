/*
 * Refused calls, with each call failing in turn: they leave nothing behind, and answer the refusal
 * or 503.
 */
#include "torture.h"

static struct customer customer;

/* There are no partial orders. */
static bool sold_out(const struct faults *faults)
{
	struct answer answer;

	customer_new(&customer);
	customer_sell_out();
	faults_begin(faults);
	order_create_as(&answer, &customer);
	faults_end();
	shop_sweep();
	customer_check(&customer, &state_sold_out, "sold out");
	if (answer.status == 503)
		check_unavailable(&answer);
	else
		check_answer(&answer, 409,
			     "{\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
			     "\"product_ids\":[\"" PRODUCT_B "\"]}");
	return faults_hit();
}

/* A reservation at an unexpected price is released. */
static bool price_rose(const struct faults *faults)
{
	struct answer answer;

	customer_new(&customer);
	customer_raise_price();
	faults_begin(faults);
	order_create_expecting(&answer, &customer);
	faults_end();
	shop_sweep();
	customer_check(&customer, &state_cart, "price rose");
	if (faults->fault == FAULT_CALL_LATE) {
		shop_deliver_late();
		customer_check(&customer, &state_cart, "after the late call");
	}
	if (answer.status == 503)
		check_unavailable(&answer);
	else
		check_answer(&answer, 409,
			     "{\"detail\":\"Total changed\",\"code\":\"total_changed\","
			     "\"total\":243}");
	return faults_hit();
}

/* One customer is used for many rounds. */
static void have_order(void)
{
	struct answer answer;

	if (*customer.order_id)
		return;
	customer_new(&customer);
	order_create_as(&answer, &customer);
	shop_sweep();
	customer_check(&customer, &state_ordered, "ordered");
}

/* A stored answer is returned again. */
static bool stored(const struct faults *faults)
{
	struct answer answer;

	have_order();
	faults_begin(faults);
	order_create_as(&answer, &customer);
	faults_end();
	customer_check(&customer, &state_ordered, "answered again");
	if (answer.status == 503)
		check_unavailable(&answer);
	else
		check_created(&answer, &customer);
	return faults_hit();
}

static bool other_request(const struct faults *faults)
{
	struct answer answer;

	have_order();
	faults_begin(faults);
	order_create_other(&answer, &customer);
	faults_end();
	customer_check(&customer, &state_ordered, "refused");
	if (answer.status == 503)
		check_unavailable(&answer);
	else
		check_answer(&answer, 422,
			     "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"header\","
			     "\"Idempotency-Key\"],\"msg\":\"Key should not have been used with "
			     "another request\"}]}");
	return faults_hit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, stored),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNSENT, stored),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, stored),
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, other_request),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, other_request),
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNSENT, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_LATE, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_GATEWAY, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, price_rose),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, price_rose),
	    TORTURE(SIDE_HANDLER, FAULT_MEMORY, sold_out),
	    TORTURE(SIDE_HANDLER, FAULT_DB_UNANSWERED, sold_out),
	    TORTURE(SIDE_HANDLER, FAULT_CALL_UNANSWERED, sold_out),
	    TORTURE(SIDE_HANDLER, FAULT_DEATH, sold_out),
	    TORTURE(SIDE_HANDLER, FAULT_OVERTAKEN, sold_out),
	    TORTURE(SIDE_SERVICE, FAULT_MEMORY, sold_out),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNSENT, sold_out),
	    TORTURE(SIDE_SERVICE, FAULT_DB_UNANSWERED, sold_out),
	    TORTURE(SIDE_SERVICE, FAULT_OVERTAKEN, sold_out),
	};

	return cmocka_run_group_tests_name("torture: refuse", tests, shop_open, shop_close);
}
