/* The actions of the sweeper for abandoned and cancelled orders. */
#include "sweeper_fixture.h"

/* The order that a checkout is about. */
static void put_order(struct ctx *ctx, const struct checkout *checkout)
{
	struct order_item item = {product_id_of(1), {.name = "Milk 1L", .price = {6050}}, 2};
	struct order order = {._id = checkout->_id,
			      .user_id = checkout->user_id,
			      .items = {&item, 1},
			      .total = {12100}};

	assert_int_equal(db_insert(ctx, order_collection, &order_doc, &order), OK);
}

static bool is_cancelled(struct ctx *ctx, const struct checkout *checkout)
{
	struct order order;

	assert_int_equal(order_get(&order, ctx, &checkout->_id, USER), OK);
	return order.cancelled;
}

/* An order that is being cancelled. */
static struct checkout put_cancelling(struct ctx *ctx)
{
	struct checkout checkout = put_checkout(ctx, USER, CHECKOUT_CANCELLING);

	put_order(ctx, &checkout);
	return checkout;
}

/* Asserts the body of the last release call. */
static void assert_release_call(struct ctx *ctx, const struct checkout *checkout, const char *sold)
{
	const char *body = arena_printf(
	    ctx->arena,
	    "\r\n\r\n{\"order_id\":\"%s\",\"items\":["
	    "{\"product_id\":\"000000000000000000000001\",\"quantity\":2},"
	    "{\"product_id\":\"000000000000000000000002\",\"quantity\":1}],\"sold\":%s,"
	    "\"answered\":false,",
	    hex_of(ctx, checkout), sold);

	assert_true(called_with(RELEASE, body));
	assert_true(called_with(RELEASE, "X-Request-ID: " REQUEST_ID "\r\n"));
}

/* ---- abandoned orders ---- */

static void test_expired_checkout_is_abandoned_and_released(void **state)
{
	struct checkout checkout = put_expired(*state, USER, CHECKOUT_RESERVING);

	ctx_set_ids(*state, "job-1", NULL);
	sweeper_run(*state);
	assert_int_equal(all_calls(), 1);
	assert_release_call(*state, &checkout, "false");
	assert_int_equal(checkouts(*state), 0);
}

static void test_leased_checkouts_are_left_alone(void **state)
{
	struct checkout checkout = put_checkout(*state, OTHER, CHECKOUT_RESERVING);

	set_due(*state, &checkout._id, 2000);
	put_checkout(*state, USER, CHECKOUT_ABANDONED);
	put_checkout(*state, USER, CHECKOUT_CANCELLED);
	put_checkout(*state, USER, CHECKOUT_CANCELLING);
	sweeper_run(*state);
	assert_int_equal(all_calls(), 0);
	assert_int_equal(checkouts(*state), 4);
}

/* The checkout is ABANDONED before the release: otherwise its call could still commit. */
static void test_abandoned_checkout_can_not_be_committed(void **state)
{
	struct checkout checkout = put_expired(*state, USER, CHECKOUT_RESERVING);

	neighbour_answers(RELEASE, "/unavailable");
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "ABANDONED");
	assert_int_equal(checkout_move(*state, &checkout._id, CHECKOUT_RESERVING,
				       CHECKOUT_COMMITTED),
			 ERR_NO_DOCUMENT);
}

static void test_committed_checkout_is_not_abandoned(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_COMMITTED);

	checkout.state = CHECKOUT_RESERVING; /* as it was read */
	assert_int_equal(sweeper_resume(*state, &checkout), ERR_NO_DOCUMENT);
	assert_int_equal(all_calls(), 0);
	assert_string_equal(state_of(*state, &checkout), "COMMITTED");
}

static void test_release_is_retried(void **state)
{
	static const enum checkout_state states[] = {CHECKOUT_ABANDONED, CHECKOUT_CANCELLED};
	static const char *const bad[] = {"/unavailable", "/cut",   "/garbage",
					  "/conflict",    "404 {}", "500 {}"};

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct checkout checkout = put_checkout(*state, USER, states[i]);

		for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
			neighbour_answers(RELEASE, bad[n]);
			set_due(*state, &checkout._id, -1);
			sweeper_run(*state);
			assert_int_equal(checkouts(*state), 1);
		}
		neighbour_answers(RELEASE, NULL);
		sweeper_run(*state); /* leased */
		assert_int_equal(checkouts(*state), 1);
		set_due(*state, &checkout._id, -1);
		sweeper_run(*state);
		assert_release_call(*state, &checkout,
				    states[i] == CHECKOUT_CANCELLED ? "true" : "false");
		assert_string_equal(state_of(*state, &checkout),
				    states[i] == CHECKOUT_CANCELLED ? "RETURNED" : "gone");
		empty_collection(*state, checkout_collection);
	}
}

/* ---- cancelled orders ---- */

static void test_cancel_returns_the_stock(void **state)
{
	struct checkout checkout = put_cancelling(*state);
	const char *line =
	    arena_printf(((struct ctx *)*state)->arena,
			 "POST /internal/orders/%s/cancel HTTP/1.1\r\n", hex_of(*state, &checkout));

	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_true(called_with(CANCEL, line));
	assert_true(called_with(CANCEL, "\r\n\r\n{\"user_id\":\"" USER "\",\"by\":\"customer\"}"));
	assert_true(is_cancelled(*state, &checkout));
	assert_release_call(*state, &checkout, "true");
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
	sweeper_run(*state);
	assert_true(called_about(FORGET, *state, &checkout));
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(all_calls(), 3);
}

static void test_expired_cancellation_is_resumed(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	set_due(*state, &checkout._id, -1);
	ctx_set_ids(*state, "job-1", NULL);
	sweeper_run(*state);
	assert_true(called_with(CANCEL, "\"by\":\"customer\"}"));
	assert_true(called_with(CANCEL, "X-Request-ID: " REQUEST_ID "\r\n"));
	assert_true(is_cancelled(*state, &checkout));
	assert_release_call(*state, &checkout, "true");
	assert_int_equal(checkouts(*state), 0);
}

/* It is dispatched as any order. */
static void test_refused_cancellation_keeps_the_order(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	neighbour_answers(CANCEL, "/conflict");
	assert_int_equal(sweeper_resume(*state, &checkout), ERR_NOT_CANCELLABLE);
	assert_string_equal(state_of(*state, &checkout), "COMMITTED");
	assert_false(is_cancelled(*state, &checkout));
	assert_int_equal(calls_of(RELEASE), 0);
	set_due(*state, &checkout._id, -1);
	sweeper_run(*state);
	assert_true(called_about(DISPATCH, *state, &checkout));
	assert_true(called_about(CONFIRM, *state, &checkout));
	assert_int_equal(checkouts(*state), 0);
}

static void test_refused_cancellation_does_not_delay_others(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct checkout checkout = put_cancelling(*state);

		set_due(*state, &checkout._id, -1000);
	}
	neighbour_answers(CANCEL, "/conflict");
	neighbours[CANCEL].times = 2;
	sweeper_run(*state);
	assert_int_equal(calls_of(CANCEL), 3);
	assert_int_equal(calls_of(RELEASE), 1);
	assert_int_equal(calls_of(FORGET), 1);
	assert_int_equal(checkouts(*state), 2);
}

static void test_cancellation_is_retried(void **state)
{
	static const char *const away[] = {"/unavailable", "/cut", "/garbage", "500 {}"};
	struct checkout checkout = put_cancelling(*state);

	for (size_t i = 0; i < sizeof away / sizeof away[0]; i++) {
		neighbour_answers(CANCEL, away[i]);
		assert_int_equal(sweeper_resume(*state, &checkout), ERR_UNAVAILABLE);
		assert_string_equal(state_of(*state, &checkout), "CANCELLING");
		assert_false(is_cancelled(*state, &checkout));
	}
	assert_int_equal(calls_of(RELEASE), 0);
	neighbour_answers(CANCEL, NULL);
	set_due(*state, &checkout._id, -1);
	sweeper_run(*state);
	assert_true(is_cancelled(*state, &checkout));
	assert_int_equal(checkouts(*state), 0);
}

/* An unexpected answer postpones the checkout by a minute and is logged. */
static void test_unexpected_answer_postpones_the_cancellation(void **state)
{
	static const char *const odd[] = {"404 {}", "422 {}", "/redirect", "/empty"};
	struct checkout checkout = put_cancelling(*state);

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		int64_t began = clock_now_ms();

		neighbour_answers(CANCEL, odd[i]);
		assert_int_equal(sweeper_resume(*state, &checkout), ERR_INTERNAL);
		set_due(*state, &checkout._id, -1);
		sweeper_run(*state);
		assert_string_equal(state_of(*state, &checkout), "CANCELLING");
		assert_in_range(stored(*state, &checkout._id).due.ms, began + 60000,
				clock_now_ms() + 60000);
	}
	assert_false(is_cancelled(*state, &checkout));
}

/* The order is cancelled; the return is retried. */
static void test_failed_return_keeps_the_cancellation(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	neighbour_answers(RELEASE, "/unavailable");
	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_true(is_cancelled(*state, &checkout));
	assert_string_equal(state_of(*state, &checkout), "CANCELLED");
	assert_int_equal(checkout_cancel(*state, &checkout), ERR_DUPLICATE);
	neighbour_answers(RELEASE, NULL);
	set_due(*state, &checkout._id, -1);
	sweeper_run(*state);
	assert_release_call(*state, &checkout, "true");
	assert_int_equal(calls_of(CANCEL), 1);
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
}

/* A second cancellation after the first is complete. */
static void test_second_cancellation_returns_nothing(void **state)
{
	struct checkout checkout = put_cancelling(*state);

	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	sweeper_run(*state);
	assert_string_equal(state_of(*state, &checkout), "gone");
	assert_int_equal(checkout_cancel(*state, &checkout), OK);
	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_true(is_cancelled(*state, &checkout));
	assert_int_equal(checkouts(*state), 0);
	/* Its tombstones are removed, so a second return would add the units once more. */
	assert_int_equal(calls_of(RELEASE), 1);
}

/* When the second process acts, the order is cancelled and the checkout has its next state. */
static void test_concurrent_cancellation_returns_once(void **state)
{
	struct checkout checkout = put_cancelling(*state), as_read = checkout;

	assert_int_equal(sweeper_resume(*state, &checkout), OK);
	assert_int_equal(sweeper_resume(*state, &as_read), OK);
	assert_true(is_cancelled(*state, &checkout));
	assert_int_equal(calls_of(RELEASE), 1);
	assert_string_equal(state_of(*state, &checkout), "RETURNED");
}

/* ---- an unavailable service ---- */

/* Otherwise the user would wait for the end of the lease. */
static void test_failed_abandon_is_retried_at_once(void **state)
{
	struct checkout open = put_checkout(*state, USER, CHECKOUT_RESERVING);
	struct ctx *ctx = *state;
	int64_t deadline = ctx->deadline;

	ctx->deadline = clock_mono_ms(); /* as at the end of a call's time */
	sweeper_abandon(ctx, &open);
	ctx->deadline = deadline;
	assert_string_equal(state_of(ctx, &open), "RESERVING");
	sweeper_run(ctx);
	assert_string_equal(state_of(ctx, &open), "gone");
	assert_true(called_about(RELEASE, ctx, &open));
}

static void test_unavailable_product_does_not_delay_delivery(void **state)
{
	struct checkout reserving = put_expired(*state, "u-3", CHECKOUT_RESERVING);
	struct checkout abandoned = put_expired(*state, USER, CHECKOUT_ABANDONED);
	struct checkout committed = put_expired(*state, USER, CHECKOUT_COMMITTED);
	struct checkout cancelled = put_expired(*state, USER, CHECKOUT_CANCELLED);
	struct checkout cancelling = put_checkout(*state, OTHER, CHECKOUT_CANCELLING);

	put_order(*state, &cancelling);
	set_due(*state, &cancelling._id, -1);
	neighbour_answers(RELEASE, "/unavailable");
	neighbour_answers(CONFIRM, "/unavailable");
	sweeper_run(*state);
	assert_true(called_about(DISPATCH, *state, &committed));
	assert_true(called_about(CANCEL, *state, &cancelling));
	assert_string_equal(state_of(*state, &reserving), "ABANDONED");
	assert_string_equal(state_of(*state, &abandoned), "ABANDONED");
	assert_string_equal(state_of(*state, &committed), "COMMITTED");
	assert_string_equal(state_of(*state, &cancelled), "CANCELLED");
	assert_int_equal(checkouts(*state), 5);
}

static void test_unavailable_delivery_does_not_delay_product(void **state)
{
	struct checkout dispatched = put_checkout(*state, USER, CHECKOUT_COMMITTED);
	struct checkout committed = put_expired(*state, USER, CHECKOUT_COMMITTED);
	struct checkout cancelling = put_checkout(*state, OTHER, CHECKOUT_CANCELLING);

	sweeper_dispatch(*state, &dispatched);
	put_expired(*state, "u-3", CHECKOUT_RESERVING);
	put_expired(*state, USER, CHECKOUT_ABANDONED);
	put_expired(*state, USER, CHECKOUT_CANCELLED);
	set_due(*state, &cancelling._id, -1);
	neighbour_answers(DISPATCH, "/unavailable");
	neighbour_answers(CANCEL, "/unavailable");
	sweeper_run(*state);
	assert_int_equal(calls_of(RELEASE), 3);
	assert_int_equal(calls_of(CONFIRM), 2);
	assert_true(called_about(CONFIRM, *state, &committed));
	assert_string_equal(state_of(*state, &dispatched), "gone");
	assert_string_equal(state_of(*state, &committed), "COMMITTED");
	assert_string_equal(state_of(*state, &cancelling), "CANCELLING");
	assert_int_equal(checkouts(*state), 3); /* one of them RETURNED */
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, sweeper_set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_expired_checkout_is_abandoned_and_released),
	    TEST(test_leased_checkouts_are_left_alone),
	    TEST(test_abandoned_checkout_can_not_be_committed),
	    TEST(test_committed_checkout_is_not_abandoned),
	    TEST(test_release_is_retried),
	    TEST(test_cancel_returns_the_stock),
	    TEST(test_expired_cancellation_is_resumed),
	    TEST(test_refused_cancellation_keeps_the_order),
	    TEST(test_refused_cancellation_does_not_delay_others),
	    TEST(test_cancellation_is_retried),
	    TEST(test_unexpected_answer_postpones_the_cancellation),
	    TEST(test_failed_return_keeps_the_cancellation),
	    TEST(test_second_cancellation_returns_nothing),
	    TEST(test_concurrent_cancellation_returns_once),
	    TEST(test_failed_abandon_is_retried_at_once),
	    TEST(test_unavailable_product_does_not_delay_delivery),
	    TEST(test_unavailable_delivery_does_not_delay_product),
	};

	return cmocka_run_group_tests_name("sweeper_actions", tests, neighbours_open,
					   neighbours_close);
}
