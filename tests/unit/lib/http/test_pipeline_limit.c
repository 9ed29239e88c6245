/* The stage of the pipeline that counts an account's calls of limited routes. */
#include "request.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth.h"
#include "call_limit.h"

#define USER  "65f0c0ffee0123456789abcd"
#define OTHER "65f0c0ffee0123456789abce"

enum { LIMIT = 3 };

static enum err reply_done(struct req *rq)
{
	return req_message(rq, "done");
}

struct note_in {
	const char *text;
};

static const struct field note_fields[] = {{FIELD(struct note_in, text)}};
static const struct shape note_in = SHAPE(struct note_in, note_fields);

static struct route rows[] = {
    {POST, "/limited", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &note_in, reply_done,
     .flags = ROUTE_LIMITED},
    {DELETE, "/limited/too", ROLES_SHOPPER, NULL, reply_done, .flags = ROUTE_LIMITED},
    {DELETE, "/free", ROLES_SHOPPER, NULL, reply_done},
};
static const struct routes table = ROUTES(rows);
static const struct service_state service = {.routes = &table, .n_tables = 1};

static int begin(void **state)
{
	(void)state;
	auth_required = true;
	call_limit_init((int64_t[CALL_KINDS]){LIMIT, LIMIT});
	calls_begin(&service);
	return 0;
}

static int end(void **state)
{
	(void)state;
	calls_end();
	return 0;
}

static int status_of(const char *method, const char *path, const char *token)
{
	call(&(struct call){method, path, .token = token, .body = "{\"text\": \"a\"}"});
	return calls.answer->status;
}

static void test_limited_routes_share_the_limit(void **state)
{
	const char *token = token_for(USER, ROLE_CUSTOMER);

	(void)state;
	assert_int_equal(status_of("POST", "/limited", token), 200);
	assert_int_equal(status_of("DELETE", "/limited/too", token), 200);
	assert_int_equal(status_of("POST", "/limited", token), 200);
	assert_int_equal(status_of("DELETE", "/limited/too", token), 429);
	assert_error(429, "Too many requests", "too_many_requests");
	assert_in_range(strtoll(header("Retry-After"), NULL, 10), 1, 60);
	assert_int_equal(status_of("POST", "/limited", token), 429);
	assert_int_equal(calls.reads, 0);
	assert_int_equal(status_of("DELETE", "/free", token), 200);
	assert_int_equal(status_of("POST", "/limited", token_for(OTHER, ROLE_CUSTOMER)), 200);
}

/* Otherwise calls with an invalid body would be unlimited. */
static void test_invalid_call_counts(void **state)
{
	const char *token = token_for(USER, ROLE_CUSTOMER);

	(void)state;
	for (int i = 0; i < LIMIT; i++) {
		call(&(struct call){"POST", "/limited", .token = token, .body = "{}"});
		assert_int_equal(calls.answer->status, 422);
	}
	assert_int_equal(status_of("POST", "/limited", token), 429);
}

static void assert_not_limited(const char *token)
{
	for (int i = 0; i < 2 * LIMIT; i++)
		assert_int_equal(status_of("POST", "/limited", token), 200);
}

static void test_staff_is_exempt(void **state)
{
	(void)state;
	assert_not_limited(token_for(USER, ROLE_COURIER));
	assert_not_limited(token_for(USER, ROLE_ADMIN));
}

static void test_auth_off_has_no_limit(void **state)
{
	(void)state;
	auth_required = false;
	assert_not_limited(NULL);
	assert_not_limited(token_for(USER, ROLE_CUSTOMER));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_limited_routes_share_the_limit),
	    TEST(test_invalid_call_counts),
	    TEST(test_staff_is_exempt),
	    TEST(test_auth_off_has_no_limit),
	};

	log_init("test", LOG_ERROR);
	if (sodium_init() < 0 || token_init("0123456789abcdef0123456789abcdef"))
		return 1;
	return cmocka_run_group_tests_name("pipeline_limit", tests, NULL, NULL);
}
