#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "ctx.h"

#define TRACE       "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN        "00f067aa0ba902b7"
#define TRACEPARENT "00-" TRACE "-" SPAN "-01"

enum { CEILING = 64 * 1024, BUDGET_MS = 5000 };

static struct arena *arena;

static int begin(void **state)
{
	static struct ctx ctx;

	arena = arena_new(CEILING);
	if (!arena)
		return -1;
	ctx_begin(&ctx, arena, NULL, BUDGET_MS);
	*state = &ctx;
	return 0;
}

static int end(void **state)
{
	ctx_end(*state);
	arena_free(arena);
	return 0;
}

static void test_begin_sets_deadline(void **state)
{
	const struct ctx *ctx = *state;
	int64_t left = ctx->deadline - clock_mono_ms();

	assert_in_range(left, BUDGET_MS - 1000, BUDGET_MS);
	assert_ptr_equal(ctx->arena, arena);
	assert_null(ctx->client);
	assert_null(ctx->session);
	assert_string_equal(ctx->request_id, "");
	assert_string_equal(ctx->traceparent, "");
	assert_string_equal(ctx->parent_id, "");
	assert_false(ctx_is_sampled(ctx));
}

/* The work has the caller's trace, and a new span below the caller's. */
static void assert_goes_on(const struct ctx *ctx)
{
	const char *t = ctx->traceparent;

	assert_int_equal(strlen(t), TRACEPARENT_LEN);
	assert_memory_equal(t, "00-" TRACE "-", SPAN_ID_AT);
	assert_int_equal(strspn(t + SPAN_ID_AT, "0123456789abcdef"), SPAN_ID_LEN);
	assert_memory_not_equal(t + SPAN_ID_AT, SPAN, SPAN_ID_LEN);
	assert_string_equal(t + SPAN_ID_AT + SPAN_ID_LEN, "-01");
	assert_string_equal(ctx->parent_id, SPAN);
}

static void test_valid_ids_are_kept(void **state)
{
	struct ctx *ctx = *state;

	ctx_set_ids(ctx, "Req.1_a-Z", TRACEPARENT);
	assert_string_equal(ctx->request_id, "Req.1_a-Z");
	assert_goes_on(ctx);
	assert_true(ctx_is_sampled(ctx));
}

static void test_each_work_has_a_new_span(void **state)
{
	char spans[100][TRACEPARENT_LEN + 1];
	struct ctx *ctx = *state;

	ctx_set_ids(ctx, "req-1", TRACEPARENT);
	for (size_t i = 0; i < 100; i += 2) {
		ctx_new_span(spans[i], ctx);
		ctx_set_ids(ctx, "req-1", TRACEPARENT);
		memcpy(spans[i + 1], ctx->traceparent, sizeof spans[i]);
	}
	for (size_t i = 0; i < 100; i++) {
		assert_memory_equal(spans[i], "00-" TRACE "-", SPAN_ID_AT);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(spans[i], spans[j]);
	}
}

static void test_caller_decides_sampling(void **state)
{
	static const char *const flags[] = {"00", "01", "02", "03", "fe", "ff", "a9"};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		char t[] = TRACEPARENT;

		memcpy(t + TRACE_FLAGS_AT, flags[i], 2);
		ctx_set_ids(ctx, NULL, t);
		assert_int_equal(ctx_is_sampled(ctx), i % 2 || i == 6);
		assert_string_equal(ctx->traceparent + TRACE_FLAGS_AT, flags[i]);
	}
}

static void test_new_ids_replace_parent(void **state)
{
	struct ctx *ctx = *state;

	ctx_set_ids(ctx, NULL, TRACEPARENT);
	ctx_set_ids(ctx, NULL, NULL);
	assert_string_equal(ctx->parent_id, "");
}

/* The ids are new ones: `id` has hexadecimal digits. */
static bool is_made(const char *id)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

static void assert_valid_traceparent(const char *t)
{
	static const char digits[] = "0123456789abcdef";

	assert_int_equal(strlen(t), TRACEPARENT_LEN);
	assert_memory_equal(t, "00-", 3);
	assert_int_equal(strspn(t + 3, digits), 32);
	assert_int_equal(t[35], '-');
	assert_int_equal(strspn(t + 36, digits), 16);
	/* A trace without a caller is not sampled. */
	assert_string_equal(t + 52, "-00");
}

static void test_missing_ids_are_generated(void **state)
{
	struct ctx *ctx = *state;
	char first[REQUEST_ID_MAX + 1];

	ctx_set_ids(ctx, NULL, NULL);
	assert_true(is_made(ctx->request_id));
	assert_valid_traceparent(ctx->traceparent);
	memcpy(first, ctx->request_id, sizeof first);
	ctx_set_ids(ctx, NULL, NULL);
	assert_string_not_equal(ctx->request_id, first);
}

static void test_request_id_length(void **state)
{
	struct ctx *ctx = *state;
	char id[REQUEST_ID_MAX + 2];

	memset(id, 'x', sizeof id);
	id[REQUEST_ID_MAX] = '\0';
	ctx_set_ids(ctx, id, NULL);
	assert_string_equal(ctx->request_id, id);
	id[REQUEST_ID_MAX] = 'x';
	id[REQUEST_ID_MAX + 1] = '\0';
	ctx_set_ids(ctx, id, NULL);
	assert_true(is_made(ctx->request_id));
}

/* Ids appear in logs and headers, so they must need no escapes. */
static void test_invalid_request_ids_are_replaced(void **state)
{
	static const char *const ids[] = {"",      "a b",      "a\nb", "a\"b", "a/b",
					  "a\r\n", "\xC3\xA4", "a,b",  "{}",   "a\\"};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		ctx_set_ids(ctx, ids[i], TRACEPARENT);
		assert_true(is_made(ctx->request_id));
		assert_goes_on(ctx);
	}
}

static void test_invalid_traceparents_are_replaced(void **state)
{
	static const char *const traces[] = {
	    "",
	    "00-" TRACE "-00f067aa0ba902b7",
	    "00-" TRACE "-00f067aa0ba902b7-01-more",
	    "01-" TRACE "-00f067aa0ba902b7-01",
	    "ff-" TRACE "-00f067aa0ba902b7-01",
	    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
	    "00-" TRACE "-0000000000000000-01",
	    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
	    "00-" TRACE "-00f067aa0ba902bg-01",
	    "00-" TRACE "_00f067aa0ba902b7-01",
	    "00-" TRACE "-00f067aa0ba902b7-0g",
	    "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
	};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
		ctx_set_ids(ctx, "req-1", traces[i]);
		assert_string_equal(ctx->request_id, "req-1");
		assert_valid_traceparent(ctx->traceparent);
		assert_null(strstr(ctx->traceparent, TRACE));
	}
}

/* The sanitizer build detects documents that are not destroyed. */
static void test_documents_are_released(void **state)
{
	struct ctx *ctx = *state;
	bson_t *large = ctx_bson(ctx, bson_new());

	assert_non_null(large);
	for (int i = 0; i < 100; i++)
		assert_true(BSON_APPEND_UTF8(large, "name", "a text that needs memory"));
	assert_null(ctx_bson(ctx, NULL));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_begin_sets_deadline),
	    TEST(test_valid_ids_are_kept),
	    TEST(test_each_work_has_a_new_span),
	    TEST(test_caller_decides_sampling),
	    TEST(test_new_ids_replace_parent),
	    TEST(test_missing_ids_are_generated),
	    TEST(test_request_id_length),
	    TEST(test_invalid_request_ids_are_replaced),
	    TEST(test_invalid_traceparents_are_replaced),
	    TEST(test_documents_are_released),
	};

	return cmocka_run_group_tests_name("ctx", tests, NULL, NULL);
}
