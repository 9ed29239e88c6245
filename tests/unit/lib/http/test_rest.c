#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "http_server.h"
#include "log.h"
#include "rest.h"
#include "token.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID  "b7ad6b7169203331"

enum {
	FAR_MS = 60 * 1000,
	BRIEF_MS = 100,
};

_Static_assert(HUGE_SIZE == REST_ANSWER_MAX + 1, "a byte more than is allowed");

static char server_url[URL_SIZE], base_url[URL_SIZE];
static struct ctx ctx;

/* A server that accepts no token, and one that accepts every second token. */
static bool answer_unauthorized(int fd, const char *request)
{
	static atomic_int asked;

	if (strstr(request, " /nobody ") || (strstr(request, " /only-before ") && asked++ % 2 == 0))
		return send_text(fd, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}");
	if (strstr(request, " /only-before "))
		return answer_ok(fd);
	return send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static int init(void **state)
{
	(void)state;
	answer_other = answer_unauthorized;
	/* No request may be sent there. */
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("all_proxy", "http://127.0.0.1:9", 1);
	log_init("test", LOG_ERROR);
	ctx.arena = arena_new(8 << 20);
	if (!ctx.arena || !server_start(server_url))
		return -1;
	return token_init("0123456789abcdef0123456789abcdef") ||
		       token_init_service("fedcba9876543210fedcba9876543210", "") ||
		       rest_init(base_url)
		   ? -1
		   : 0;
}

static int end(void **state)
{
	(void)state;
	server_stop();
	arena_free(ctx.arena);
	return 0;
}

static int begin_work(void **state)
{
	(void)state;
	memcpy(base_url, server_url, sizeof base_url);
	ctx.deadline = clock_mono_ms() + FAR_MS;
	snprintf(ctx.request_id, sizeof ctx.request_id, "req-1");
	snprintf(ctx.traceparent, sizeof ctx.traceparent, "00-" TRACE_ID "-" SPAN_ID "-01");
	return 0;
}

static int end_work(void **state)
{
	(void)state;
	rest_thread_end();
	arena_reset(ctx.arena);
	return 0;
}

static struct rest_call get(const char *path)
{
	return (struct rest_call){.method = "GET", .path = path, .timeout_ms = FAR_MS};
}

static struct rest_answer call_ok(const struct rest_call *call)
{
	struct rest_answer answer = {0};

	assert_int_equal(rest_do(&answer, &ctx, call), OK);
	return answer;
}

static struct rest_answer get_ok(const char *path)
{
	struct rest_call call = get(path);

	return call_ok(&call);
}

static void get_fails(const char *path, enum err e)
{
	struct rest_call call = get(path);
	struct rest_answer answer = {.status = 42};

	assert_int_equal(rest_do(&answer, &ctx, &call), e);
	assert_int_equal(answer.status, 42);
}

/* A header of the last request, in memory of the context; NULL if it is absent. */
static const char *sent_header(const char *name)
{
	const char *line = arena_printf(ctx.arena, "\r\n%s: ", name), *value;
	char *copy = NULL;

	assert_non_null(line);
	pthread_mutex_lock(&server.lock);
	value = strstr(server.last, line);
	if (value) {
		value += strlen(line);
		copy = arena_strndup(ctx.arena, value, strcspn(value, "\r"));
	}
	pthread_mutex_unlock(&server.lock);
	return copy;
}

static bool sent(const char *text)
{
	bool found;

	pthread_mutex_lock(&server.lock);
	found = strstr(server.last, text) != NULL;
	pthread_mutex_unlock(&server.lock);
	return found;
}

/* ---- answers ---- */

static void test_answer_has_status_and_body(void **state)
{
	struct rest_answer answer = get_ok("/ok");

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "{\"ok\":true}");
	assert_int_equal(answer.len, 11);
}

static void test_any_status_is_ok(void **state)
{
	(void)state;
	assert_int_equal(get_ok("/conflict").status, 409);
	assert_string_equal(get_ok("/conflict").body, "{}");
	assert_int_equal(get_ok("/nowhere").status, 404);
}

static void test_empty_answer_has_empty_body(void **state)
{
	struct rest_answer answer = get_ok("/empty");

	(void)state;
	assert_int_equal(answer.status, 204);
	assert_string_equal(answer.body, "");
	assert_int_equal(answer.len, 0);
}

static void test_chunked_answer_is_complete(void **state)
{
	(void)state;
	assert_string_equal(get_ok("/chunked").body, "[1,2,34]");
}

static void test_large_answer_is_complete(void **state)
{
	struct rest_answer answer = get_ok("/large");

	(void)state;
	assert_int_equal(answer.len, LARGE_SIZE);
	assert_int_equal(strlen(answer.body), LARGE_SIZE);
	assert_memory_equal(answer.body + LARGE_SIZE - 16, "0123456789abcdef", 16);
}

static void test_earlier_answers_stay_valid(void **state)
{
	struct rest_answer first = get_ok("/ok"), second = get_ok("/chunked");

	(void)state;
	assert_string_equal(first.body, "{\"ok\":true}");
	assert_string_equal(second.body, "[1,2,34]");
}

static void test_redirect_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(get_ok("/redirect").status, 302);
}

/* ---- failures ---- */

static void test_slow_answer_times_out(void **state)
{
	struct rest_call call = get("/slow");
	int64_t begin = clock_mono_ms();
	struct rest_answer answer;

	(void)state;
	call.timeout_ms = BRIEF_MS;
	assert_int_equal(rest_do(&answer, &ctx, &call), ERR_TIMEOUT);
	assert_in_range(clock_mono_ms() - begin, BRIEF_MS - 1, FAR_MS / 2);
}

static void test_deadline_limits_call(void **state)
{
	int64_t begin = clock_mono_ms();

	(void)state;
	ctx.deadline = begin + BRIEF_MS;
	get_fails("/slow", ERR_TIMEOUT);
	assert_true(clock_mono_ms() - begin < FAR_MS / 2);
}

static void test_no_call_after_deadline(void **state)
{
	int requests = server.requests;

	(void)state;
	ctx.deadline = clock_mono_ms();
	get_fails("/ok", ERR_TIMEOUT);
	assert_int_equal(server.requests, requests);
}

static void test_refused_connection_is_unavailable(void **state)
{
	int fd = bind_loopback(base_url); /* no process listens there */

	(void)state;
	get_fails("/ok", ERR_UNAVAILABLE);
	close(fd);
}

static void test_broken_answer_is_unavailable(void **state)
{
	static const char *const paths[] = {"/cut", "/garbage", "/huge"};

	(void)state;
	for (size_t i = 0; i < N(paths); i++)
		get_fails(paths[i], ERR_UNAVAILABLE);
	assert_int_equal(get_ok("/ok").status, 200);
}

static void test_only_http_is_supported(void **state)
{
	(void)state;
	snprintf(base_url, sizeof base_url, "file://");
	get_fails("/etc/hostname", ERR_UNAVAILABLE);
}

/* ---- requests ---- */

static void test_call_has_span_in_trace(void **state)
{
	const char *first, *second;

	(void)state;
	get_ok("/ok");
	assert_string_equal(sent_header("X-Request-ID"), "req-1");
	first = sent_header("traceparent");
	get_ok("/ok");
	second = sent_header("traceparent");
	assert_int_equal(strlen(first), TRACEPARENT_LEN);
	assert_memory_equal(first, "00-" TRACE_ID "-", 36);
	assert_string_equal(first + 52, "-01");
	assert_int_equal(strspn(first + 36, "0123456789abcdef"), 16);
	assert_memory_not_equal(first + 36, SPAN_ID, 16);
	assert_memory_equal(second, first, 36);
	assert_string_not_equal(second, first);
	/* The context itself is unchanged. */
	assert_string_equal(ctx.traceparent, "00-" TRACE_ID "-" SPAN_ID "-01");
}

static void test_calls_share_a_service_token(void **state)
{
	struct token token;
	const char *first;

	(void)state;
	get_ok("/ok");
	first = sent_header("Authorization");
	assert_memory_equal(first, "Bearer ", 7);
	assert_int_equal(token_verify(&token, first + 7), OK);
	assert_int_equal(token.role, ROLE_SERVICE);
	assert_string_equal(token.user_id, "service");
	/* A token is valid for a minute, and is replaced when half of that is left. */
	assert_in_range(token.expires, clock_now_ms() / 1000 + 30, clock_now_ms() / 1000 + 60);
	get_ok("/ok");
	assert_string_equal(sent_header("Authorization"), first);
}

/* A process of the previous version accepts only JWT_SECRET, and answers 401 to other tokens. */
static void test_rejected_token_is_retried_with_compat_token(void **state)
{
	struct rest_answer answer;
	struct rest_call call = {"POST", "/only-before", "{}", FAR_MS};
	struct token token;
	int before = server.requests;

	(void)state;
	assert_int_equal(rest_do(&answer, &ctx, &call), OK);
	assert_int_equal(answer.status, 200);
	assert_int_equal(server.requests, before + 2);
	assert_true(sent("\r\n\r\n{}"));
	token_compat = false;
	assert_int_equal(token_verify(&token, sent_header("Authorization") + 7), ERR_TOKEN);
	/* The next version doesn't retry. */
	assert_int_equal(rest_do(&answer, &ctx, &call), OK);
	assert_int_equal(answer.status, 401);
	assert_int_equal(server.requests, before + 3);
	token_compat = true;
	assert_int_equal(token_verify(&token, sent_header("Authorization") + 7), OK);
}

static void test_rejected_compat_token_ends_retries(void **state)
{
	struct rest_answer answer;
	struct rest_call call = {"GET", "/nobody", NULL, FAR_MS};
	int before = server.requests;

	(void)state;
	assert_int_equal(rest_do(&answer, &ctx, &call), OK);
	assert_int_equal(answer.status, 401);
	assert_int_equal(server.requests, before + 2);
}

static void test_token_outlives_request(void **state)
{
	struct token token;

	(void)state;
	get_ok("/ok");
	arena_reset(ctx.arena);
	get_ok("/ok");
	assert_int_equal(token_verify(&token, sent_header("Authorization") + 7), OK);
}

static void test_body_is_sent_as_json(void **state)
{
	const struct rest_call call = {"POST", "/ok?x=1", "{\"status\":\"PLACED\"}", FAR_MS};

	(void)state;
	call_ok(&call);
	assert_true(sent("POST /ok?x=1 HTTP/1.1\r\n"));
	assert_true(sent("\r\n\r\n{\"status\":\"PLACED\"}"));
	assert_string_equal(sent_header("Content-Type"), "application/json");
	assert_null(sent_header("Expect"));
}

static void test_long_body_needs_no_continue(void **state)
{
	char body[8000];
	struct rest_call call = {"PUT", "/ok", body, FAR_MS};

	(void)state;
	memset(body, ' ', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	call_ok(&call);
	assert_true(sent("PUT /ok HTTP/1.1\r\n"));
	assert_string_equal(sent_header("Content-Length"), "7999");
	assert_null(sent_header("Expect"));
}

static void test_call_does_not_reuse_last_body(void **state)
{
	const struct rest_call post = {"POST", "/ok", "{}", FAR_MS};
	const struct rest_call delete = {"DELETE", "/ok", NULL, FAR_MS};

	(void)state;
	call_ok(&post);
	get_ok("/ok");
	assert_true(sent("GET /ok HTTP/1.1\r\n"));
	assert_null(sent_header("Content-Length"));
	assert_null(sent_header("Content-Type"));
	call_ok(&delete);
	assert_true(sent("DELETE /ok HTTP/1.1\r\n"));
	assert_null(sent_header("Content-Length"));
}

/* ---- connections ---- */

static void test_connection_is_reused(void **state)
{
	int connections;

	(void)state;
	get_ok("/ok");
	connections = server.connections;
	for (int i = 0; i < 10; i++)
		get_ok(i % 2 ? "/large" : "/conflict");
	assert_int_equal(server.connections, connections);
}

static void test_closed_connection_is_replaced(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(get_ok("/close").status, 200);
}

static void *call_in_thread(void *arg)
{
	struct ctx own = ctx;
	struct rest_call call = get("/ok");
	struct rest_answer answer;

	own.arena = arena_new(1 << 20);
	if (!own.arena)
		return NULL;
	for (int i = 0; i < 20; i++) {
		if (rest_do(&answer, &own, &call) || answer.status != 200)
			arg = NULL;
		arena_reset(own.arena);
	}
	rest_thread_end();
	arena_free(own.arena);
	return arg;
}

static void test_threads_have_own_connections(void **state)
{
	int connections, done;
	pthread_t threads[4];
	void *succeeded;

	(void)state;
	get_ok("/ok");
	connections = server.connections;
	for (size_t i = 0; i < N(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_in_thread, &done), 0);
	for (size_t i = 0; i < N(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &succeeded), 0);
		assert_ptr_equal(succeeded, &done);
	}
	get_ok("/ok");
	assert_int_equal(server.connections, connections + (int)N(threads));
}

static void test_thread_end_without_calls_is_safe(void **state)
{
	(void)state;
	rest_thread_end();
	rest_thread_end();
	assert_int_equal(get_ok("/ok").status, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_work, end_work)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_answer_has_status_and_body),
	    TEST(test_any_status_is_ok),
	    TEST(test_empty_answer_has_empty_body),
	    TEST(test_chunked_answer_is_complete),
	    TEST(test_large_answer_is_complete),
	    TEST(test_earlier_answers_stay_valid),
	    TEST(test_redirect_is_not_followed),
	    TEST(test_slow_answer_times_out),
	    TEST(test_deadline_limits_call),
	    TEST(test_no_call_after_deadline),
	    TEST(test_refused_connection_is_unavailable),
	    TEST(test_broken_answer_is_unavailable),
	    TEST(test_only_http_is_supported),
	    TEST(test_call_has_span_in_trace),
	    TEST(test_calls_share_a_service_token),
	    TEST(test_rejected_token_is_retried_with_compat_token),
	    TEST(test_rejected_compat_token_ends_retries),
	    TEST(test_token_outlives_request),
	    TEST(test_body_is_sent_as_json),
	    TEST(test_long_body_needs_no_continue),
	    TEST(test_call_does_not_reuse_last_body),
	    TEST(test_connection_is_reused),
	    TEST(test_closed_connection_is_replaced),
	    TEST(test_threads_have_own_connections),
	    TEST(test_thread_end_without_calls_is_safe),
	};

	return cmocka_run_group_tests(tests, init, end);
}
