/* What a handler reads of a request beside its input: parameters, headers and ids. */
#include "request.h"

/* The handler of the only route; each test sets one. */
static handler *handle;

static enum err delegate(struct req *rq)
{
	return handle(rq);
}

struct wish_in {
	const char *order_id, *note;
	struct money expected_total;
};

static const struct field wish_fields[] = {
    {FIELD(struct wish_in, order_id), .from = FROM_PATH},
    {FIELD(struct wish_in, note), .optional = true},
    {FIELD(struct wish_in, expected_total), .optional = true},
};
static const struct shape wish_in = SHAPE(struct wish_in, wish_fields);

static struct route rows[] = {
    {GET, "/x", ROUTE_PUBLIC, NULL, delegate},
    {POST, "/orders/{order_id}", ROUTE_PUBLIC, &wish_in, delegate},
};
static const struct routes table = ROUTES(rows);
static const struct service_state service = {.routes = &table, .n_tables = 1};

static int begin(void **state)
{
	(void)state;
	calls_begin(&service);
	return 0;
}

static int end(void **state)
{
	(void)state;
	calls_end();
	return 0;
}

/* ---- parameters ---- */

static enum err reply_header(struct req *rq)
{
	const char *value = req_param(rq, "HTTP_X_SOME");

	assert_null(req_param(rq, "HTTP_X"));
	return req_message(rq, value ? value : "none");
}

static void test_parameter_name_must_match_whole(void **state)
{
	(void)state;
	handle = reply_header;
	call(&(struct call){"GET", "/x", .params = {"HTTP_X_SOME=a=b", "HTTP_X_SOME=c"}});
	assert_answer(200, "{\"message\":\"a=b\"}");
	call(&(struct call){"GET", "/x"});
	assert_answer(200, "{\"message\":\"none\"}");
}

static enum err reply_single_header(struct req *rq)
{
	const char *value = "left over";
	enum err e = req_single_param(&value, rq, "HTTP_X_SOME");

	return e ? e : req_message(rq, value ? value : "none");
}

static void test_duplicate_header_is_400(void **state)
{
	static const char *const second[] = {"HTTP_X_SOME=a", "HTTP_X_SOME=b", "HTTP_X_SOME="};

	(void)state;
	handle = reply_single_header;
	call(&(struct call){"GET", "/x", .params = {"HTTP_X_SOME=a=b", "HTTP_X_SOMEONE=c"}});
	assert_answer(200, "{\"message\":\"a=b\"}");
	call(&(struct call){"GET", "/x", .params = {"HTTP_X_SOME="}});
	assert_answer(200, "{\"message\":\"\"}");
	call(&(struct call){"GET", "/x", .params = {"HTTP_X=a", "XHTTP_X_SOME=b"}});
	assert_answer(200, "{\"message\":\"none\"}");
	for (size_t i = 0; i < sizeof second / sizeof second[0]; i++) {
		call(&(struct call){"GET", "/x", .params = {"HTTP_X_SOME=a", second[i]}});
		assert_error(400, "Bad Request", "bad_request");
	}
}

/* ---- input as text ---- */

static enum err reply_input(struct req *rq)
{
	const char *text = req_input_text(rq);

	return req_reply_text(rq, text, strlen(text));
}

static void assert_input(const char *path, const char *body, const char *text)
{
	call(&(struct call){"POST", path, .body = body});
	assert_answer(200, text);
}

/* Has the known fields of path and body, in the shape's order. */
static void test_input_text_has_known_fields(void **state)
{
	(void)state;
	handle = reply_input;
	assert_input("/orders/1", "{}", "{\"order_id\":\"1\"}");
	assert_input("/orders/1", " {\"expected_total\":60.50,\"x\":[1],\"note\":\" \\u0061 \"}",
		     "{\"order_id\":\"1\",\"note\":\"a\",\"expected_total\":60.5}");
	assert_input("/orders/2", "{\"note\":null,\"expected_total\":0}",
		     "{\"order_id\":\"2\",\"expected_total\":0}");
}

static enum err reply_request_id(struct req *rq)
{
	return req_message(rq, req_ctx(rq)->request_id);
}

static void test_request_id_is_the_gateways(void **state)
{
	(void)state;
	handle = reply_request_id;
	call(&(struct call){"GET", "/x", .params = {"REQUEST_ID=abc.1"}});
	assert_answer(200, "{\"message\":\"abc.1\"}");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_parameter_name_must_match_whole),
	    TEST(test_duplicate_header_is_400),
	    TEST(test_input_text_has_known_fields),
	    TEST(test_request_id_is_the_gateways),
	};

	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests_name("req_params", tests, NULL, NULL);
}
