#include "checkout_fixture.h"
#include "fcgi/cart_order/indexes.h"

enum { BREATH_MS = 2000 };

static const char *const names[] = {
    [CHECKOUT_RESERVING] = "RESERVING", [CHECKOUT_ABANDONED] = "ABANDONED",
    [CHECKOUT_COMMITTED] = "COMMITTED", [CHECKOUT_CANCELLING] = "CANCELLING",
    [CHECKOUT_CANCELLED] = "CANCELLED", [CHECKOUT_RETURNED] = "RETURNED",
};

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, checkout_collection);
	return 0;
}

/* The only expired checkout in a state. */
static const struct checkout *only_due(struct ctx *ctx, enum checkout_state state)
{
	struct list due;

	assert_int_equal(checkouts_find_expired(&due, ctx, state), OK);
	assert_int_equal(due.n, 1);
	return due.items;
}

/* Asserts that the deadline is `ms` after the move into the state, which was not before `since`. */
static void assert_lease(struct ctx *ctx, const bson_oid_t *id, int64_t since, int64_t ms)
{
	assert_in_range(stored(ctx, id).due.ms, since + ms, since + ms + BREATH_MS);
}

/* ---- opening ---- */

static void test_all_fields_are_stored(void **state)
{
	struct checkout opened = put_expired(*state, USER, CHECKOUT_RESERVING);
	const struct checkout *read = only_due(*state, CHECKOUT_RESERVING);
	const struct stock_line *lines = read->items.items;

	assert_true(bson_oid_equal(&read->_id, &opened._id));
	assert_string_equal(read->user_id, USER);
	assert_int_equal(read->state, CHECKOUT_RESERVING);
	assert_null(read->by);
	assert_string_equal(read->request_id, REQUEST_ID);
	assert_memory_equal(read->traceparent + 3, TRACE_ID, 32);
	assert_int_equal(read->items.n, 2);
	assert_int_equal(lines[0].product_id.bytes[11], 1);
	assert_int_equal(lines[0].quantity, 2);
	assert_int_equal(lines[1].product_id.bytes[11], 2);
	assert_int_equal(lines[1].quantity, 1);
}

static void test_open_lease_is_six_seconds(void **state)
{
	int64_t since = clock_now_ms();
	struct checkout checkout = make_checkout(USER);

	assert_int_equal(checkout_open(*state, &checkout), OK);
	assert_int_equal(checkout.state, CHECKOUT_RESERVING);
	assert_string_equal(state_of(*state, &checkout), "RESERVING");
	assert_lease(*state, &checkout._id, since, 6000);
	assert_int_equal(checkout.due.ms, stored(*state, &checkout._id).due.ms);
}

static void test_user_has_one_open_checkout(void **state)
{
	struct checkout second = make_checkout(USER), others = make_checkout(OTHER);

	put_checkout(*state, USER, CHECKOUT_RESERVING);
	assert_int_equal(checkout_open(*state, &second), ERR_DUPLICATE);
	assert_int_equal(checkout_open(*state, &others), OK);
	assert_int_equal(checkouts(*state), 2);
}

static void test_user_may_have_many_closed_checkouts(void **state)
{
	for (int s = CHECKOUT_RESERVING + 1; s < CHECKOUT_STATES; s++) {
		for (int n = 0; n < 2; n++)
			put_checkout(*state, USER, (enum checkout_state)s);
	}
	put_checkout(*state, USER, CHECKOUT_RESERVING);
	assert_int_equal(checkouts(*state), 2 * (CHECKOUT_STATES - 1) + 1);
}

/* ---- moving ---- */

static void test_move_between_states(void **state)
{
	static const struct {
		enum checkout_state from, to;
		int64_t lease_ms;
	} moves[] = {
	    {CHECKOUT_RESERVING, CHECKOUT_ABANDONED, 2000},
	    {CHECKOUT_RESERVING, CHECKOUT_COMMITTED, 3000},
	    {CHECKOUT_CANCELLING, CHECKOUT_COMMITTED, 3000},
	    {CHECKOUT_CANCELLING, CHECKOUT_CANCELLED, 2000},
	};

	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
		struct checkout checkout = put_checkout(*state, USER, moves[i].from);
		int64_t since = clock_now_ms();

		assert_int_equal(checkout_move(*state, &checkout._id, moves[i].from, moves[i].to),
				 OK);
		assert_string_equal(state_of(*state, &checkout), names[moves[i].to]);
		assert_lease(*state, &checkout._id, since, moves[i].lease_ms);
	}
}

/* A compare-and-set: a late caller changes nothing. */
static void test_move_compares_the_state(void **state)
{
	for (int is = 0; is < CHECKOUT_STATES; is++) {
		struct checkout checkout = put_checkout(*state, USER, (enum checkout_state)is);
		int64_t due = stored(*state, &checkout._id).due.ms;

		for (int from = 0; from < CHECKOUT_STATES; from++) {
			enum checkout_state to = (enum checkout_state)((is + 1) % CHECKOUT_STATES);

			if (from == is)
				continue;
			assert_int_equal(checkout_move(*state, &checkout._id,
						       (enum checkout_state)from, to),
					 ERR_NO_DOCUMENT);
			assert_string_equal(state_of(*state, &checkout), names[is]);
			assert_int_equal(stored(*state, &checkout._id).due.ms, due);
		}
		empty_collection(*state, checkout_collection);
	}
}

static void test_move_of_a_deleted_checkout_fails(void **state)
{
	struct checkout unknown = make_checkout(USER);

	put_checkout(*state, USER, CHECKOUT_RESERVING);
	assert_int_equal(checkout_move(*state, &unknown._id, CHECKOUT_RESERVING,
				       CHECKOUT_COMMITTED),
			 ERR_NO_DOCUMENT);
	assert_int_equal(checkouts(*state), 1);
}

/* ---- abandoning ---- */

static void test_abandon_stores_the_time(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_RESERVING), again;
	int64_t since = clock_now_ms();

	checkout.answered = true;
	assert_int_equal(stored(*state, &checkout._id).abandoned_at.ms, 0);
	assert_int_equal(checkout_abandon(*state, &checkout), OK);
	assert_int_equal(checkout.state, CHECKOUT_ABANDONED);
	assert_in_range(checkout.abandoned_at.ms, since, clock_now_ms());
	assert_lease(*state, &checkout._id, since, 2000);
	assert_int_equal(checkout.due.ms, stored(*state, &checkout._id).due.ms);
	set_due(*state, &checkout._id, -1);
	assert_int_equal(only_due(*state, CHECKOUT_ABANDONED)->abandoned_at.ms,
			 checkout.abandoned_at.ms);
	assert_true(only_due(*state, CHECKOUT_ABANDONED)->answered);
	again = checkout;
	assert_int_equal(checkout_abandon(*state, &again), ERR_NO_DOCUMENT);
	assert_int_equal(stored(*state, &checkout._id).abandoned_at.ms, checkout.abandoned_at.ms);
}

/* ---- cancelling ---- */

static void cancel_ok(struct ctx *ctx, struct checkout *checkout, const char *by)
{
	int64_t since = clock_now_ms();
	const struct checkout *read;

	checkout->by = by;
	assert_int_equal(checkout_cancel(ctx, checkout), OK);
	assert_int_equal(checkout->state, CHECKOUT_CANCELLING);
	assert_lease(ctx, &checkout->_id, since, 5000);
	set_due(ctx, &checkout->_id, -1);
	read = only_due(ctx, CHECKOUT_CANCELLING);
	assert_true(bson_oid_equal(&read->_id, &checkout->_id));
	assert_string_equal(read->by, by);
	assert_string_equal(read->user_id, USER);
	assert_int_equal(read->items.n, 2);
	assert_int_equal(checkouts(ctx), 1);
}

static void test_cancel_of_a_committed_order(void **state)
{
	struct checkout committed = put_checkout(*state, USER, CHECKOUT_COMMITTED);

	cancel_ok(*state, &committed, "customer");
	cancel_ok(*state, &committed, "admin"); /* a repetition */
}

static void test_cancel_inserts_a_deleted_checkout(void **state)
{
	struct checkout gone = make_checkout(USER);

	ctx_set_ids(*state, REQUEST_ID, NULL);
	cancel_ok(*state, &gone, "customer");
	assert_string_equal(only_due(*state, CHECKOUT_CANCELLING)->request_id, REQUEST_ID);
}

static void test_cancel_in_other_states_fails(void **state)
{
	static const enum checkout_state others[] = {CHECKOUT_RESERVING, CHECKOUT_ABANDONED,
						     CHECKOUT_CANCELLED, CHECKOUT_RETURNED};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct checkout checkout = put_checkout(*state, USER, others[i]);

		assert_int_equal(checkout_cancel(*state, &checkout), ERR_DUPLICATE);
		assert_string_equal(state_of(*state, &checkout), names[others[i]]);
		assert_int_equal(checkouts(*state), (int64_t)i + 1);
		if (others[i] == CHECKOUT_RESERVING)
			assert_int_equal(checkout_move(*state, &checkout._id, CHECKOUT_RESERVING,
						       CHECKOUT_COMMITTED),
					 OK);
	}
}

/* The user may have the next order open. */
static void test_cancel_beside_an_open_checkout(void **state)
{
	struct checkout gone = make_checkout(USER);

	put_checkout(*state, USER, CHECKOUT_RESERVING);
	assert_int_equal(checkout_cancel(*state, &gone), OK);
	assert_int_equal(checkouts(*state), 2);
}

/* ---- closing ---- */

static void test_close_deletes_checkouts_in_the_state(void **state)
{
	struct checkout kept = put_checkout(*state, USER, CHECKOUT_COMMITTED);
	struct checkout other = put_checkout(*state, USER, CHECKOUT_ABANDONED);
	bson_oid_t ids[4] = {other._id, make_checkout(USER)._id};

	for (int i = 2; i < 4; i++)
		ids[i] = put_checkout(*state, USER, CHECKOUT_COMMITTED)._id;
	assert_int_equal(checkouts_close(*state, CHECKOUT_COMMITTED, ids, 0), OK);
	assert_int_equal(checkouts(*state), 4);
	assert_int_equal(checkouts_close(*state, CHECKOUT_COMMITTED, ids, 4), OK);
	assert_int_equal(checkouts(*state), 2);
	assert_string_equal(state_of(*state, &kept), "COMMITTED");
	assert_string_equal(state_of(*state, &other), "ABANDONED");
	assert_int_equal(checkouts_close(*state, CHECKOUT_ABANDONED, ids, 4), OK);
	assert_string_equal(state_of(*state, &other), "gone");
}

/* ---- expired checkouts ---- */

static void test_find_expired_in_a_state(void **state)
{
	struct checkout due = put_expired(*state, USER, CHECKOUT_COMMITTED);

	put_checkout(*state, USER, CHECKOUT_COMMITTED);
	put_expired(*state, USER, CHECKOUT_CANCELLED);
	assert_true(bson_oid_equal(&only_due(*state, CHECKOUT_COMMITTED)->_id, &due._id));
	set_due(*state, &due._id, 0); /* a deadline of now has passed */
	assert_true(bson_oid_equal(&only_due(*state, CHECKOUT_COMMITTED)->_id, &due._id));
}

static void test_find_expired_is_bounded_and_sorted(void **state)
{
	const struct checkout *read;
	struct list due;

	for (int i = 0; i < CHECKOUTS_READ + 5; i++) {
		struct checkout checkout = put_checkout(*state, USER, CHECKOUT_ABANDONED);

		set_due(*state, &checkout._id, -1000 * (1 + i * 8 % (CHECKOUTS_READ + 5)));
	}
	assert_int_equal(checkouts_find_expired(&due, *state, CHECKOUT_ABANDONED), OK);
	assert_int_equal(due.n, CHECKOUTS_READ);
	read = due.items;
	for (size_t i = 1; i < due.n; i++)
		assert_true(read[i - 1].due.ms < read[i].due.ms);
	assert_true(read[0].due.ms < clock_now_ms() - 1000 * (CHECKOUTS_READ + 4));
}

static void test_find_expired_skips_malformed_documents(void **state)
{
	bson_t *foreign = ctx_bson(*state, BCON_NEW("state", BCON_UTF8("COMMITTED"), "due",
						    BCON_DATE_TIME(1), "items", BCON_INT32(1)));
	bson_t *set = ctx_bson(*state, BCON_NEW("$set", BCON_DOCUMENT(foreign)));
	struct checkout unknown = make_checkout(USER);
	struct checkout due = put_expired(*state, USER, CHECKOUT_COMMITTED);

	assert_int_equal(db_update(NULL, *state, checkout_collection, by_id(*state, &unknown._id),
				   set, true),
			 OK);
	assert_true(bson_oid_equal(&only_due(*state, CHECKOUT_COMMITTED)->_id, &due._id));
}

/* ---- postponing ---- */

static void test_postpone_moves_the_deadline(void **state)
{
	int64_t now = clock_now_ms();
	struct checkout first, second;

	put_expired(*state, USER, CHECKOUT_CANCELLED);
	first = second = *only_due(*state, CHECKOUT_CANCELLED);
	assert_int_equal(checkout_postpone(*state, &first, 60000), OK);
	assert_lease(*state, &first._id, now, 60000);
	assert_int_equal(first.due.ms, stored(*state, &first._id).due.ms);
	/* Another process that read it before. */
	assert_int_equal(checkout_postpone(*state, &second, 1), ERR_NO_DOCUMENT);
	assert_true(second.due.ms < now);
	assert_lease(*state, &first._id, now, 60000);
	/* The holder of the lease may postpone it again. */
	assert_int_equal(checkout_postpone(*state, &first, 90000), OK);
	assert_lease(*state, &first._id, now, 90000);
}

static void test_postpone_compares_the_state(void **state)
{
	struct checkout checkout;

	put_expired(*state, USER, CHECKOUT_RESERVING);
	checkout = *only_due(*state, CHECKOUT_RESERVING);
	assert_int_equal(checkout_move(*state, &checkout._id, CHECKOUT_RESERVING,
				       CHECKOUT_COMMITTED),
			 OK);
	checkout.due = stored(*state, &checkout._id).due;
	assert_int_equal(checkout_postpone(*state, &checkout, 1), ERR_NO_DOCUMENT);
	empty_collection(*state, checkout_collection);
	assert_int_equal(checkout_postpone(*state, &checkout, 1), ERR_NO_DOCUMENT);
	assert_int_equal(checkouts(*state), 0);
}

/* ---- exists ---- */

static void test_exists_compares_the_state(void **state)
{
	struct checkout unknown = make_checkout(USER);
	bool stands = true;

	for (int is = 0; is < CHECKOUT_STATES; is++) {
		struct checkout checkout = put_checkout(*state, USER, (enum checkout_state)is);

		for (int asked = 0; asked < CHECKOUT_STATES; asked++) {
			assert_int_equal(checkout_exists(&stands, *state, &checkout._id,
							 (enum checkout_state)asked),
					 OK);
			assert_int_equal(stands, asked == is);
		}
		empty_collection(*state, checkout_collection);
	}
	assert_int_equal(checkout_exists(&stands, *state, &unknown._id, CHECKOUT_COMMITTED), OK);
	assert_false(stands);
}

/* ---- in a transaction ---- */

static enum err commit_and_fail(struct ctx *ctx, void *arg)
{
	const struct checkout *checkout = arg;
	enum err e = checkout_move(ctx, &checkout->_id, CHECKOUT_RESERVING, CHECKOUT_COMMITTED);

	return e ? e : ERR_RETRY;
}

static void test_commit_aborts_with_its_transaction(void **state)
{
	struct checkout checkout = put_checkout(*state, USER, CHECKOUT_RESERVING);

	assert_int_equal(db_transaction(*state, commit_and_fail, &checkout), ERR_RETRY);
	assert_string_equal(state_of(*state, &checkout), "RESERVING");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_fields_are_stored),
	    TEST(test_open_lease_is_six_seconds),
	    TEST(test_user_has_one_open_checkout),
	    TEST(test_user_may_have_many_closed_checkouts),
	    TEST(test_move_between_states),
	    TEST(test_move_compares_the_state),
	    TEST(test_move_of_a_deleted_checkout_fails),
	    TEST(test_abandon_stores_the_time),
	    TEST(test_cancel_of_a_committed_order),
	    TEST(test_cancel_inserts_a_deleted_checkout),
	    TEST(test_cancel_in_other_states_fails),
	    TEST(test_cancel_beside_an_open_checkout),
	    TEST(test_close_deletes_checkouts_in_the_state),
	    TEST(test_find_expired_in_a_state),
	    TEST(test_find_expired_is_bounded_and_sorted),
	    TEST(test_find_expired_skips_malformed_documents),
	    TEST(test_postpone_moves_the_deadline),
	    TEST(test_postpone_compares_the_state),
	    TEST(test_exists_compares_the_state),
	    TEST(test_commit_aborts_with_its_transaction),
	};

	return cmocka_run_group_tests_name("checkout_store", tests, open_all, store_close);
}
