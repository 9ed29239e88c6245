#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "log.h"

enum { LINE_CEILING = 4096 };

static struct arena *arena;
static char line[64 * 1024]; /* the output, followed by a NUL */
static size_t line_len;

static const struct ctx ctx = {
    .request_id = "req-1",
    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/* ---- capturing standard error in a pipe ---- */

static int saved_stderr, read_end;

static void capture(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(saved_stderr >= 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	read_end = ends[0];
}

static void captured(void)
{
	ssize_t n;

	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	close(saved_stderr);
	line_len = 0;
	while ((n = read(read_end, line + line_len, sizeof line - 1 - line_len)) > 0)
		line_len += (size_t)n;
	line[line_len] = '\0';
	close(read_end);
}

/* Parses the output, which must be one line. */
static struct json_object *parsed(void)
{
	struct json_object *object;
	size_t at = 0;

	assert_true(line_len > 1 && line_len <= LINE_CEILING);
	assert_ptr_equal(strchr(line, '\n'), line + line_len - 1);
	if (json_parse(&object, &at, arena, line, line_len - 1) != OK)
		fail_msg("not JSON at %zu: %s", at, line);
	return object;
}

static void assert_member(struct json_object *object, const char *name, const char *value)
{
	assert_string_equal(json_object_get_string(json_object_object_get(object, name)), value);
}

/* ---- tests ---- */

static void test_event_line(void **state)
{
	struct json_object *object;

	(void)state;
	capture();
	log_event(LOG_WARNING, &ctx, "thing.done name=%s ms=%d", "it", 7);
	captured();
	object = parsed();
	assert_member(object, "level", "warning");
	assert_member(object, "service", "test");
	assert_member(object, "request_id", "req-1");
	assert_member(object, "trace_id", "0af7651916cd43dd8448eb211c80319c");
	assert_member(object, "span_id", "b7ad6b7169203331");
	assert_member(object, "msg", "thing.done");
	assert_member(object, "name", "it");
	assert_member(object, "ms", "7");
	assert_int_equal(json_object_object_length(object), 9);
	assert_int_equal(strlen(json_object_get_string(json_object_object_get(object, "time"))),
			 24);
}

static void test_event_fields(void **state)
{
	struct json_object *object;

	(void)state;
	capture();
	log_event(LOG_ERROR, NULL, "a.b cut=%.*s u=%u ld=%ld lld=%lld zu=%zu d=%d", 2, "abc", 1u,
		  2l, -3ll, (size_t)4, -5);
	captured();
	object = parsed();
	assert_member(object, "cut", "ab");
	assert_string_equal(strstr(line, "\"u\""),
			    "\"u\":1,\"ld\":2,\"lld\":-3,\"zu\":4,\"d\":-5}\n");
}

static void test_event_without_context(void **state)
{
	struct json_object *object;

	(void)state;
	capture();
	log_event(LOG_ERROR, NULL, "started");
	captured();
	object = parsed();
	assert_member(object, "level", "error");
	assert_null(json_object_object_get(object, "request_id"));
	assert_null(json_object_object_get(object, "trace_id"));
}

static void test_context_without_ids(void **state)
{
	const struct ctx empty = {.request_id = ""};

	(void)state;
	capture();
	log_event(LOG_ERROR, &empty, "early");
	captured();
	assert_member(parsed(), "trace_id", "");
	assert_null(json_object_object_get(parsed(), "span_id"));
}

static void test_parent_id_is_logged(void **state)
{
	struct ctx child = ctx;

	(void)state;
	memcpy(child.parent_id, "00f067aa0ba902b7", SPAN_ID_LEN + 1);
	capture();
	log_event(LOG_ERROR, &child, "x");
	captured();
	assert_member(parsed(), "parent_id", "00f067aa0ba902b7");
}

static void test_call_line_has_its_span(void **state)
{
	static const char span[] = "00-0af7651916cd43dd8448eb211c80319c-1111111111111111-01";
	struct ctx asked = ctx;
	struct json_object *object;

	(void)state;
	memcpy(asked.parent_id, "00f067aa0ba902b7", SPAN_ID_LEN + 1);
	capture();
	log_call(&asked, span, "POST", "/internal/\"x\"", 0, 1500);
	captured();
	object = parsed();
	assert_member(object, "level", "info");
	assert_member(object, "request_id", "req-1");
	assert_member(object, "span_id", "1111111111111111");
	assert_member(object, "parent_id", "b7ad6b7169203331");
	assert_member(object, "calls", "POST /internal/\"x\"");
	assert_member(object, "status", "0");
	assert_member(object, "duration_ms", "1.500");
}

/* Jobs call without a parent all the time. */
static void test_calls_without_parent_are_debug(void **state)
{
	(void)state;
	capture();
	log_call(&ctx, ctx.traceparent, "GET", "/internal/products", 200, 1);
	captured();
	assert_int_equal(line_len, 0);
}

static void test_request_line(void **state)
{
	struct json_object *object;

	(void)state;
	capture();
	log_request(&ctx, "GET", "/cart/{user_id}", 200, 1234, NULL);
	captured();
	object = parsed();
	assert_member(object, "level", "info");
	assert_member(object, "request_id", "req-1");
	assert_member(object, "method", "GET");
	assert_member(object, "route", "/cart/{user_id}");
	assert_int_equal(json_object_get_int(json_object_object_get(object, "status")), 200);
	assert_member(object, "duration_ms", "1.234");
	assert_null(json_object_object_get(object, "code"));
}

/* The user id is a claim of a token that another program may have signed. */
static void test_lines_have_user_id(void **state)
{
	struct ctx asked = ctx;

	(void)state;
	asked.user_id = "u-\"1\\";
	capture();
	log_request(&asked, "GET", "/cart/{user_id}", 200, 1, NULL);
	captured();
	assert_member(parsed(), "user_id", asked.user_id);
	capture();
	log_event(LOG_INFO, &asked, "x");
	captured();
	assert_member(parsed(), "user_id", asked.user_id);
	capture();
	log_event(LOG_INFO, &ctx, "x");
	captured();
	assert_null(json_object_object_get(parsed(), "user_id"));
}

static void test_staff_write_line(void **state)
{
	struct ctx asked = ctx;

	(void)state;
	asked.user_id = "u-1";
	capture();
	log_staff_write(&asked, "admin", "PUT", "/products/{product_id}/stock", "{\"stock\":5}");
	captured();
	assert_member(parsed(), "user_id", "u-1");
	assert_member(parsed(), "role", "admin");
	assert_member(parsed(), "method", "PUT");
	assert_member(parsed(), "route", "/products/{product_id}/stock");
	assert_member(parsed(), "input", "{\"stock\":5}");
	assert_member(parsed(), "msg", "staff.write");
	capture();
	log_staff_write(&asked, "courier", "POST", "/x", NULL);
	captured();
	assert_member(parsed(), "input", "");
}

static void test_long_input_is_truncated(void **state)
{
	char input[LINE_CEILING * 2];

	(void)state;
	memset(input, '"', sizeof input - 1);
	input[sizeof input - 1] = '\0';
	capture();
	log_staff_write(&ctx, "admin", "PUT", "/x", input);
	captured();
	assert_true(strlen(json_object_get_string(json_object_object_get(parsed(), "input"))) >
		    1000);
	assert_member(parsed(), "msg", "staff.write");
}

static void test_durations_keep_leading_zeros(void **state)
{
	(void)state;
	capture();
	log_request(&ctx, "GET", "-", 404, 7, "not_found");
	captured();
	assert_member(parsed(), "duration_ms", "0.007");
	assert_member(parsed(), "code", "not_found");
	capture();
	log_request(&ctx, "GET", "-", 200, 12000050, NULL);
	captured();
	assert_member(parsed(), "duration_ms", "12000.050");
}

static void test_texts_are_escaped(void **state)
{
	static const char hostile[] = "a\"},{\"b\\\n\r\t\x01\x1F\x7F/\xC3\xA9\xF0\x9F\x98\x80";

	(void)state;
	capture();
	log_event(LOG_ERROR, &ctx, "a.b text=%s", hostile);
	captured();
	assert_member(parsed(), "text", hostile);
}

static void test_invalid_utf8_is_replaced(void **state)
{
	(void)state;
	capture();
	log_event(LOG_ERROR, &ctx, "a.b text=%s", "a\xFF\xC0\x80\xE2\x82");
	captured();
	assert_member(parsed(), "text",
		      "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void test_hostile_method_is_escaped_and_truncated(void **state)
{
	char method[1000];

	(void)state;
	memset(method, '"', sizeof method - 1);
	method[sizeof method - 1] = '\0';
	capture();
	log_request(&ctx, method, "-", 405, 10, "method_not_allowed");
	captured();
	assert_member(parsed(), "method", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
	assert_member(parsed(), "code", "method_not_allowed");
}

/* The text is cut between two characters, whatever their lengths. */
static void test_long_text_is_truncated_to_valid_json(void **state)
{
	static const char *const pieces[] = {"x",   "\"", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80",
					     "\xFF"};
	static char msg[16 * 1024];

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		for (size_t before = 0; before < 8; before++) {
			size_t len = before, n = strlen(pieces[i]);

			memset(msg, 'b', before);
			for (; len + n < sizeof msg; len += n)
				memcpy(msg + len, pieces[i], n);
			msg[len] = '\0';
			capture();
			log_event(LOG_ERROR, &ctx, "a.b text=%s more=%s n=%d", msg, msg, 7);
			captured();
			assert_true(json_object_object_get_ex(parsed(), "text", NULL));
			assert_null(json_object_object_get(parsed(), "n"));
			arena_reset(arena);
		}
	}
}

static void test_lower_levels_are_not_logged(void **state)
{
	(void)state;
	log_init("test", LOG_WARNING);
	capture();
	log_event(LOG_INFO, &ctx, "quiet");
	log_event(LOG_DEBUG, NULL, "quiet");
	log_request(&ctx, "GET", "-", 200, 1, NULL);
	captured();
	assert_int_equal(line_len, 0);
	capture();
	log_event(LOG_WARNING, &ctx, "loud");
	captured();
	assert_member(parsed(), "msg", "loud");
	log_init("test", LOG_INFO);
}

static void test_write_errors_are_ignored(void **state)
{
	int was = dup(STDERR_FILENO);

	(void)state;
	assert_true(was >= 0);
	close(STDERR_FILENO);
	log_event(LOG_ERROR, &ctx, "lost");
	assert_true(dup2(was, STDERR_FILENO) >= 0);
	close(was);
}

static int init(void **state)
{
	(void)state;
	log_init("test", LOG_INFO);
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_event_line),
	    cmocka_unit_test(test_event_fields),
	    cmocka_unit_test(test_event_without_context),
	    cmocka_unit_test(test_context_without_ids),
	    cmocka_unit_test(test_parent_id_is_logged),
	    cmocka_unit_test(test_call_line_has_its_span),
	    cmocka_unit_test(test_calls_without_parent_are_debug),
	    cmocka_unit_test(test_request_line),
	    cmocka_unit_test(test_lines_have_user_id),
	    cmocka_unit_test(test_staff_write_line),
	    cmocka_unit_test(test_long_input_is_truncated),
	    cmocka_unit_test(test_durations_keep_leading_zeros),
	    cmocka_unit_test(test_texts_are_escaped),
	    cmocka_unit_test(test_invalid_utf8_is_replaced),
	    cmocka_unit_test(test_hostile_method_is_escaped_and_truncated),
	    cmocka_unit_test(test_long_text_is_truncated_to_valid_json),
	    cmocka_unit_test(test_lower_levels_are_not_logged),
	    cmocka_unit_test(test_write_errors_are_ignored),
	};

	return cmocka_run_group_tests(tests, init, end);
}
