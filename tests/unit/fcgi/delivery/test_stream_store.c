/* The outbox of event streams: claims, marks, replays and closings. */
#include "delivery_fixture.h"

#include "fcgi/delivery/stream_store.h"

enum { LONG_AGO_MS = 60 * 1000 };

static bson_oid_t claim_id;

static struct list claim(struct ctx *ctx)
{
	struct list claimed = {NULL, 99};

	bson_oid_init(&claim_id, NULL);
	assert_int_equal(streams_claim(&claimed, ctx, &claim_id), OK);
	return claimed;
}

/* Asserts that this step of one delivery is pending, and returns the delivery. */
static const struct delivery *claim_one(struct ctx *ctx, enum stream_step step,
					enum order_status status)
{
	struct list claimed = claim(ctx);

	assert_int_equal(claimed.n, 1);
	assert_int_equal(stream_next_step(claimed.items), step);
	assert_int_equal(((const struct delivery *)claimed.items)->status, status);
	return claimed.items;
}

static void mark_dispatched(struct ctx *ctx, const struct delivery *delivery)
{
	assert_int_equal(streams_mark_dispatched(ctx, &claim_id, delivery, 1), OK);
}

static void assert_none_pending(struct ctx *ctx)
{
	assert_int_equal(claim(ctx).n, 0);
}

/* Makes the pause or the lease of the marked delivery end now. */
static void pass_pause(struct ctx *ctx)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$exists", BCON_BOOL(true), "}"));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due",
						BCON_DATE_TIME(clock_now_ms() - LONG_AGO_MS), "}"));

	assert_int_equal(db_update(NULL, ctx, RECORDS, filter, update, false), OK);
}

static int64_t count_marked(struct ctx *ctx)
{
	int64_t n;
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$exists", BCON_BOOL(true), "}"));

	assert_int_equal(db_count(&n, ctx, RECORDS, filter, 10), OK);
	return n;
}

static void test_new_order_has_nothing_pending(void **state)
{
	assert_int_equal(create_delivery(*state), OK);
	assert_none_pending(*state);
}

static void test_change_is_published_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED));
	assert_none_pending(ctx);
	assert_int_equal(count_marked(ctx), 0);
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_OUT_FOR_DELIVERY));
	assert_none_pending(ctx);
}

static void test_claim_reads_view_fields(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	struct delivery now;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	now = read_delivery(ctx);
	claimed = claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	assert_true(bson_oid_equal(&claimed->_id, &now._id));
	assert_true(bson_oid_equal(&claimed->order_id, &order_id));
	assert_int_equal(claimed->last_updated.ms, now.last_updated.ms);
}

static void test_expired_lease_is_claimed_again(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	assert_none_pending(ctx);
	pass_pause(ctx);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED));
	assert_none_pending(ctx);
}

static void test_change_during_claim_is_published_next(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	bson_oid_t first;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	claimed = claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	first = claim_id;
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	assert_none_pending(ctx);
	claim_id = first;
	mark_dispatched(ctx, claimed);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_OUT_FOR_DELIVERY));
	assert_none_pending(ctx);
}

/* A process that is stopped between its claim and its call publishes the old status after the new
 * one.
 */
static void test_late_old_status_is_corrected(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *late;
	bson_oid_t first;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	late = claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	first = claim_id;
	assert_int_equal(advance_to(ctx, STATUS_OUT_FOR_DELIVERY), OK);
	pass_pause(ctx);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_OUT_FOR_DELIVERY));
	assert_none_pending(ctx);
	claim_id = first;
	mark_dispatched(ctx, late);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_OUT_FOR_DELIVERY));
	assert_none_pending(ctx);
}

static void test_late_same_status_changes_nothing(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *late;
	bson_oid_t first;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	late = claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	first = claim_id;
	pass_pause(ctx);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED));
	claim_id = first;
	mark_dispatched(ctx, late);
	assert_none_pending(ctx);
}

/* ---- replay ---- */

static void test_subscriber_gets_replay(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stream_request_replay(ctx, &order_id), OK);
		mark_dispatched(ctx, claim_one(ctx, STREAM_REPLAY, STATUS_PLACED));
		assert_none_pending(ctx);
	}
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	assert_int_equal(stream_request_replay(ctx, &order_id), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED));
	assert_int_equal(stream_request_replay(ctx, &order_id), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_REPLAY, STATUS_PACKED));
	assert_none_pending(ctx);
}

static void test_replay_request_keeps_claim(void **state)
{
	struct ctx *ctx = *state;
	const struct delivery *claimed;
	bson_oid_t first;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	claimed = claim_one(ctx, STREAM_PUBLISH, STATUS_PACKED);
	first = claim_id;
	assert_int_equal(stream_request_replay(ctx, &order_id), OK);
	assert_none_pending(ctx);
	claim_id = first;
	mark_dispatched(ctx, claimed);
	/* The subscriber may be at another nginx than the one that got the status. */
	mark_dispatched(ctx, claim_one(ctx, STREAM_REPLAY, STATUS_PACKED));
	assert_none_pending(ctx);
}

static void test_replay_request_needs_order_under_way(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(stream_request_replay(ctx, &order_id), ERR_NO_DOCUMENT);
	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	assert_int_equal(stream_request_replay(ctx, &order_id), ERR_NO_DOCUMENT);
}

/* ---- the end ---- */

static void test_end_is_published_then_closed_twice(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_CANCELLED));
	for (int i = 0; i < STREAM_CLOSES; i++) {
		assert_none_pending(ctx); /* before the pause ends */
		assert_int_equal(count_marked(ctx), 1);
		pass_pause(ctx);
		mark_dispatched(ctx, claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED));
	}
	assert_int_equal(count_marked(ctx), 0);
}

static void test_close_is_retried_after_lease(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(create_delivery(ctx), OK);
	assert_int_equal(cancel(ctx), OK);
	mark_dispatched(ctx, claim_one(ctx, STREAM_PUBLISH, STATUS_CANCELLED));
	pass_pause(ctx);
	claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED);
	pass_pause(ctx);
	mark_dispatched(ctx, claim_one(ctx, STREAM_CLOSE, STATUS_CANCELLED));
	assert_int_equal(count_marked(ctx), 1);
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

static void test_concurrent_claims_are_disjoint(void **state)
{
	struct ctx *ctx = *state;
	enum err results[RACERS_MAX];

	for (int round = 0; round < 20; round++) {
		size_t claimed = 0;

		next_order(ctx);
		for (int i = 0; i < 5; i++) {
			bson_oid_init(&order_id, NULL);
			assert_int_equal(create_delivery(ctx), OK);
			assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
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
	    TEST(test_new_order_has_nothing_pending),
	    TEST(test_change_is_published_once),
	    TEST(test_claim_reads_view_fields),
	    TEST(test_expired_lease_is_claimed_again),
	    TEST(test_change_during_claim_is_published_next),
	    TEST(test_late_old_status_is_corrected),
	    TEST(test_late_same_status_changes_nothing),
	    TEST(test_subscriber_gets_replay),
	    TEST(test_replay_request_keeps_claim),
	    TEST(test_replay_request_needs_order_under_way),
	    TEST(test_end_is_published_then_closed_twice),
	    TEST(test_close_is_retried_after_lease),
	    TEST(test_concurrent_claims_are_disjoint),
	};

	return cmocka_run_group_tests_name("stream_store", tests, open_deliveries, store_close);
}
