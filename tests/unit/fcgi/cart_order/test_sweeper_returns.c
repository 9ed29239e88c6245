/* The stock of cancelled and abandoned orders: what is known of the calls about it, and releases
 * that are put off. */
#include "sweeper_fixture.h"

#define FULL_OF_2                                                                       \
	"409 {\"detail\":\"Stock release put off\",\"code\":\"stock_release_put_off\"," \
	"\"product_ids\":[\"000000000000000000000002\"]}"

enum { POSTPONE_MS = 5000, LATE_MS = 10 * 60 * 1000, MANY = 2 * CHECKOUTS_READ + 30 };

static void put_order(struct ctx *ctx, const struct checkout *checkout)
{
	struct order_item item = {product_id_of(1), {.name = "Milk 1L", .price = {6050}}, 2};
	struct order order = {._id = checkout->_id,
			      .user_id = checkout->user_id,
			      .items = {&item, 1},
			      .total = {12100}};

	assert_int_equal(db_insert(ctx, order_collection, &order_doc, &order), OK);
}

static struct checkout put_cancelling(struct ctx *ctx)
{
	struct checkout checkout = put_checkout(ctx, USER, CHECKOUT_CANCELLING);

	put_order(ctx, &checkout);
	return checkout;
}

static int64_t due_in(struct ctx *ctx, const struct checkout *checkout)
{
	return stored(ctx, &checkout->_id).due.ms - clock_now_ms();
}

#define ASSERT_DUE_IN(ctx, checkout, ms) assert_in_range(due_in(ctx, checkout), (ms)-2000, (ms))

static void sweep_when_expired(struct ctx *ctx, const struct checkout *checkout)
{
	set_due(ctx, &checkout->_id, -1);
	sweeper_run(ctx);
}

/* ---- when tombstones go ---- */

/* The only call about the stock is answered: no other can come. */
static void what_one_answered_call_returned_is_forgotten_at_once(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "gone");
	assert_true(called_about(FORGET, *state, &checkout));
}

/* The first call may still come, and would add the units once more. */
static void what_an_unanswered_call_may_return_is_forgotten_when_it_can_not_come(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "/garbage", "/slow", "500 {}"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct checkout checkout = put_cancelling(*state);

		neighbours_reset();
		neighbour_answers(RELEASE, bad[i]);
		assert_int_equal(sweeper_resume(*state, &checkout), OK);
		assert_string_equal(state_of(*state, &checkout), "CANCELLED");
		neighbour_answers(RELEASE, NULL);
		sweep_when_expired(*state, &checkout);
		assert_string_equal(state_of(*state, &checkout), "RETURNED");
		ASSERT_DUE_IN(*state, &checkout, LATE_MS);
		sweeper_run(*state);
		assert_int_equal(calls_of(FORGET), 0);
		sweep_when_expired(*state, &checkout);
		assert_int_equal(calls_of(FORGET), 1);
		assert_string_equal(state_of(*state, &checkout), "gone");
	}
}

/* A process that stood still: it doesn't know what the other one has sent. */
static void who_lost_its_claim_does_not_say_that_it_is_returned(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_CANCELLED);

	checkout.due = stored(*state, &checkout._id).due;
	checkout.answered = true;
	set_due(*state, &checkout._id, 1000); /* another has claimed it */
	assert_int_equal(sweeper_resume(*state, &checkout), ERR_NO_DOCUMENT);
	assert_string_equal(state_of(*state, &checkout), "CANCELLED");
}

static void what_can_not_be_forgotten_stays(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "500 {}", "404 {}"};
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_RETURNED);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		neighbour_answers(FORGET, bad[i]);
		sweep_when_expired(*state, &checkout);
		assert_string_equal(state_of(*state, &checkout), "RETURNED");
	}
	neighbour_answers(FORGET, NULL);
	sweep_when_expired(*state, &checkout);
	assert_string_equal(state_of(*state, &checkout), "gone");
	assert_int_equal(calls_of(RELEASE), 0);
}

static void many_are_forgotten_in_a_few_calls(void **state)
{
	for (int i = 0; i < MANY; i++)
		put_expired(*state, USER, CHECKOUT_RETURNED);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(FORGET), 1 + MANY / CHECKOUTS_READ);
}

/* Nobody waits for it. */
static void what_is_returned_is_not_owed(void **state)
{
	int64_t n, age;

	put_checkout(*state, USER, CHECKOUT_RETURNED);
	assert_int_equal(checkouts_count(&n, *state), OK);
	assert_int_equal(n, 0);
	put_checkout(*state, USER, CHECKOUT_CANCELLED);
	assert_int_equal(checkouts_count(&n, *state), OK);
	assert_int_equal(n, 1);
	assert_int_equal(checkouts_age(&age, *state), OK);
}

/* ---- whether a take may come late ---- */

static void assert_released(const char *answered)
{
	assert_true(called_with(RELEASE, answered));
}

static void an_abandoned_order_says_whether_its_take_was_answered(void **state)
{
	static const char *const said[] = {"\"answered\":false,", "\"answered\":true,"};

	for (int answered = 0; answered < 2; answered++) {
		struct checkout checkout = put_checkout(*state, USER, CHECKOUT_RESERVING);

		checkout.answered = answered;
		neighbour_answers(RELEASE, "/unavailable");
		sweeper_abandon(*state, &checkout);
		assert_released(said[answered]);
		neighbour_answers(RELEASE, NULL);
		sweep_when_expired(*state, &checkout); /* another process, which reads it */
		assert_released(said[answered]);
		assert_string_equal(state_of(*state, &checkout), "gone");
	}
}

/* So that a stock that is set between the two calls is what is left to sell. */
static void an_abandoned_order_says_since_when(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_RESERVING);
	char said[64];

	neighbour_answers(RELEASE, "/unavailable");
	sweeper_abandon(*state, &checkout);
	snprintf(said, sizeof said, "\"abandoned_ms\":%" PRId64 "}",
		 stored(*state, &checkout._id).abandoned_at.ms);
	assert_released(said);
	neighbour_answers(RELEASE, NULL);
	sweep_when_expired(*state, &checkout);
	assert_int_equal(calls_of(RELEASE), 2);
	assert_released(said);
}

/* Its id tells when it was made. */
static void of_an_old_order_no_take_comes(void **state)
{
	struct checkout old = make_checkout(USER);
	uint32_t then = htonl((uint32_t)(clock_now_ms() / 1000 - LATE_MS / 1000 - 10));

	memcpy(old._id.bytes, &then, sizeof then);
	assert_int_equal(checkout_open(*state, &old), OK);
	sweep_when_expired(*state, &old);
	assert_released("\"answered\":true,");
	assert_string_equal(state_of(*state, &old), "gone");
}

/* ---- put off ---- */

static void what_is_put_off_is_tried_again(void **state)
{
	static const enum checkout_state states[] = {CHECKOUT_ABANDONED, CHECKOUT_CANCELLED};

	for (int i = 0; i < 2; i++) {
		struct checkout checkout = put_expired(*state, USER, states[i]);
		int before = calls_of(RELEASE);

		neighbour_answers(RELEASE, FULL_OF_2);
		sweeper_run(*state);
		sweeper_run(*state);
		assert_int_equal(calls_of(RELEASE) - before, 1);
		ASSERT_DUE_IN(*state, &checkout, POSTPONE_MS);
		neighbour_answers(RELEASE, NULL);
		sweep_when_expired(*state, &checkout);
		assert_int_equal(calls_of(RELEASE) - before, 2);
		assert_true(strcmp(state_of(*state, &checkout), "CANCELLED"));
		assert_true(strcmp(state_of(*state, &checkout), "ABANDONED"));
	}
}

/* All its calls were answered: its tombstones needn't stay for long, or they would fill the product
 * the longer the more are put off. */
static void what_was_put_off_is_forgotten_at_once_when_it_is_returned(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	neighbour_answers(RELEASE, FULL_OF_2);
	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_string_equal(state_of(*state, &checkout), "CANCELLED");
	ASSERT_DUE_IN(*state, &checkout, POSTPONE_MS);
	sweep_when_expired(*state, &checkout);
	neighbour_answers(RELEASE, NULL);
	sweep_when_expired(*state, &checkout);
	assert_string_equal(state_of(*state, &checkout), "gone");
	assert_int_equal(calls_of(FORGET), 1);
}

/* From then on a call may come late. */
static void a_repetition_that_is_not_answered_is_remembered(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	neighbour_answers(RELEASE, FULL_OF_2);
	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	neighbour_answers(RELEASE, "/cut");
	sweep_when_expired(*state, &checkout);
	neighbour_answers(RELEASE, FULL_OF_2);
	sweep_when_expired(*state, &checkout);
	neighbour_answers(RELEASE, NULL);
	sweep_when_expired(*state, &checkout);
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
	ASSERT_DUE_IN(*state, &checkout, LATE_MS);
}

static void many_that_wait_for_a_product_cost_a_call_together(void **state)
{
	struct checkout other = make_checkout(OTHER);
	struct stock_line line = {product_id_of(1), 2};

	for (int i = 0; i < MANY; i++)
		put_expired(*state, USER, CHECKOUT_CANCELLED);
	other.items = (struct list){&line, 1};
	assert_int_equal(checkout_open(*state, &other), OK);
	assert_int_equal(checkout_move(*state, &other._id, CHECKOUT_RESERVING, CHECKOUT_CANCELLED),
			 OK);
	set_due(*state, &other._id, -1); /* behind all of them */
	neighbour_answers(RELEASE, FULL_OF_2);
	neighbours[RELEASE].times = 1;
	sweeper_run(*state);
	assert_int_equal(calls_of(RELEASE), 2);
	assert_true(called_about(RELEASE, *state, &other));
	assert_string_equal(state_of(*state, &other), "RETURNED");
	assert_int_equal(checkouts(*state), MANY + 1);
}

/* However many are due in one state. */
static void no_state_keeps_the_others_waiting(void **state)
{
	for (int i = 0; i < MANY; i++)
		put_expired(*state, USER, CHECKOUT_ABANDONED);
	put_expired(*state, OTHER, CHECKOUT_COMMITTED);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(RELEASE), MANY);
	assert_int_equal(neighbours[DISPATCH].after, CHECKOUTS_READ);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, sweeper_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(what_one_answered_call_returned_is_forgotten_at_once),
	    TEST(what_an_unanswered_call_may_return_is_forgotten_when_it_can_not_come),
	    TEST(who_lost_its_claim_does_not_say_that_it_is_returned),
	    TEST(what_can_not_be_forgotten_stays),
	    TEST(many_are_forgotten_in_a_few_calls),
	    TEST(what_is_returned_is_not_owed),
	    TEST(an_abandoned_order_says_whether_its_take_was_answered),
	    TEST(an_abandoned_order_says_since_when),
	    TEST(of_an_old_order_no_take_comes),
	    TEST(what_is_put_off_is_tried_again),
	    TEST(what_was_put_off_is_forgotten_at_once_when_it_is_returned),
	    TEST(a_repetition_that_is_not_answered_is_remembered),
	    TEST(many_that_wait_for_a_product_cost_a_call_together),
	    TEST(no_state_keeps_the_others_waiting),
	};

	return cmocka_run_group_tests_name("sweeper_returns", tests, neighbours_open,
					   neighbours_close);
}
