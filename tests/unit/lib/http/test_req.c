#include "request.h"

#define ID "65f0c0ffee0123456789abcd"

/* The handler of the only route; each test sets one. */
static handler *handle;

static enum err delegate(struct req *rq)
{
	return handle(rq);
}

struct page_in {
	int64_t limit;
	const char *after, *q, *user_id;
};

/* `q` isn't validated, so that characters which no header may have reach the link. */
static const struct field page_fields[] = {
    {FIELD(struct page_in, limit), .from = FROM_QUERY, .optional = true},
    {FIELD(struct page_in, after), .from = FROM_QUERY, .optional = true},
    {FIELD(struct page_in, q), .from = FROM_QUERY, .optional = true, .raw = true},
    {FIELD(struct page_in, user_id), .from = FROM_PATH},
};
static const struct shape page_in = {sizeof(struct page_in), page_fields, 3};
static const struct shape user_page_in = SHAPE(struct page_in, page_fields);

static struct route rows[] = {
    {GET, "/x", ROUTE_PUBLIC, NULL, delegate},
    {GET, "/list", ROUTE_PUBLIC, &page_in, delegate},
    {GET, "/orders/{user_id}", ROUTE_PUBLIC, &user_page_in, delegate},
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

static void get(handler *run)
{
	handle = run;
	call(&(struct call){"GET", "/x"});
}

/* ---- answers ---- */

struct item {
	const char *name;
	struct money price;
};

static const struct field item_fields[] = {
    {FIELD(struct item, name)},
    {FIELD(struct item, price)},
};
static const struct shape item_shape = SHAPE(struct item, item_fields);

static enum err reply_item(struct req *rq)
{
	return req_reply(rq, &item_shape, &(struct item){"a", {6050}});
}

static enum err reply_list(struct req *rq)
{
	struct item items[] = {{"a", {100}}, {"b", {5}}};

	return req_reply_list(rq, &item_shape, &(struct list){items, 2});
}

static enum err reply_nothing(struct req *rq)
{
	return req_reply_json(rq, NULL);
}

static enum err reply_text(struct req *rq)
{
	return req_reply_text(rq, "[1]", 3);
}

static void test_replies_have_struct_list_or_text(void **state)
{
	(void)state;
	get(reply_item);
	assert_answer(200, "{\"name\":\"a\",\"price\":60.5}");
	get(reply_list);
	assert_answer(200, "[{\"name\":\"a\",\"price\":1},{\"name\":\"b\",\"price\":0.05}]");
	get(reply_text);
	assert_answer(200, "[1]");
}

static void test_null_object_is_no_memory(void **state)
{
	(void)state;
	get(reply_nothing);
	assert_error(503, "Service temporarily unavailable", "service_temporarily_unavailable");
	assert_string_equal(header("Retry-After"), "1");
}

/* ---- ETag ---- */

static enum err reply_tagged(struct req *rq)
{
	char etag[] = "\"abc\""; /* invalid after the handler returns */

	return req_reply_tagged(rq, "[1]", 3, etag);
}

static void test_tagged_reply_has_etag(void **state)
{
	(void)state;
	get(reply_tagged);
	assert_answer(200, "[1]");
	assert_string_equal(header("ETag"), "\"abc\"");
	assert_string_equal(header("Cache-Control"), "no-cache");
}

static void test_known_etag_is_304(void **state)
{
	static const char *const known[] = {
	    "HTTP_IF_NONE_MATCH=\"abc\"",
	    "HTTP_IF_NONE_MATCH=W/\"abc\"",
	    "HTTP_IF_NONE_MATCH=*",
	    "HTTP_IF_NONE_MATCH=\"x\", \"abc\"",
	    "HTTP_IF_NONE_MATCH=\"abc\",\"x\"",
	    "HTTP_IF_NONE_MATCH=\"abc\" , W/\"x\"",
	};

	(void)state;
	handle = reply_tagged;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		call(&(struct call){"GET", "/x", .params = {known[i]}});
		assert_int_equal(calls.answer->status, 304);
		assert_null(calls.answer->body);
		assert_int_equal(calls.answer->len, 0);
		assert_string_equal(header("ETag"), "\"abc\"");
		assert_string_equal(header("Cache-Control"), "no-cache");
	}
}

static void test_unknown_etag_is_200(void **state)
{
	static const char *const others[] = {
	    "HTTP_IF_NONE_MATCH=",         "HTTP_IF_NONE_MATCH=\"x\"",
	    "HTTP_IF_NONE_MATCH=abc",      "HTTP_IF_NONE_MATCH=\"xabc\"",
	    "HTTP_IF_NONE_MATCH=\"abcx\"", "HTTP_IF_NONE_MATCH=\"abc\"x",
	    "HTTP_IF_NONE_MATCH=\"ABC\"",
	};

	(void)state;
	handle = reply_tagged;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		call(&(struct call){"GET", "/x", .params = {others[i]}});
		assert_answer(200, "[1]");
	}
}

/* ---- gzip ---- */

static enum err reply_gzip(struct req *rq)
{
	return req_takes_gzip(rq) ? req_reply_gzip(rq, "\x1f\x8b?", 3, "\"abc\"")
				  : reply_tagged(rq);
}

static void test_gzip_reply_has_headers(void **state)
{
	(void)state;
	handle = reply_gzip;
	call(&(struct call){"GET", "/x", .params = {"ACCEPTED_CODING=gzip"}});
	assert_answer(200, "\x1f\x8b?");
	assert_string_equal(header("Content-Encoding"), "gzip");
	assert_string_equal(header("ETag"), "W/\"abc\"");
	assert_string_equal(header("Vary"), "Accept-Encoding");
	assert_string_equal(header("Cache-Control"), "no-cache");
}

/* A client's header can't set a parameter of the gateway. */
static void test_gzip_needs_accepted_coding(void **state)
{
	static const char *const others[] = {NULL, "ACCEPTED_CODING=", "ACCEPTED_CODING=br",
					     "HTTP_ACCEPT_ENCODING=gzip",
					     "HTTP_ACCEPTED_CODING=gzip"};

	(void)state;
	handle = reply_gzip;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		call(&(struct call){"GET", "/x", .params = {others[i]}});
		assert_answer(200, "[1]");
		assert_null(header("Content-Encoding"));
		assert_string_equal(header("ETag"), "\"abc\"");
	}
}

static void test_weak_and_strong_etags_are_304(void **state)
{
	static const char *const known[] = {"HTTP_IF_NONE_MATCH=\"abc\"",
					    "HTTP_IF_NONE_MATCH=W/\"abc\"", "HTTP_IF_NONE_MATCH=*"};

	(void)state;
	handle = reply_gzip;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		call(&(struct call){"GET", "/x", .params = {"ACCEPTED_CODING=gzip", known[i]}});
		assert_int_equal(calls.answer->status, 304);
		assert_int_equal(calls.answer->len, 0);
		assert_null(header("Content-Encoding"));
		assert_string_equal(header("ETag"), "W/\"abc\"");
		assert_string_equal(header("Vary"), "Accept-Encoding");
	}
}

/* ---- Link ---- */

static enum err reply_page(struct req *rq)
{
	enum err e = req_link_next(rq, ID);

	return e ? e : req_reply_text(rq, "[]", 2);
}

static void assert_link(const char *path, const char *query, const char *link)
{
	call(&(struct call){"GET", path, .query = query});
	assert_int_equal(calls.answer->status, 200);
	assert_string_equal(header("Link"), link);
}

static void test_link_points_to_next_page(void **state)
{
	static const struct {
		const char *query, *link;
	} cases[] = {
	    {"", "</list?after=" ID ">; rel=\"next\""},
	    {"limit=2", "</list?limit=2&after=" ID ">; rel=\"next\""},
	    {"q=a&limit=2&after=old", "</list?limit=2&q=a&after=" ID ">; rel=\"next\""},
	    {"after=a&after=b", "</list?after=" ID ">; rel=\"next\""},
	    {"limit=2&limit=3", "</list?limit=3&after=" ID ">; rel=\"next\""},
	    {"&&limit=2&", "</list?limit=2&after=" ID ">; rel=\"next\""},
	    {"q=", "</list?q=&after=" ID ">; rel=\"next\""},
	};

	(void)state;
	handle = reply_page;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_link("/list", cases[i].query, cases[i].link);
	assert_link("/orders/u-1", "limit=2", "</orders/u-1?limit=2&after=" ID ">; rel=\"next\"");
}

static void test_link_omits_unknown_parameters(void **state)
{
	static const char *const queries[] = {"thereafter=1", "x=%3C&y", "Q=a", "user_id=u-2",
					      "x=%zz",        "<>",      "q"};

	(void)state;
	handle = reply_page;
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
		assert_link("/orders/u-1", queries[i], "</orders/u-1?after=" ID ">; rel=\"next\"");
	assert_link("/list", "x=1&limit=2&y=2", "</list?limit=2&after=" ID ">; rel=\"next\"");
}

/* No character of a value can end the link or its header. */
static void test_link_values_are_percent_encoded(void **state)
{
	static const struct {
		const char *query, *link;
	} cases[] = {
	    {"q=a%20b+c", "</list?q=a%20b%20c&after=" ID ">; rel=\"next\""},
	    {"q=a%26limit%3D9", "</list?q=a%26limit%3D9&after=" ID ">; rel=\"next\""},
	    {"q=%41-_.~%2B%25", "</list?q=A-_.~%2B%25&after=" ID ">; rel=\"next\""},
	    {"q=<\">\\,;", "</list?q=%3C%22%3E%5C%2C%3B&after=" ID ">; rel=\"next\""},
	    {"q=\xC3\xA4\r\n", "</list?q=%C3%A4%0D%0A&after=" ID ">; rel=\"next\""},
	    {"q=%C3%A4%0d%0A", "</list?q=%C3%A4%0D%0A&after=" ID ">; rel=\"next\""},
	};

	(void)state;
	handle = reply_page;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_link("/list", cases[i].query, cases[i].link);
}

/* ---- headers ---- */

static enum err add_nine_headers(struct req *rq)
{
	for (int i = 0; i < REQ_HEADERS_MAX; i++)
		assert_int_equal(req_header(rq, "X-Some", "value"), OK);
	return req_header(rq, "X-More", "value");
}

static enum err add_no_value(struct req *rq)
{
	return req_header(rq, "X-Some", NULL);
}

static enum err add_two_lines(struct req *rq)
{
	return req_header(rq, "X-Some", "a\r\nX-More: b");
}

static void test_number_of_headers_is_limited(void **state)
{
	(void)state;
	get(add_nine_headers);
	assert_int_equal(calls.answer->status, 500);
	assert_int_equal(calls.answer->n_headers, REQ_HEADERS_MAX);
	get(add_no_value);
	assert_int_equal(calls.answer->status, 503);
}

static void test_header_refuses_line_breaks(void **state)
{
	(void)state;
	get(add_two_lines);
	assert_error(500, "Internal Server Error", "internal_server_error");
	assert_int_equal(calls.answer->n_headers, 0);
}

/* ---- errors ---- */

static enum err return_error(struct req *rq)
{
	(void)rq;
	return ERR_CART_EMPTY;
}

static enum err return_error_with_text(struct req *rq)
{
	return req_refuse(rq, ERR_TRANSITION, "Invalid transition from %s to %s", "A", "\"B\"");
}

static enum err return_error_with_member(struct req *rq)
{
	struct json_object *ids = json_object_new_array();
	enum err e;

	json_object_array_add(ids, json_object_new_string(ID));
	e = req_refuse_with(rq, ERR_OUT_OF_STOCK, "product_ids", ids);
	assert_int_equal(e, ERR_OUT_OF_STOCK);
	return req_refuse_with(rq, e, "n", json_object_new_int(1));
}

static enum err return_error_with_wait(struct req *rq)
{
	return req_refuse_with(rq, ERR_UNAVAILABLE, "database", json_object_new_string("down"));
}

static void test_error_has_status_and_code(void **state)
{
	(void)state;
	get(return_error);
	assert_error(400, "Cart is empty", "cart_is_empty");
	assert_int_equal(calls.answer->n_headers, 0);
	get(return_error_with_text);
	assert_error(400, "Invalid transition from A to \\\"B\\\"", "invalid_transition");
}

static void test_error_may_have_details(void **state)
{
	(void)state;
	get(return_error_with_member);
	assert_answer(409, "{\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
			   "\"product_ids\":[\"" ID "\"],\"n\":1}");
	get(return_error_with_wait);
	assert_answer(503, "{\"detail\":\"Service temporarily unavailable\",\"code\":"
			   "\"service_temporarily_unavailable\",\"database\":\"down\"}");
	assert_string_equal(header("Retry-After"), "1");
	get(return_error); /* the next request has none of it */
	assert_error(400, "Cart is empty", "cart_is_empty");
}

static enum err return_field_error(struct req *rq)
{
	return req_invalid(rq, "query", "after", "Input should be an order of this user");
}

static enum err return_invalid_without_list(struct req *rq)
{
	(void)rq;
	return ERR_INVALID;
}

static void test_handler_may_report_validation_error(void **state)
{
	(void)state;
	get(return_field_error);
	assert_answer(422, "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"query\",\"after\"],"
			   "\"msg\":\"Input should be an order of this user\"}]}");
	get(return_invalid_without_list);
	assert_error(422, "Validation error", "validation_error");
}

static enum err reply_and_return_error(struct req *rq)
{
	assert_int_equal(req_message(rq, "done"), OK);
	return ERR_FORBIDDEN;
}

static void test_error_replaces_reply(void **state)
{
	(void)state;
	get(reply_and_return_error);
	assert_error(403, "Forbidden", "forbidden");
}

/* ---- without memory ---- */

static enum err exhaust_memory(struct req *rq)
{
	while (arena_alloc(req_ctx(rq)->arena, 1 << 16))
		;
	while (arena_alloc(req_ctx(rq)->arena, 1))
		;
	return req_message(rq, "done");
}

static void test_error_without_memory_is_503(void **state)
{
	(void)state;
	get(exhaust_memory);
	assert_error(503, "Service temporarily unavailable", "service_temporarily_unavailable");
	assert_string_equal(header("Retry-After"), "1");
	get(reply_text);
	assert_answer(200, "[1]");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_replies_have_struct_list_or_text),
	    TEST(test_null_object_is_no_memory),
	    TEST(test_tagged_reply_has_etag),
	    TEST(test_known_etag_is_304),
	    TEST(test_gzip_reply_has_headers),
	    TEST(test_gzip_needs_accepted_coding),
	    TEST(test_weak_and_strong_etags_are_304),
	    TEST(test_unknown_etag_is_200),
	    TEST(test_link_points_to_next_page),
	    TEST(test_link_omits_unknown_parameters),
	    TEST(test_link_values_are_percent_encoded),
	    TEST(test_number_of_headers_is_limited),
	    TEST(test_header_refuses_line_breaks),
	    TEST(test_error_has_status_and_code),
	    TEST(test_error_may_have_details),
	    TEST(test_handler_may_report_validation_error),
	    TEST(test_error_replaces_reply),
	    TEST(test_error_without_memory_is_503),
	};

	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests_name("req", tests, NULL, NULL);
}
