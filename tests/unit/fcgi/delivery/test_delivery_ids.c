/* Under whose ids an order's way is told: those of the call that made the order, or that moved it.
 */
#include "delivery_fixture.h"

#include "fcgi/delivery/stream_store.h"

#define MADE              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define MOVED             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define SPAN(traceparent) ((traceparent) + SPAN_ID_AT)

static const struct actor simulator = {.by = "simulator"};

/* The order as cart & order tells of it, in a call for several. */
static void tell(struct ctx *ctx)
{
	const struct delivery_order order = {order_id, "u-1", "req-made", MADE};

	ctx_set_ids(ctx, "req-other", MOVED);
	assert_int_equal(deliveries_start(ctx, &order, 1, &service), OK);
}

/* The record as the job that tells streams reads it, and takes its ids over. */
static void take_ids(struct ctx *ctx)
{
	struct list claimed;
	bson_oid_t by;

	bson_oid_init(&by, NULL);
	assert_int_equal(streams_claim(&claimed, ctx, &by), OK);
	assert_int_equal(claimed.n, 1);
	ctx_set_ids(ctx, NULL, NULL);
	delivery_take_ids(ctx, claimed.items);
}

static void assert_ids(const struct ctx *ctx, const char *request_id, const char *trace)
{
	assert_string_equal(ctx->request_id, request_id);
	assert_memory_equal(ctx->traceparent, trace, SPAN_ID_AT);
}

static void what_follows_of_an_order_is_of_the_call_that_made_it(void **state)
{
	struct ctx *ctx = *state;

	tell(ctx);
	ctx_set_ids(ctx, "req-viewer", MOVED);
	assert_int_equal(stream_want(ctx, &order_id), OK);
	take_ids(ctx);
	assert_ids(ctx, "req-made", MADE);
	assert_memory_equal(ctx->parent_id, SPAN(MADE), SPAN_ID_LEN);
}

static void a_step_by_hand_is_of_the_call_that_took_it(void **state)
{
	struct ctx *ctx = *state;
	char moved[TRACEPARENT_LEN + 1];

	tell(ctx);
	ctx_set_ids(ctx, "req-moved", MOVED);
	memcpy(moved, ctx->traceparent, sizeof moved);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	take_ids(ctx);
	assert_ids(ctx, "req-moved", MOVED);
	assert_memory_equal(ctx->parent_id, SPAN(moved), SPAN_ID_LEN);
}

/* Nobody asked the simulator: its steps are the order's own. */
static void a_step_by_itself_is_of_the_order_again(void **state)
{
	int64_t was = delivery_step_seconds, moved;
	struct ctx *ctx = *state;
	size_t found;

	delivery_step_seconds = 0;
	tell(ctx);
	ctx_set_ids(ctx, "req-moved", MOVED);
	assert_int_equal(step_to(ctx, STATUS_PACKED), OK);
	ctx_set_ids(ctx, NULL, NULL);
	assert_int_equal(deliveries_move_due(&found, &moved, ctx, &simulator), OK);
	assert_int_equal(moved, 1);
	delivery_step_seconds = was;
	take_ids(ctx);
	assert_ids(ctx, "req-made", MADE);
}

static void a_record_from_before_has_none(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PLACED);
	assert_int_equal(stream_want(ctx, &order_id), OK);
	take_ids(ctx);
	assert_int_equal(strlen(ctx->request_id), 32);
	assert_string_equal(ctx->parent_id, "");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(what_follows_of_an_order_is_of_the_call_that_made_it),
	    TEST(a_step_by_hand_is_of_the_call_that_took_it),
	    TEST(a_step_by_itself_is_of_the_order_again),
	    TEST(a_record_from_before_has_none),
	};

	return cmocka_run_group_tests_name("delivery ids", tests, open_deliveries, store_close);
}
