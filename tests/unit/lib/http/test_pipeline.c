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

static enum err say_hello(struct req *rq)
{
	runs++;
	return req_message(rq, "hello");
}

static enum err say_name(struct req *rq)
{
	const struct thing_in *in = req_input(rq);

	runs++;
	return req_message(rq, in->name);
}

static enum err say_in_another_type(struct req *rq)
{
	enum err e = req_header(rq, "X-Accel-Redirect", "/elsewhere");

	return e ? e : req_reply_as(rq, "text/plain", "hello", 5);
}

static enum err fail_after_another_type(struct req *rq)
{
	return say_in_another_type(rq) ? ERR_INTERNAL : ERR_FORBIDDEN;
}

static enum err forget_the_store(struct req *rq)
{
	(void)rq;
	return ERR_NO_DOCUMENT;
}

static struct route health[] = {
    {GET, "/health", ROUTE_PUBLIC, NULL, say_hello},
    {GET, "/things", ROUTE_PUBLIC, NULL, say_hello},
    {GET, "/internal/things", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, say_hello},
};

static struct route things[] = {
    {POST, "/things", ROUTE_PUBLIC, &make_in, say_name},
    {DELETE, "/things", ROLE_ADMIN, NULL, say_hello},
    {PUT, "/things/{thing_id}", ROUTE_PUBLIC, &change_in, say_name},
    {GET, "/broken", ROUTE_PUBLIC, NULL, forget_the_store},
    {GET, "/plain", ROUTE_PUBLIC, NULL, say_in_another_type},
    {GET, "/plain-broken", ROUTE_PUBLIC, NULL, fail_after_another_type},
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

static void runs_the_handler_of_the_route(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/things"});
	assert_answer(200, "{\"message\":\"hello\"}");
	assert_int_equal(calls.answer->n_headers, 0);
	assert_int_equal(runs, 1);
}

static void answers_an_unknown_path_with_404(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/nothing"});
	assert_error(404, "Not Found", "not_found");
	call(&(struct call){"GET", "/things/"});
	assert_error(404, "Not Found", "not_found");
	assert_null(header("Allow"));
}

static void names_the_methods_of_all_tables(void **state)
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

static void a_method_of_a_later_table_is_found(void **state)
{
	(void)state;
	call(&(struct call){"DELETE", "/things", .token = token_for(USER, ROLE_ADMIN)});
	assert_answer(200, "{\"message\":\"hello\"}");
}

static void answers_head_as_get_without_its_body(void **state)
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

static void an_answer_may_be_of_another_type_than_json(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/plain"});
	assert_answer(200, "hello");
	assert_string_equal(calls.answer->type, "text/plain");
	assert_string_equal(header("X-Accel-Redirect"), "/elsewhere");
	call(&(struct call){"GET", "/things"});
	assert_null(calls.answer->type);
	/* An error is JSON whatever was about to be said. */
	call(&(struct call){"GET", "/plain-broken"});
	assert_error(403, "Forbidden", "forbidden");
	assert_null(calls.answer->type);
}

static void hides_internal_routes_from_outside(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/internal/things"});
	assert_error(404, "Not Found", "not_found");
	/* A header can't pretend to be what nginx alone says. */
	call(&(struct call){"GET", "/internal/things", .params = {"HTTP_LISTENER=internal"}});
	assert_error(404, "Not Found", "not_found");
	assert_int_equal(runs, 0);
	call(&(struct call){"GET", "/internal/things", .params = {"LISTENER=internal"}});
	assert_answer(200, "{\"message\":\"hello\"}");
}

static void survives_a_request_without_method_or_path(void **state)
{
	(void)state;
	call(&(struct call){NULL, NULL});
	assert_error(400, "Bad Request", "bad_request");
	call(&(struct call){NULL, "/things"});
	assert_int_equal(calls.answer->status, 405);
}

/* ---- the body ---- */

static void reads_a_json_body(void **state)
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

static void refuses_other_media_types(void **state)
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

static void skips_a_byte_order_mark(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF{\"name\":\"a\",\"n\":1.0}"});
	assert_answer(200, "{\"message\":\"a\"}");
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF"});
	assert_answer(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":"
			   "\"Field required\"}]}");
	/* One, and at the beginning. */
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB\xBF\xEF\xBB\xBF{}"});
	assert_answer(422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",\"3\"],"
			   "\"msg\":\"JSON decode error: unexpected character\"}]}");
	call(&(struct call){"POST", "/things", .body = " \xEF\xBB\xBF{}"});
	assert_int_equal(calls.answer->status, 422);
	call(&(struct call){"POST", "/things", .body = "\xEF\xBB{}"});
	assert_int_equal(calls.answer->status, 422);
}

static void refuses_a_coded_body(void **state)
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

static void refuses_lengths_that_are_no_number_or_too_large(void **state)
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

static void takes_a_body_of_4_kib_from_anyone(void **state)
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

/* The connection broke: what came isn't taken for what was meant. */
static void refuses_a_body_that_is_cut_short(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "{\"name\":\"a\",\"n\":1}",
			    .params = {"CONTENT_LENGTH=19"}});
	assert_error(400, "Bad Request", "bad_request");
	call(&(struct call){"POST", "/things", .params = {"CONTENT_LENGTH=1"}});
	assert_error(400, "Bad Request", "bad_request");
}

static void says_that_the_body_is_missing(void **state)
{
	static const char *const lengths[] = {NULL, "CONTENT_LENGTH=0"};

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		call(&(struct call){"POST", "/things", .params = {lengths[i]}});
		assert_answer(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],"
				   "\"msg\":\"Field required\"}]}");
	}
}

static void says_where_the_json_is_malformed(void **state)
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

static void wants_an_object(void **state)
{
	static const char *const bodies[] = {"[]", "null", "5", "\"name\"", "true", " [{}] "};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		call(&(struct call){"POST", "/things", .body = bodies[i]});
		assert_answer(422, "{\"detail\":[{\"type\":\"model_attributes_type\"," OBJECT);
	}
}

static void reads_no_body_that_the_route_does_not_want(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/things", .body = "not JSON",
			    .params = {"CONTENT_TYPE=text/plain"}});
	assert_int_equal(calls.answer->status, 200);
	assert_int_equal(calls.reads, 0);
}

/* ---- the input ---- */

static void lists_every_wrong_field(void **state)
{
	(void)state;
	call(&(struct call){"POST", "/things", .body = "{\"n\":100}"});
	assert_answer(422,
		      "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"name\"],\"msg\":"
		      "\"Field required\"},{\"type\":\"less_than_equal\",\"loc\":[\"body\",\"n\"],"
		      "\"msg\":\"Input should be less than or equal to 99\"}]}");
	assert_int_equal(runs, 0);
}

static void lists_faults_of_path_query_and_body_together(void **state)
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

static void answers_a_malformed_id_as_an_unknown_one(void **state)
{
	(void)state;
	call(&(struct call){"PUT", "/things/x", .body = "{\"name\":\"a\"}"});
	assert_error(404, "Item not found", "item_not_found");
	call(
	    &(struct call){"PUT", "/things/" USER, .query = "limit=9", .body = "{\"name\":\"a\"}"});
	assert_answer(200, "{\"message\":\"a\"}");
}

/* ---- the run ---- */

static void a_stores_answer_that_nobody_turned_is_a_500(void **state)
{
	(void)state;
	call(&(struct call){"GET", "/broken"});
	assert_error(500, "Internal Server Error", "internal_server_error");
}

static void counts_answers_in_the_row(void **state)
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

/* ---- the program ---- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

static const struct CMUnitTest tests[] = {
    TEST(runs_the_handler_of_the_route),
    TEST(answers_an_unknown_path_with_404),
    TEST(names_the_methods_of_all_tables),
    TEST(a_method_of_a_later_table_is_found),
    TEST(answers_head_as_get_without_its_body),
    TEST(an_answer_may_be_of_another_type_than_json),
    TEST(hides_internal_routes_from_outside),
    TEST(survives_a_request_without_method_or_path),
    TEST(reads_a_json_body),
    TEST(refuses_other_media_types),
    TEST(skips_a_byte_order_mark),
    TEST(refuses_a_coded_body),
    TEST(refuses_lengths_that_are_no_number_or_too_large),
    TEST(takes_a_body_of_4_kib_from_anyone),
    TEST(refuses_a_body_that_is_cut_short),
    TEST(says_that_the_body_is_missing),
    TEST(says_where_the_json_is_malformed),
    TEST(wants_an_object),
    TEST(reads_no_body_that_the_route_does_not_want),
    TEST(lists_every_wrong_field),
    TEST(lists_faults_of_path_query_and_body_together),
    TEST(answers_a_malformed_id_as_an_unknown_one),
    TEST(a_stores_answer_that_nobody_turned_is_a_500),
    TEST(counts_answers_in_the_row),
};

int main(void)
{
	log_init("test", LOG_ERROR);
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", ""))
		return 1;
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
