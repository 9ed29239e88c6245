#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "otlp.h"
#include "version.h"

#define TRACE   "4bf92f3577b34da6a3ce929d0e0e4736"
#define CALLER  "00f067aa0ba902b7"
#define GATEWAY "a3ce929d0e0e4736" /* second half of the trace id */

static struct span got[SPANS_MAX];
static struct arena *arena;

static struct ctx work_of(const char *parent, const char *flags)
{
	struct ctx ctx = {0};
	char traceparent[TRACEPARENT_LEN + 1];

	snprintf(traceparent, sizeof traceparent, "00-" TRACE "-%s-%s", parent, flags);
	ctx_set_ids(&ctx, "req-1", traceparent);
	return ctx;
}

static const struct span_end served = {
    .type = SPAN_REQUEST, .verb = "GET", .target = "/x", .status = 200, .duration_us = 1500};

static size_t waiting(void)
{
	return spans_peek(got, SPANS_MAX, 0);
}

/* ---- the queue ---- */

static void test_sampled_span_is_queued(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");
	int64_t now = clock_now_us();

	(void)state;
	span_note(&ctx, &served);
	assert_int_equal(waiting(), 1);
	assert_string_equal(got[0].traceparent, ctx.traceparent);
	assert_string_equal(got[0].parent_id, CALLER);
	assert_string_equal(got[0].verb, "GET");
	assert_string_equal(got[0].target, "/x");
	assert_string_equal(got[0].request_id, "req-1");
	assert_string_equal(got[0].link, "");
	assert_int_equal(got[0].status, 200);
	assert_int_equal(got[0].duration_us, 1500);
	assert_true(llabs(got[0].start_us + 1500 - now) < 1000000);
}

static void test_unsampled_span_is_ignored(void **state)
{
	struct ctx ctx = work_of(CALLER, "00"), alone = {0};

	(void)state;
	span_note(&ctx, &served);
	ctx_set_ids(&alone, NULL, NULL);
	span_note(&alone, &served);
	assert_int_equal(waiting(), 0);
	assert_false(span_is_wanted(&ctx));
}

/* The gateway's span is not recorded. */
static void test_gateway_span_is_no_parent(void **state)
{
	struct ctx ctx = work_of(GATEWAY, "01");

	(void)state;
	span_note(&ctx, &served);
	assert_int_equal(waiting(), 1);
	assert_string_equal(got[0].parent_id, "");
}

static void test_part_is_child_of_work(void **state)
{
	struct ctx ctx = work_of(GATEWAY, "01");
	char call[TRACEPARENT_LEN + 1];

	(void)state;
	ctx_new_span(call, &ctx);
	span_note(&ctx, &(struct span_end){.type = SPAN_CALL, .traceparent = call, .verb = "GET"});
	span_note(&ctx, &(struct span_end){.type = SPAN_DATABASE,
					   .traceparent = SPAN_ANY,
					   .verb = "find"});
	assert_int_equal(waiting(), 2);
	assert_string_equal(got[0].traceparent, call);
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(got[i].parent_id, ctx.traceparent + SPAN_ID_AT, SPAN_ID_LEN);
		assert_memory_equal(got[i].traceparent, ctx.traceparent, SPAN_ID_AT);
		assert_string_not_equal(got[i].traceparent, ctx.traceparent);
	}
	assert_string_not_equal(got[0].traceparent, got[1].traceparent);
}

static void test_full_queue_drops_and_counts(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");

	(void)state;
	for (int i = 0; i < SPANS_MAX + 7; i++)
		span_note(&ctx, &(struct span_end){.type = SPAN_WORK, .verb = "w", .status = i});
	assert_int_equal(spans_dropped(), 7);
	assert_int_equal(waiting(), SPANS_MAX);
	assert_int_equal(got[0].status, 0);
	assert_int_equal(got[SPANS_MAX - 1].status, SPANS_MAX - 1);
}

static void test_ring_buffer_wraps(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");
	int next = 0, first = 0;

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < SPANS_MAX - 100; i++)
			span_note(&ctx, &(struct span_end){.type = SPAN_WORK,
							   .verb = "w",
							   .status = next++});
		while (waiting()) {
			assert_int_equal(spans_peek(got, 1000, 0) ? got[0].status : -1, first);
			spans_forget(1, false);
			first++;
		}
	}
	assert_int_equal(first, next);
	assert_int_equal(spans_dropped(), 0);
}

static void test_unsendable_spans_count_as_dropped(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");

	(void)state;
	for (int i = 0; i < 5; i++)
		span_note(&ctx, &served);
	spans_forget(2, true);
	spans_forget(1, false);
	assert_int_equal(spans_dropped(), 2);
	assert_int_equal(waiting(), 2);
}

static void test_long_names_are_truncated(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");
	char name[1000];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	span_note(&ctx, &(struct span_end){.type = SPAN_CALL, .verb = name, .target = name});
	assert_int_equal(waiting(), 1);
	assert_int_equal(strlen(got[0].verb), SPAN_VERB_MAX);
	assert_int_equal(strlen(got[0].target), SPAN_TARGET_MAX);
}

static void test_closed_queue_takes_no_spans(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");

	(void)state;
	spans_close();
	assert_false(span_is_wanted(&ctx));
	span_note(&ctx, &served);
	assert_int_equal(spans_open(), OK);
	assert_int_equal(waiting(), 0);
}

/* ---- sending ---- */

static struct json_object *printed(size_t n)
{
	struct json_object *object;
	char *text = NULL;
	size_t len = 0, at;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	otlp_print(out, got, n, "user");
	assert_int_equal(fclose(out), 0);
	if (json_parse(&object, &at, arena, text, len))
		fail_msg("not JSON at %zu: %s", at, text);
	free(text);
	return object;
}

static struct json_object *in(struct json_object *object, const char *name)
{
	struct json_object *found = json_object_object_get(object, name);

	if (!found)
		fail_msg("no %s in %s", name, json_object_to_json_string(object));
	return json_object_is_type(found, json_type_array) && json_object_array_length(found) == 1
		   ? json_object_array_get_idx(found, 0)
		   : found;
}

static const char *attribute(struct json_object *list, const char *key, const char *type)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (strcmp(json_object_get_string(in(item, "key")), key) == 0)
			return json_object_get_string(in(in(item, "value"), type));
	}
	return NULL;
}

static void test_otlp_request_body(void **state)
{
	struct ctx ctx = work_of(CALLER, "01");
	struct json_object *resource, *span;

	(void)state;
	span_note(&ctx, &served);
	assert_int_equal(waiting(), 1);
	got[0].start_us = INT64_C(1764000000123456);
	resource = in(printed(1), "resourceSpans");
	span = in(in(resource, "scopeSpans"), "spans");
	assert_string_equal(attribute(in(in(resource, "resource"), "attributes"), "service.name",
				      "stringValue"),
			    "user");
	assert_string_equal(attribute(in(in(resource, "resource"), "attributes"), "service.version",
				      "stringValue"),
			    version);
	assert_string_equal(json_object_get_string(in(span, "traceId")), TRACE);
	assert_memory_equal(json_object_get_string(in(span, "spanId")),
			    ctx.traceparent + SPAN_ID_AT, SPAN_ID_LEN);
	assert_string_equal(json_object_get_string(in(span, "parentSpanId")), CALLER);
	assert_string_equal(json_object_get_string(in(span, "name")), "GET /x");
	assert_int_equal(json_object_get_int(in(span, "kind")), 2);
	/* Strings, because many JSON parsers round large numbers. */
	assert_true(json_object_is_type(in(span, "startTimeUnixNano"), json_type_string));
	assert_string_equal(json_object_get_string(in(span, "startTimeUnixNano")),
			    "1764000000123456000");
	assert_string_equal(json_object_get_string(in(span, "endTimeUnixNano")),
			    "1764000000124956000");
	assert_string_equal(attribute(in(span, "attributes"), "http.route", "stringValue"), "/x");
	assert_string_equal(attribute(in(span, "attributes"), "http.response.status_code",
				      "intValue"),
			    "200");
	assert_null(json_object_object_get(span, "links"));
	assert_null(json_object_object_get(in(span, "status"), "code"));
}

static void test_otlp_failures_and_links(void **state)
{
	struct ctx ctx = work_of(CALLER, "01"), other = work_of(CALLER, "01");
	struct json_object *span;

	(void)state;
	span_note(&ctx, &(struct span_end){.type = SPAN_WORK,
					   .verb = "done",
					   .link = other.traceparent,
					   .failed = true});
	assert_int_equal(waiting(), 1);
	span = in(in(in(printed(1), "resourceSpans"), "scopeSpans"), "spans");
	assert_string_equal(json_object_get_string(in(span, "name")), "done");
	assert_int_equal(json_object_get_int(in(span, "kind")), 1);
	assert_int_equal(json_object_get_int(in(in(span, "status"), "code")), 2);
	assert_memory_equal(json_object_get_string(in(in(span, "links"), "spanId")),
			    other.traceparent + SPAN_ID_AT, SPAN_ID_LEN);
}

static void test_endpoint_must_be_http(void **state)
{
	static const char *const wrong[] = {"localhost:4318", "ftp://x", "file:///etc", "http:/x"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(otlp_start(wrong[i], "user"), ERR_INVALID);
	assert_int_equal(otlp_start("", "user"), OK);
	otlp_stop();
}

static int begin(void **state)
{
	(void)state;
	return spans_open() ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	spans_close();
	arena_reset(arena);
	return 0;
}

static int init(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1);
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_sampled_span_is_queued),
	    TEST(test_unsampled_span_is_ignored),
	    TEST(test_gateway_span_is_no_parent),
	    TEST(test_part_is_child_of_work),
	    TEST(test_full_queue_drops_and_counts),
	    TEST(test_ring_buffer_wraps),
	    TEST(test_unsendable_spans_count_as_dropped),
	    TEST(test_long_names_are_truncated),
	    TEST(test_closed_queue_takes_no_spans),
	    TEST(test_otlp_request_body),
	    TEST(test_otlp_failures_and_links),
	    TEST(test_endpoint_must_be_http),
	};

	return cmocka_run_group_tests_name("span", tests, init, finish);
}
