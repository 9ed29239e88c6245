#include "request.h"
#include "route_metrics.h"

#define USER "65f0c0ffee0123456789abcd"
#define OBJECT                                                                          \
	"\"loc\":[\"body\"],\"msg\":\"Input should be a valid dictionary or object to " \
	"extract fields from\"}]}"

/* ---- a service ---- */

struct thing_in {
	bson_oid_t thing_id;
	const char *name;
	int64_t n, limit;
};

static const struct field make_fields[] = {
    {FIELD(struct thing_in, name), .min = 1},
    {FIELD(struct thing_in, n), .min = 1, .max = 99},
};
static const struct shape make_in = SHAPE(struct thing_in, make_fields);

static const struct field change_fields[] = {
    {FIELD(struct thing_in, thing_id), .from = FROM_PATH, .unknown = ERR_ITEM_NOT_FOUND},
    {FIELD(struct thing_in, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 9},
    {FIELD(struct thing_in, name), .min = 1},
};
static const struct shape change_in = SHAPE(struct thing_in, change_fields);

static int runs; /* of handlers */

static enum err reply_hello(struct req *rq)
{
	runs++;
	return req_message(rq, "hello");
}

static enum err reply_name(struct req *rq)
{
	const struct thing_in *in = req_input(rq);

	runs++;
	return req_message(rq, in->name);
}

static enum err reply_in_other_type(struct req *rq)
{
	enum err e = req_header(rq, "X-Accel-Redirect", "/elsewhere");

	return e ? e : req_reply_as(rq, "text/plain", "hello", 5);
}

static enum err fail_after_other_type(struct req *rq)
{
	return reply_in_other_type(rq) ? ERR_INTERNAL : ERR_FORBIDDEN;
}

static enum err return_store_error(struct req *rq)
{
	(void)rq;
	return ERR_NO_DOCUMENT;
}

static struct route health[] = {
    {GET, "/health", ROUTE_PUBLIC, NULL, reply_hello},
    {GET, "/things", ROUTE_PUBLIC, NULL, reply_hello},
    {GET, "/internal/things", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, reply_hello},
};

static struct route things[] = {
    {POST, "/things", ROUTE_PUBLIC, &make_in, reply_name},
    {DELETE, "/things", ROLE_ADMIN, NULL, reply_hello},
    {PUT, "/things/{thing_id}", ROUTE_PUBLIC, &change_in, reply_name},
    {GET, "/broken", ROUTE_PUBLIC, NULL, return_store_error},
    {GET, "/plain", ROUTE_PUBLIC, NULL, reply_in_other_type},
    {GET, "/plain-broken", ROUTE_PUBLIC, NULL, fail_after_other_type},
};

static struct routes tables[] = {ROUTES(health), ROUTES(things)};
static const struct service_state service = {.routes = tables, .n_tables = 2};

static int begin(void **state)
{
	(void)state;
	runs = 0;
	calls_begin(&service);
	return 0;
}

static int end(void **state)
{
	(void)state;
	calls_end();
	return 0;
}

/* ---- the route ---- */

static void test_handler_of_route_runs(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/things"});
	assert_answer(200, "{\"message\":\"hello\"}");
	assert_int_equal(calls.answer->n_headers, 0);
	assert_int_equal(runs, 1);
}

static void test_unknown_path_is_404(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/nothing"});
	assert_error(404, "Not Found", "not_found");
	call(&(struct call){"GET", "/things/"});
	assert_error(404, "Not Found", "not_found");
	assert_null(header("Allow"));
}

static void test_allow_lists_methods_of_all_tables(void **state)
{
	(void)state;
	call(&(struct call){"PATCH", "/things"});
	assert_error(405, "Method Not Allowed", "method_not_allowed");
	assert_string_equal(header("Allow"), "GET, HEAD, POST, DELETE");
	call(&(struct call){"DELETE", "/health"});
	assert_int_equal(calls.answer->status, 405);
	assert_string_equal(header("Allow"), "GET, HEAD");
	call(&(struct call){"GET", "/things/" USER});
	assert_int_equal(calls.answer->status, 405);
	assert_string_equal(header("Allow"), "PUT");
}

static void test_later_table_is_searched(void **state)
{
	(void)state;
	call(&(struct call){"DELETE", "/things", .token = token_for(USER, ROLE_ADMIN)});
	assert_answer(200, "{\"message\":\"hello\"}");
}

static void test_head_is_get_without_body(void **state)
{
	(void)state;
	call(&(struct call){"HEAD", "/things"});
	assert_int_equal(calls.answer->status, 200);
	assert_true(calls.answer->head);
	assert_int_equal(calls.answer->len, strlen("{\"message\":\"hello\"}"));
	call(&(struct call){"HEAD", "/things/x"});
	assert_int_equal(calls.answer->status, 405);
	assert_true(calls.answer->head);
	call(&(struct call){"GET", "/things"});
	assert_false(calls.answer->head);
}

static void test_answer_may_have_other_type(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/plain"});
	assert_answer(200, "hello");
	assert_string_equal(calls.answer->type, "text/plain");
	assert_string_equal(header("X-Accel-Redirect"), "/elsewhere");
	call(&(struct call){"GET", "/things"});
	assert_null(calls.answer->type);
	/* An error is JSON, also after the handler has set another type. */
	call(&(struct call){"GET", "/plain-broken"});
	assert_error(403, "Forbidden", "forbidden");
	assert_null(calls.answer->type);
}

static void test_internal_route_is_404_on_public_listener(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/internal/things"});
	assert_error(404, "Not Found", "not_found");
	/* A client's header can't set a parameter of nginx. */
	call(&(struct call){"GET", "/internal/things", .params = {"HTTP_LISTENER=internal"}});
	assert_error(404, "Not Found", "not_found");
	assert_int_equal(runs, 0);
	call(&(struct call){"GET", "/internal/things", .params = {"LISTENER=internal"}});
	assert_answer(200, "{\"message\":\"hello\"}");
}

static void test_missing_method_or_path_is_an_error(void **state)
{
	(void)state;
	call(&(struct call){NULL, NULL});
	assert_error(400, "Bad Request", "bad_request");
	call(&(struct call){NULL, "/things"});
	assert_int_equal(calls.answer->status, 405);
}

/* ---- the body ---- */

static void test_json_body_is_read(void **state)
{
	static const char *const types[] = {
	    "CONTENT_TYPE=application/json",
	    "CONTENT_TYPE=application/json; charset=utf-8",
	    "CONTENT_TYPE=Application/JSON",
	    "CONTENT_TYPE=application/json;x=y",
	    "CONTENT_TYPE=",
	    NULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
				    .params = {types[i]}});
		assert_answer(200, "{\"message\":\"a\"}");
	}
}

static void test_other_media_types_are_415(void **state)
{
	static const char *const types[] = {
	    "CONTENT_TYPE=text/plain",           "CONTENT_TYPE=application/jsonp",
	    "CONTENT_TYPE=application/xml",      "CONTENT_TYPE=application",
	    "CONTENT_TYPE=application/json,a/b", "CONTENT_TYPE= application/json",
	    "CONTENT_TYPE=multipart/form-data",
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
				    .params = {types[i]}});
		assert_error(415, "Unsupported media type", "unsupported_media_type");
	}
	assert_int_equal(calls.reads, 0);
}

static void test_byte_order_mark_is_skipped(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF{\"name\":\"a\",\"n\":1.0}"});
	assert_answer(200, "{\"message\":\"a\"}");
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF"});
	assert_answer(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":"
			   "\"Field required\"}]}");
	/* Only one is skipped, at the beginning. */
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF\xEF\xBB\xBF{}"});
	assert_answer(422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",\"3\"],"
			   "\"msg\":\"JSON decode error: unexpected character\"}]}");
	call(&(struct call){"POST", "/things", .body = " \xEF\xBB\xBF{}"});
	assert_int_equal(calls.answer->status, 422);
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB{}"});
	assert_int_equal(calls.answer->status, 422);
}

static void test_content_coding_is_415(void **state)
{
	static const char *const codings[] = {
	    "HTTP_CONTENT_ENCODING=gzip",           "HTTP_CONTENT_ENCODING=br",
	    "HTTP_CONTENT_ENCODING=x-gzip",         "HTTP_CONTENT_ENCODING=deflate",
	    "HTTP_CONTENT_ENCODING=identity, gzip", "HTTP_CONTENT_ENCODING=identityx",
	};

	(void)state;
	for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
		call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
				    .params = {codings[i]}});
		assert_error(415, "Unsupported media type", "unsupported_media_type");
		assert_string_equal(header("Accept-Encoding"), "identity");
	}
	call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
			    .params = {"HTTP_CONTENT_ENCODING=identity",
				       "HTTP_CONTENT_ENCODING=gzip"}});
	assert_error(415, "Unsupported media type", "unsupported_media_type");
	assert_int_equal(calls.reads, 0);
	call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
			    .params = {"HTTP_CONTENT_ENCODING=Identity"}});
	assert_answer(200, "{\"message\":\"a\"}");
}

static void test_invalid_content_length_is_refused(void **state)
{
	static const struct {
		const char *param;
		int status;
	} cases[] = {
	    {"CONTENT_LENGTH=x", 400},
	    {"CONTENT_LENGTH=-1", 400},
	    {"CONTENT_LENGTH=+18", 400},
	    {"CONTENT_LENGTH=18x", 400},
	    {"CONTENT_LENGTH= 18", 400},
	    {"CONTENT_LENGTH=0x12", 400},
	    {"CONTENT_LENGTH=18,18", 400},
	    {"CONTENT_LENGTH=4097", 413},
	    {"CONTENT_LENGTH=4294967314", 413},
	    {"CONTENT_LENGTH=18446744073709551634", 413},
	    {"CONTENT_LENGTH=99999999999999999999999999999999", 413},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
				    .params = {cases[i].param}});
		assert_int_equal(calls.answer->status, cases[i].status);
		assert_int_equal(calls.reads, 0);
	}
	assert_error(413, "Request body too large", "request_body_too_large");
	assert_int_equal(runs, 0);
}

static void test_public_body_may_have_4_kib(void **state)
{
	static char body[BODY_PUBLIC_MAX + 1];
	static const char head[] = "{\"n\":1,\"name\":\"", tail[] = "\"}";

	(void)state;
	memset(body, 'a', BODY_PUBLIC_MAX);
	memcpy(body, head, sizeof head - 1);
	memcpy(body + BODY_PUBLIC_MAX - (sizeof tail - 1), tail, sizeof tail);
	call(&(struct call){"POST", "/things", .body = body});
	assert_int_equal(calls.answer->status, 200);
	assert_int_equal(strlen(body), 4096);
}

/* The connection broke: the part that arrived isn't parsed. */
static void test_truncated_body_is_400(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
			    .params = {"CONTENT_LENGTH=19"}});
	assert_error(400, "Bad Request", "bad_request");
	call(&(struct call){"POST", "/things", .params = {"CONTENT_LENGTH=1"}});
	assert_error(400, "Bad Request", "bad_request");
}

static void test_missing_body_is_422(void **state)
{
	static const char *const lengths[] = {NULL, "CONTENT_LENGTH=0"};

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		call(&(struct call){"POST", "/things", .params = {lengths[i]}});
		assert_answer(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],"
				   "\"msg\":\"Field required\"}]}");
	}
}

static void test_json_error_has_position(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "{\"name\": a}"});
	assert_answer(422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",\"9\"],"
			   "\"msg\":\"JSON decode error: unexpected character\"}]}");
	call(&(struct call){"POST", "/things", .body = "{\"n\":1,\"n\":2}"});
	assert_answer(422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",\"7\"],"
			   "\"msg\":\"JSON decode error: a name is given twice\"}]}");
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF{\"n\":"});
	assert_answer(422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",\"8\"],"
			   "\"msg\":\"JSON decode error: unexpected end\"}]}");
	call(&(struct call){"POST", "/things", .body = "{\"n\":1}}"});
	assert_int_equal(calls.answer->status, 422);
	assert_int_equal(runs, 0);
}

static void test_body_must_be_an_object(void **state)
{
	static const char *const bodies[] = {"[]", "null", "5", "\"name\"", "true", " [{}] "};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		call(&(struct call){"POST", "/things", .body = bodies[i]});
		assert_answer(422, "{\"detail\":[{\"type\":\"model_attributes_type\"," OBJECT);
	}
}

static void test_unused_body_is_not_read(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/things", .body = "not JSON",
			    .params = {"CONTENT_TYPE=text/plain"}});
	assert_int_equal(calls.answer->status, 200);
	assert_int_equal(calls.reads, 0);
}

/* ---- the input ---- */

static void test_all_validation_errors_are_listed(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "{\"n\":100}"});
	assert_answer(422,
		      "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"name\"],\"msg\":"
		      "\"Field required\"},{\"type\":\"less_than_equal\",\"loc\":[\"body\",\"n\"],"
		      "\"msg\":\"Input should be less than or equal to 99\"}]}");
	assert_int_equal(runs, 0);
}

static void test_validation_covers_path_query_and_body(void **state)
{
	(void)state;
	call(&(struct call){"PUT", "/things/x", .query = "limit=0", .body = "{}"});
	assert_answer(
	    422, "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"limit\"],"
		 "\"msg\":\"Input should be greater than or equal to 1\"},{\"type\":\"missing\","
		 "\"loc\":[\"body\",\"name\"],\"msg\":\"Field required\"}]}");
	call(&(struct call){"PUT", "/things/" USER, .query = "limit=%zz",
			    .body = "{\"name\":\"a\"}"});
	assert_answer(422, "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"query\",\"limit\"],"
			   "\"msg\":\"Input should be a valid integer\"}]}");
}

static void test_malformed_id_is_404(void **state)
{
	(void)state;
	call(&(struct call){"PUT", "/things/x", .body = "{\"name\":\"a\"}"});
	assert_error(404, "Item not found", "item_not_found");
	call(
	    &(struct call){"PUT", "/things/" USER, .query = "limit=9", .body = "{\"name\":\"a\"}"});
	assert_answer(200, "{\"message\":\"a\"}");
}

/* ---- errors and counters ---- */

static void test_unmapped_store_error_is_500(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/broken"});
	assert_error(500, "Internal Server Error", "internal_server_error");
}

static void test_answers_are_counted_by_route(void **state)
{
	static const struct routes table = {things, 1};
	static const char good[] = "route=\"/things\",status=\"200\"} 1\n";
	static const char bad[] = "route=\"/things\",status=\"422\"} 2\n";
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	routes_register(&table, 1);
	call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}"});
	call(&(struct call){"POST", "/things", .body = "{}"});
	call(&(struct call){"POST", "/things"});
	routes_print_metrics(&table, 1, out);
	fclose(out);
	assert_non_null(strstr(text, good));
	assert_non_null(strstr(text, bad));
	free(text);
}

/* ---- main ---- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

static const struct CMUnitTest tests[] = {
    TEST(test_handler_of_route_runs),
    TEST(test_unknown_path_is_404),
    TEST(test_allow_lists_methods_of_all_tables),
    TEST(test_later_table_is_searched),
    TEST(test_head_is_get_without_body),
    TEST(test_answer_may_have_other_type),
    TEST(test_internal_route_is_404_on_public_listener),
    TEST(test_missing_method_or_path_is_an_error),
    TEST(test_json_body_is_read),
    TEST(test_other_media_types_are_415),
    TEST(test_byte_order_mark_is_skipped),
    TEST(test_content_coding_is_415),
    TEST(test_invalid_content_length_is_refused),
    TEST(test_public_body_may_have_4_kib),
    TEST(test_truncated_body_is_400),
    TEST(test_missing_body_is_422),
    TEST(test_json_error_has_position),
    TEST(test_body_must_be_an_object),
    TEST(test_unused_body_is_not_read),
    TEST(test_all_validation_errors_are_listed),
    TEST(test_validation_covers_path_query_and_body),
    TEST(test_malformed_id_is_404),
    TEST(test_unmapped_store_error_is_500),
    TEST(test_answers_are_counted_by_route),
};

int main(void)
{
	log_init("test", LOG_ERROR);
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", ""))
		return 1;
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
