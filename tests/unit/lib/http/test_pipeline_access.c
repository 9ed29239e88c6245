/* The access stage of the pipeline. */
#include "request.h"

#include "auth.h"

#define USER  "65f0c0ffee0123456789abcd"
#define OTHER "65f0c0ffee0123456789abce"

/* ---- a service ---- */

static int runs; /* of handlers */

/* Answers with the caller's user id. */
static enum err reply_user_id(struct req *rq)
{
	const struct token *token = req_token(rq);
	const char *user_id = req_user_id(rq);

	runs++;
	assert_true((token != NULL) == (user_id != NULL));
	return req_message(rq, user_id ? user_id : "nobody");
}

static enum err act_for_user(struct req *rq)
{
	enum err e = req_may_act_for(rq, USER);

	return e ? e : reply_user_id(rq);
}

struct note_in {
	const char *text;
};

static const struct field note_fields[] = {{FIELD(struct note_in, text)}};
static const struct shape note_in = SHAPE(struct note_in, note_fields);

static struct route rows[] = {
    {GET, "/open", ROUTE_PUBLIC, NULL, reply_user_id},
    {GET, "/mine", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, NULL, act_for_user},
    {PUT, "/staff", ROLE_COURIER | ROLE_SERVICE | ROUTE_AUTH_OPTIONAL, NULL, reply_user_id},
    {POST, "/admin", ROLE_ADMIN, &note_in, reply_user_id},
};

static const struct routes table = ROUTES(rows);
static const struct service_state service = {.routes = &table, .n_tables = 1};

static int begin(void **state)
{
	(void)state;
	runs = 0;
	auth_required = true;
	calls_begin(&service);
	return 0;
}

static int end(void **state)
{
	(void)state;
	calls_end();
	return 0;
}

/* ---- callers ---- */

static void assert_unauthorized(const char *detail, const char *code)
{
	assert_error(401, detail, code);
	assert_string_equal(header("WWW-Authenticate"), "Bearer");
	assert_int_equal(runs, 0);
}

static void test_token_identifies_caller(void **state)
{
	static const char *const schemes[] = {"Bearer", "bearer", "BEARER", "Bearer ",
					      "bEARER       "};
	const char *token = token_for(USER, ROLE_CUSTOMER);

	(void)state;
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		const char *line =
		    arena_printf(calls.arena, "HTTP_AUTHORIZATION=%s %s", schemes[i], token);

		call(&(struct call){"GET", "/mine", .params = {line}});
		assert_answer(200, "{\"message\":\"" USER "\"}");
	}
}

static void test_missing_token_is_401(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/mine"});
	assert_unauthorized("Missing token", "missing_token");
	call(&(struct call){"GET", "/mine", .params = {"HTTP_AUTHORIZATION="}});
	assert_unauthorized("Missing token", "missing_token");
}

static void test_other_authorization_schemes_are_401(void **state)
{
	static const char *const headers[] = {
	    "HTTP_AUTHORIZATION=Bearer",     "HTTP_AUTHORIZATION=Bearer ",
	    "HTTP_AUTHORIZATION=Basic dXNl", "HTTP_AUTHORIZATION=Bearer a b",
	    "HTTP_AUTHORIZATION=Bearera",    "HTTP_AUTHORIZATION=Bearer\ta",
	    "HTTP_AUTHORIZATION=Bearer \ta", "HTTP_AUTHORIZATION=Bearer  ",
	    "HTTP_AUTHORIZATION= Bearer a",  "HTTP_AUTHORIZATION=Bearer a,b",
	    "HTTP_AUTHORIZATION= ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		call(&(struct call){"GET", "/mine", .params = {headers[i]}});
		assert_unauthorized("Invalid token format", "invalid_token_format");
	}
}

static void test_invalid_tokens_are_401(void **state)
{
	const char *good = token_for(USER, ROLE_CUSTOMER), *expired = NULL;
	char *changed = arena_strndup(calls.arena, good, strlen(good));

	(void)state;
	changed[strlen(changed) / 2] ^= 1;
	assert_int_equal(token_sign(&expired, calls.arena, USER, ROLE_CUSTOMER, -1), OK);
	call(&(struct call){"GET", "/mine", .token = changed});
	assert_unauthorized("Invalid or expired token", "invalid_or_expired_token");
	call(&(struct call){"GET", "/mine", .token = expired});
	assert_unauthorized("Invalid or expired token", "invalid_or_expired_token");
	call(&(struct call){"GET", "/mine", .token = "x"});
	assert_unauthorized("Invalid or expired token", "invalid_or_expired_token");
}

/* The gateway and the service might use different ones. */
static void test_two_authorization_headers_are_400(void **state)
{
	const char *token = token_for(USER, ROLE_CUSTOMER);
	const char *line = arena_printf(calls.arena, "HTTP_AUTHORIZATION=Bearer %s", token);

	(void)state;
	call(&(struct call){"GET", "/mine", .token = token, .params = {line}});
	assert_error(400, "Bad Request", "bad_request");
	call(&(struct call){"GET", "/mine", .token = token, .params = {"HTTP_AUTHORIZATION="}});
	assert_error(400, "Bad Request", "bad_request");
	auth_required = false;
	call(&(struct call){"GET", "/mine", .token = token, .params = {line}});
	assert_error(400, "Bad Request", "bad_request");
	assert_int_equal(runs, 0);
}

static void test_role_must_be_in_row(void **state)
{
	static const struct {
		enum role role;
		const char *method, *path;
		int status;
	} cases[] = {
	    {ROLE_CUSTOMER, "GET", "/mine", 200},   {ROLE_COURIER, "GET", "/mine", 200},
	    {ROLE_ADMIN, "GET", "/mine", 200},      {ROLE_SERVICE, "GET", "/mine", 403},
	    {ROLE_CUSTOMER, "PUT", "/staff", 403},  {ROLE_COURIER, "PUT", "/staff", 200},
	    {ROLE_SERVICE, "PUT", "/staff", 403},   {ROLE_ADMIN, "PUT", "/staff", 403},
	    {ROLE_CUSTOMER, "POST", "/admin", 403},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		call(&(struct call){cases[i].method, cases[i].path,
				    .token = token_for(USER, cases[i].role)});
		assert_int_equal(calls.answer->status, cases[i].status);
		if (cases[i].status == 403)
			assert_error(403, "Forbidden", "forbidden");
	}
}

/* nginx sets LISTENER; a client's header of that name is HTTP_LISTENER. */
static void test_service_role_needs_internal_listener(void **state)
{
	static const struct {
		const char *method, *path, *listener;
		int status;
	} cases[] = {
	    {"PUT", "/staff", NULL, 403},
	    {"PUT", "/staff", "HTTP_LISTENER=internal", 403},
	    {"PUT", "/staff", "LISTENER=internal", 200},
	    {"GET", "/mine", "LISTENER=internal", 403},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		call(&(struct call){cases[i].method, cases[i].path,
				    .token = token_for(USER, ROLE_SERVICE),
				    .params = {cases[i].listener}});
		assert_int_equal(calls.answer->status, cases[i].status);
	}
}

static void test_caller_acts_only_for_itself(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/mine", .token = token_for(OTHER, ROLE_CUSTOMER)});
	assert_error(403, "Forbidden", "forbidden");
	call(&(struct call){"GET", "/mine", .token = token_for(OTHER, ROLE_ADMIN)});
	assert_error(403, "Forbidden", "forbidden");
	assert_int_equal(runs, 0);
}

static void test_public_route_ignores_token(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/open", .token = "x"});
	assert_answer(200, "{\"message\":\"nobody\"}");
}

static void test_auth_off_needs_no_token(void **state)
{
	(void)state;
	auth_required = false;
	call(&(struct call){"GET", "/mine"});
	assert_answer(200, "{\"message\":\"nobody\"}");
	call(&(struct call){"PUT", "/staff"});
	assert_answer(200, "{\"message\":\"nobody\"}");
}

static void test_auth_off_still_verifies_token(void **state)
{
	(void)state;
	auth_required = false;
	call(&(struct call){"GET", "/mine", .token = "x"});
	assert_unauthorized("Invalid or expired token", "invalid_or_expired_token");
	call(&(struct call){"GET", "/mine", .params = {"HTTP_AUTHORIZATION=Basic x"}});
	assert_unauthorized("Invalid token format", "invalid_token_format");
	call(&(struct call){"PUT", "/staff", .token = token_for(USER, ROLE_CUSTOMER)});
	assert_int_equal(calls.answer->status, 403);
	call(&(struct call){"GET", "/mine", .token = token_for(OTHER, ROLE_CUSTOMER)});
	assert_int_equal(calls.answer->status, 403);
	call(&(struct call){"POST", "/admin"}); /* not a published call */
	assert_int_equal(calls.answer->status, 401);
	assert_int_equal(runs, 0);
}

static void test_token_does_not_outlive_request(void **state)
{
	(void)state;
	auth_required = false;
	call(&(struct call){"GET", "/mine", .token = token_for(USER, ROLE_CUSTOMER)});
	assert_answer(200, "{\"message\":\"" USER "\"}");
	call(&(struct call){"GET", "/mine"});
	assert_answer(200, "{\"message\":\"nobody\"}");
}

static void test_body_is_read_after_authentication(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/admin", .body = "not JSON"});
	assert_int_equal(calls.answer->status, 401);
	call(&(struct call){"POST", "/admin", .params = {"CONTENT_LENGTH=999999"}});
	assert_int_equal(calls.answer->status, 401);
	assert_int_equal(calls.reads, 0);
}

/* ---- main ---- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

static const struct CMUnitTest tests[] = {
    TEST(test_token_identifies_caller),
    TEST(test_missing_token_is_401),
    TEST(test_other_authorization_schemes_are_401),
    TEST(test_invalid_tokens_are_401),
    TEST(test_two_authorization_headers_are_400),
    TEST(test_role_must_be_in_row),
    TEST(test_service_role_needs_internal_listener),
    TEST(test_caller_acts_only_for_itself),
    TEST(test_public_route_ignores_token),
    TEST(test_auth_off_needs_no_token),
    TEST(test_auth_off_still_verifies_token),
    TEST(test_token_does_not_outlive_request),
    TEST(test_body_is_read_after_authentication),
};

int main(void)
{
	log_init("test", LOG_ERROR);
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", ""))
		return 1;
	return cmocka_run_group_tests_name("pipeline_access", tests, NULL, NULL);
}
