#include "delivery_fixture.h"

#include "fcgi/delivery/stream_store.h"

enum { LONG_AGO_MS = 60 * 1000 };

static bson_oid_t by;

static struct list claim(struct ctx *ctx)
{
	struct list claimed = {NULL, 99};

	bson_oid_init(&by, NULL);
	assert_int_equal(streams_claim(&claimed, ctx, &by), OK);
	return claimed;
}

/* Asserts that this one duty is due, and gives its record. */
static const struct delivery *claim_one(struct ctx *ctx, enum stream_duty duty,
					enum order_status status)
{
	struct list claimed = claim(ctx);

	assert_int_equal(claimed.n, 1);
	assert_int_equal(stream_duty(claimed.items), duty);
	assert_int_equal(((const struct delivery *)claimed.items)->status, status);
	return claimed.items;
}

static void settle(struct ctx *ctx, const struct delivery *delivery)
{
	assert_int_equal(streams_settle(ctx, &by, delivery, 1), OK);
}

static void nothing_to_do(struct ctx *ctx)
{
	assert_int_equal(claim(ctx).n, 0);
}

/* What is to be done at some time is to be done now. */
static void let_time_pass(struct ctx *ctx)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$exists", BCON_BOOL(true), "}"));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due",
						BCON_DATE_TIME(clock_now_ms() - LONG_AGO_MS), "}"));

	assert_int_equal(db_update(NULL, ctx, RECORDS, filter, update, false), OK);
}

static int64_t waiting(struct ctx *ctx)
{
	int64_t n;
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$exists", BCON_BOOL(true), "}"));

	assert_int_equal(db_count(&n, ctx, RECORDS, filter, 10), OK);
	return n;
}

static void a_new_order_has_nothing_to_tell(void **state)
{
	assert_int_equal(start(*state), OK);
	nothing_to_do(*state);
}

static void a_change_is_told_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_PACKED));
	nothing_to_do(ctx);
	assert_int_equal(waiting(ctx), 0);
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_OUT_FOR_DELIVERY));
	nothing_to_do(ctx);
}

static void what_is_claimed_is_read_in_full(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	struct delivery now;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	now = get(ctx);
	claimed = claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	assert_true(bson_oid_equal(&claimed->_id, &now._id));
	assert_true(bson_oid_equal(&claimed->order_id, &order_id));
	assert_int_equal(claimed->last_updated.ms, now.last_updated.ms);
}

static void who_dies_is_followed_by_another_when_the_claim_ends(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	nothing_to_do(ctx);
	let_time_pass(ctx);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_PACKED));
	nothing_to_do(ctx);
}

static void a_change_during_the_telling_is_told_next_and_by_nobody_else_meanwhile(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	bson_oid_t first;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	claimed = claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	first = by;
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	nothing_to_do(ctx);
	by = first;
	settle(ctx, claimed);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_OUT_FOR_DELIVERY));
	nothing_to_do(ctx);
}

/* Frozen between its claim and its call, it told of the old state when the new one was told. */
static void who_told_late_has_it_told_again(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *late;
	bson_oid_t first;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	late = claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	first = by;
	assert_int_equal(step_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	let_time_pass(ctx);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_OUT_FOR_DELIVERY));
	nothing_to_do(ctx);
	by = first;
	settle(ctx, late);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_OUT_FOR_DELIVERY));
	nothing_to_do(ctx);
}

static void who_told_late_of_the_same_changes_nothing(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *late;
	bson_oid_t first;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	late = claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	first = by;
	let_time_pass(ctx);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_PACKED));
	by = first;
	settle(ctx, late);
	nothing_to_do(ctx);
}

/* ---- who looks ---- */

static void who_begins_to_look_is_told_the_state(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stream_want(ctx, &order_id), OK);
		settle(ctx, claim_one(ctx, STREAM_REMIND, STATUS_PLACED));
		nothing_to_do(ctx);
	}
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(stream_want(ctx, &order_id), OK);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_PACKED));
	assert_int_equal(stream_want(ctx, &order_id), OK);
	settle(ctx, claim_one(ctx, STREAM_REMIND, STATUS_PACKED));
	nothing_to_do(ctx);
}

static void who_begins_to_look_takes_no_claim_away(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	bson_oid_t first;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	claimed = claim_one(ctx, STREAM_TELL, STATUS_PACKED);
	first = by;
	assert_int_equal(stream_want(ctx, &order_id), OK);
	nothing_to_do(ctx);
	by = first;
	settle(ctx, claimed);
	/* He may have come to another nginx than was told. */
	settle(ctx, claim_one(ctx, STREAM_REMIND, STATUS_PACKED));
	nothing_to_do(ctx);
}

static void at_what_has_ended_or_is_unknown_nobody_begins_to_look(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(stream_want(ctx, &order_id), ERR_NO_DOCUMENT);
	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(stream_want(ctx, &order_id), ERR_NO_DOCUMENT);
}

/* ---- the end ---- */

static void is_told_of_the_end_then_closed_and_closed_again(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_CANCELLED));
	for (int i = 0; i < STREAM_CLOSINGS; i++) {
		nothing_to_do(ctx); /* yet */
		assert_int_equal(waiting(ctx), 1);
		let_time_pass(ctx);
		settle(ctx, claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED));
	}
	assert_int_equal(waiting(ctx), 0);
}

static void who_dies_at_the_end_is_followed_by_another(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(start(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	settle(ctx, claim_one(ctx, STREAM_TELL, STATUS_CANCELLED));
	let_time_pass(ctx);
	claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED);
	let_time_pass(ctx);
	settle(ctx, claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED));
	assert_int_equal(waiting(ctx), 1);
}

/* ---- races ---- */

static size_t claimed_by[RACERS_MAX];

static enum err claim_some(struct ctx *ctx, int i)
{
	struct list claimed;
	bson_oid_t own;
	enum err e;

	bson_oid_init(&own, NULL);
	e = streams_claim(&claimed, ctx, &own);
	if (!e)
		claimed_by[i] = claimed.n;
	return e;
}

static void of_many_that_claim_at_a_time_one_gets_each(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < 20; round++) {
		size_t claimed = 0;

		next_order(ctx);
		for (int i = 0; i < 5; i++) {
			bson_oid_init(&order_id, NULL);
			assert_int_equal(start(ctx), OK);
			assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
		}
		memset(claimed_by, 0, sizeof claimed_by);
		race(results, RACERS_MAX, claim_some);
		for (int i = 0; i < RACERS_MAX; i++) {
			assert_int_equal(results[i], OK);
			claimed += claimed_by[i];
		}
		assert_int_equal(claimed, 5);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(a_new_order_has_nothing_to_tell),
	    TEST(a_change_is_told_once),
	    TEST(what_is_claimed_is_read_in_full),
	    TEST(who_dies_is_followed_by_another_when_the_claim_ends),
	    TEST(a_change_during_the_telling_is_told_next_and_by_nobody_else_meanwhile),
	    TEST(who_told_late_has_it_told_again),
	    TEST(who_told_late_of_the_same_changes_nothing),
	    TEST(who_begins_to_look_is_told_the_state),
	    TEST(who_begins_to_look_takes_no_claim_away),
	    TEST(at_what_has_ended_or_is_unknown_nobody_begins_to_look),
	    TEST(is_told_of_the_end_then_closed_and_closed_again),
	    TEST(who_dies_at_the_end_is_followed_by_another),
	    TEST(of_many_that_claim_at_a_time_one_gets_each),
	};

	return cmocka_run_group_tests_name("stream_store", tests, open_deliveries, store_close);
}
