/* The stock of cancelled and abandoned orders: unanswered calls, tombstones, and postponed
 * releases. */
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

/* ---- removal of tombstones ---- */

/* The only stock call is answered: none can arrive late. */
static void test_tombstones_of_an_answered_return_are_removed_at_once(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "gone");
	assert_true(called_about(FORGET, *state, &checkout));
}

/* The first call may still arrive, and would add the units again. */
static void test_tombstones_of_an_unanswered_return_are_kept_while_it_may_arrive(void **state)
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

/* Another process may have sent calls while this one was frozen. */
static void test_lost_claim_does_not_move_to_returned(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_CANCELLED);

	checkout.due = stored(*state, &checkout._id).due;
	checkout.answered = true;
	set_due(*state, &checkout._id, 1000); /* another has claimed it */
	assert_int_equal(sweeper_resume(*state, &checkout), ERR_NO_DOCUMENT);
	assert_string_equal(state_of(*state, &checkout), "CANCELLED");
}

static void test_failed_forget_is_retried(void **state)
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

static void test_tombstones_are_removed_in_batches(void **state)
{
	for (int i = 0; i < MANY; i++)
		put_expired(*state, USER, CHECKOUT_RETURNED);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(calls_of(FORGET), 1 + MANY / CHECKOUTS_READ);
}

/* No work is left but the removal of tombstones. */
static void test_returned_checkouts_are_not_counted(void **state)
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

/* ---- late reserve calls ---- */

static void assert_released(const char *answered)
{
	assert_true(called_with(RELEASE, answered));
}

static void test_release_carries_whether_the_reserve_was_answered(void **state)
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

/* So that a stock that is set between the two calls is right. */
static void test_release_carries_the_time_of_abandonment(void **state)
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

/* The id contains the time of the order. */
static void test_release_of_an_old_order_needs_no_tombstone(void **state)
{
	struct checkout old = make_checkout(USER);
	uint32_t then = htonl((uint32_t)(clock_now_ms() / 1000 - LATE_MS / 1000 - 10));

	memcpy(old._id.bytes, &then, sizeof then);
	assert_int_equal(checkout_open(*state, &old), OK);
	sweep_when_expired(*state, &old);
	assert_released("\"answered\":true,");
	assert_string_equal(state_of(*state, &old), "gone");
}

/* ---- postponed releases ---- */

static void test_postponed_release_is_retried(void **state)
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

/* All its calls were answered, so its tombstones are removed at once. Otherwise postponed releases
 * would fill the product's document. */
static void test_tombstones_of_a_postponed_return_are_removed_at_once(void **state)
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

/* From then on a call may arrive late. */
static void test_unanswered_repetition_is_stored(void **state)
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

static void test_releases_of_a_full_product_are_postponed_together(void **state)
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

/* However many have expired in one state. */
static void test_states_take_turns(void **state)
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
	    TEST(test_tombstones_of_an_answered_return_are_removed_at_once),
	    TEST(test_tombstones_of_an_unanswered_return_are_kept_while_it_may_arrive),
	    TEST(test_lost_claim_does_not_move_to_returned),
	    TEST(test_failed_forget_is_retried),
	    TEST(test_tombstones_are_removed_in_batches),
	    TEST(test_returned_checkouts_are_not_counted),
	    TEST(test_release_carries_whether_the_reserve_was_answered),
	    TEST(test_release_carries_the_time_of_abandonment),
	    TEST(test_release_of_an_old_order_needs_no_tombstone),
	    TEST(test_postponed_release_is_retried),
	    TEST(test_tombstones_of_a_postponed_return_are_removed_at_once),
	    TEST(test_unanswered_repetition_is_stored),
	    TEST(test_releases_of_a_full_product_are_postponed_together),
	    TEST(test_states_take_turns),
	};

	return cmocka_run_group_tests_name("sweeper_returns", tests, neighbours_open,
					   neighbours_close);
}
