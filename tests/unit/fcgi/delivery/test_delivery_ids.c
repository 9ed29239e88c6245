/* The trace of a delivery's published status: that of the call that created the order or moved it.
 */
#include "delivery_fixture.h"

#include "fcgi/delivery/stream_store.h"

#define CREATED           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define MOVED             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define SPAN(traceparent) ((traceparent) + SPAN_ID_AT)

static const struct actor simulator = {.by = "simulator"};

/* Creates the delivery with the ids of its order, in a call with other ids. */
static void notify(struct ctx *ctx)
{
	const struct delivery_order order = {order_id, "u-1", "req-made", CREATED};

	ctx_set_ids(ctx, "req-other", MOVED);
	assert_int_equal(deliveries_create(ctx, &order, 1, &service), OK);
}

/* Claims the delivery as the streams job does, and sets the context's trace from it. */
static void set_trace(struct ctx *ctx)
{
	struct list claimed;
	bson_oid_t by;

	bson_oid_init(&by, NULL);
	assert_int_equal(streams_claim(&claimed, ctx, &by), OK);
	assert_int_equal(claimed.n, 1);
	ctx_set_ids(ctx, NULL, NULL);
	delivery_set_trace(ctx, claimed.items);
}

static void assert_ids(const struct ctx *ctx, const char *request_id, const char *trace)
{
	assert_string_equal(ctx->request_id, request_id);
	assert_memory_equal(ctx->traceparent, trace, SPAN_ID_AT);
}

static void test_replay_has_trace_of_creation(void **state)
{
	struct ctx *ctx = *state;

	notify(ctx);
	ctx_set_ids(ctx, "req-subscriber", MOVED);
	assert_int_equal(stream_request_replay(ctx, &order_id), OK);
	set_trace(ctx);
	assert_ids(ctx, "req-made", CREATED);
	assert_memory_equal(ctx->parent_id, SPAN(CREATED), SPAN_ID_LEN);
}

static void test_status_has_trace_of_update_call(void **state)
{
	struct ctx *ctx = *state;
	char moved[TRACEPARENT_LEN + 1];

	notify(ctx);
	ctx_set_ids(ctx, "req-moved", MOVED);
	memcpy(moved, ctx->traceparent, sizeof moved);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	set_trace(ctx);
	assert_ids(ctx, "req-moved", MOVED);
	assert_memory_equal(ctx->parent_id, SPAN(moved), SPAN_ID_LEN);
}

/* No call causes a step of the simulator. */
static void test_simulated_status_has_trace_of_creation(void **state)
{
	int64_t was = delivery_step_seconds, moved;
	struct ctx *ctx = *state;
	size_t found;

	delivery_step_seconds = 0;
	notify(ctx);
	ctx_set_ids(ctx, "req-moved", MOVED);
	assert_int_equal(advance_to(ctx, STATUS_PACKED), OK);
	ctx_set_ids(ctx, NULL, NULL);
	assert_int_equal(deliveries_move_overdue(&found, &moved, ctx, &simulator), OK);
	assert_int_equal(moved, 1);
	delivery_step_seconds = was;
	set_trace(ctx);
	assert_ids(ctx, "req-made", CREATED);
}

static void test_old_document_gets_new_trace(void **state)
{
	struct ctx *ctx = *state;

	put_old_record(ctx, STATUS_PLACED);
	assert_int_equal(stream_request_replay(ctx, &order_id), OK);
	set_trace(ctx);
	assert_int_equal(strlen(ctx->request_id), 32);
	assert_string_equal(ctx->parent_id, "");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_order, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_replay_has_trace_of_creation),
	    TEST(test_status_has_trace_of_update_call),
	    TEST(test_simulated_status_has_trace_of_creation),
	    TEST(test_old_document_gets_new_trace),
	};

	return cmocka_run_group_tests_name("delivery ids", tests, open_deliveries, store_close);
}
