#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "openapi/openapi.h"

static enum err run(struct req *rq)
{
	(void)rq;
	return OK;
}

/* ---- shapes ---- */

static const char *const colours[] = {"red", "green", NULL};

struct thing {
	bson_oid_t thing_id, after;
	const char *name, *note;
	int64_t count;
	struct money price;
	bool flag;
	struct timestamp at;
	int colour;
	struct list parts, ids;
	struct json_object *texts;
};

static const struct field part_fields[] = {{FIELD(struct thing, name), .example = "a part"}};
static const struct shape part = NAMED_SHAPE("Part", struct thing, part_fields);

static const struct field id_fields[] = {{.type = FIELD_ID}};
static const struct shape id = SHAPE(bson_oid_t, id_fields);

static const struct field thing_fields[] = {
    {FIELD(struct thing, thing_id)},
    {FIELD(struct thing, name), .example = "a \"thing\""},
    {FIELD(struct thing, note), .example = "a note", .optional = true},
    {FIELD(struct thing, count), .example = "7", .optional = true},
    {FIELD(struct thing, price), .optional = true},
    {FIELD(struct thing, flag)},
    {FIELD(struct thing, at)},
    {FIELD(struct thing, colour), .values = colours, .enum_name = "Colour"},
    {FIELD(struct thing, parts), .of = &part},
    {FIELD(struct thing, ids), .of = &id},
    {FIELD(struct thing, texts)},
};
static const struct shape thing = NAMED_SHAPE("Thing", struct thing, thing_fields);

static const struct field path_fields[] = {
    {FIELD(struct thing, thing_id), .from = FROM_PATH, .unknown = ERR_ITEM_NOT_FOUND},
};
static const struct shape path_in = SHAPE(struct thing, path_fields);

static const struct field page_fields[] = {
    {FIELD(struct thing, count), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100,
     .example = "20"},
    {FIELD(struct thing, name), .from = FROM_QUERY, .values = colours, .enum_name = "Colour"},
    {FIELD(struct thing, after), .from = FROM_QUERY, .optional = true},
};
static const struct shape page_in = SHAPE(struct thing, page_fields);

static const struct field body_fields[] = {
    {FIELD(struct thing, thing_id), .from = FROM_PATH, .unknown = ERR_ITEM_NOT_FOUND},
    {FIELD(struct thing, name), .min = 1, .max = 9, .pattern = "^[a-z]+$", .example = "it"},
    {FIELD(struct thing, note), .optional = true, .format = "email", .example = "a@b.in"},
    {FIELD(struct thing, count), .min = 2},
    {FIELD(struct thing, parts), .of = &part, .min = 1, .max = 3},
};
static const struct shape body_in = NAMED_SHAPE("Change", struct thing, body_fields);

static const struct field ids_fields[] = {{FIELD(struct thing, ids), .of = &id}};
static const struct shape ids_out = SHAPE(struct thing, ids_fields);

/* ---- tables ---- */

/* The first members of a route. */
#define A_ROUTE GET, "/a", ROUTE_PUBLIC, NULL, run, .summary = "A"

static struct route rows[] = {
    {GET, "/things", ROUTE_PUBLIC, &page_in, run, .name = "listThings", .summary = "All",
     .response_list = &thing, .flags = ROUTE_ETAG},
    {POST, "/things/{thing_id}", ROLE_ADMIN | ROUTE_AUTH_OPTIONAL, &body_in, run,
     .name = "changeThing", .summary = "Change one", .note = "Not to be repeated.",
     .messages = {"Made", "Changed"}, .flags = ROUTE_IDEMPOTENT | ROUTE_DEVICE,
     .errors = {ERR_CART_EMPTY, ERR_IN_PROGRESS}, .error_details = {{ERR_OUT_OF_STOCK, &ids_out}}},
    {GET, "/things/{thing_id}", ROLES_ANY, &path_in, run, .name = "getThing", .summary = "One",
     .response = &thing},
    {GET, "/events", ROLES_SHOPPER, NULL, run, .name = "watchThings", .summary = "News",
     .response = &part, .flags = ROUTE_STREAM},
    {GET, "/ids", ROUTE_PUBLIC, NULL, run, .name = "listIds", .summary = "Their ids",
     .response_list = &id},
    {POST, "/internal/things", ROLE_SERVICE | ROUTE_INTERNAL, &body_in, run},
};
static const struct openapi_part whole = {"things", "All about things", ROUTES(rows)};

static char *printed, *messages;
static struct json_object *document;

static enum err print(const struct openapi_part *parts, size_t n)
{
	size_t len;
	FILE *out = open_memstream(&printed, &len), *errors = open_memstream(&messages, &len);
	enum err e;

	assert_non_null(out);
	assert_non_null(errors);
	e = openapi_print(out, errors, parts, n);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fclose(errors), 0);
	return e;
}

static int begin(void **state)
{
	(void)state;
	assert_int_equal(print(&whole, 1), OK);
	document = json_tokener_parse(printed);
	return document ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	json_object_put(document);
	document = NULL;
	free(printed);
	free(messages);
	printed = messages = NULL;
	return 0;
}

/* The node of a JSON pointer, in which ~1 encodes a slash; NULL if there is none. */
static struct json_object *at(const char *pointer)
{
	struct json_object *node;

	return json_pointer_get(document, pointer, &node) == 0 ? node : NULL;
}

#define THINGS  "/paths/~1things/get"
#define CHANGE  "/paths/~1things~1{thing_id}/post"
#define ONE     "/paths/~1things~1{thing_id}/get"
#define EVENTS  "/paths/~1events/get"
#define BODY    CHANGE "/requestBody/content/application~1json"
#define CHANGED "/components/schemas/Change"
#define JSON_OF "/content/application~1json"

static void assert_at(const char *pointer, const char *json)
{
	struct json_object *node = at(pointer);

	if (!node)
		fail_msg("nothing at %s", pointer);
	assert_string_equal(json_object_to_json_string_ext(node,
							   JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE),
			    json);
}

/* Checks that a response is an error with these codes. */
static void assert_codes(const char *pointer, const char *const *codes)
{
	char full[256];
	int n = 0;

	snprintf(full, sizeof full, "%s" JSON_OF "/schema/$ref", pointer);
	assert_at(full, "\"#/components/schemas/Error\"");
	for (; codes[n]; n++) {
		snprintf(full, sizeof full, "%s" JSON_OF "/examples/%s/value/code", pointer,
			 codes[n]);
		assert_string_equal(json_object_get_string(at(full)), codes[n]);
	}
	snprintf(full, sizeof full, "%s" JSON_OF "/examples", pointer);
	assert_int_equal(json_object_object_length(at(full)), n);
}

#define CODES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- tests ---- */

static void test_info_and_operations(void **state)
{
	(void)state;
	assert_at("/openapi", "\"3.1.1\"");
	assert_at("/tags", "[{\"name\":\"things\",\"description\":\"All about things\"}]");
	assert_at(THINGS "/summary", "\"All\"");
	assert_at(THINGS "/operationId", "\"listThings\"");
	assert_at(CHANGE "/operationId", "\"changeThing\"");
	assert_at(CHANGE "/tags", "[\"things\"]");
}

static void test_internal_routes_are_left_out(void **state)
{
	(void)state;
	assert_null(at("/paths/~1internal~1things"));
	assert_int_equal(json_object_object_length(at("/paths")), 4);
}

static void test_access(void **state)
{
	(void)state;
	assert_at(THINGS "/security", "[]");
	assert_at(CHANGE "/security", "[{\"bearer\":[]}]");
	assert_at(
	    CHANGE "/description",
	    "\"For admin. With AUTH_REQUIRED=off also without a token. Not to be repeated.\"");
	assert_at(THINGS "/description", "\"For everyone.\"");
	assert_at(ONE "/description", "\"For customer, courier, admin, service.\"");
	assert_null(at(THINGS "/responses/401"));
	assert_at(ONE "/responses/401/$ref", "\"#/components/responses/Error401\"");
	assert_non_null(at(CHANGE "/responses/403"));
	assert_non_null(at(ONE "/responses/403")); /* open to all roles, but not to services */
}

static void test_parameters(void **state)
{
	(void)state;
	assert_at(ONE "/parameters/0",
		  "{\"name\":\"thing_id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":"
		  "\"string\",\"pattern\":\"^[0-9a-fA-F]{24}$\"},\"example\":"
		  "\"665000000000000000000201\"}");
	assert_at(THINGS "/parameters/0",
		  "{\"name\":\"count\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":"
		  "\"integer\",\"minimum\":1,\"maximum\":100,\"examples\":[20]}}");
	assert_at(THINGS "/parameters/1",
		  "{\"name\":\"name\",\"in\":\"query\",\"required\":true,\"schema\":{\"$ref\":"
		  "\"#/components/schemas/Colour\"},\"example\":\"red\"}");
}

static void test_request_body(void **state)
{
	(void)state;
	assert_at(BODY "/schema", "{\"$ref\":\"#/components/schemas/Change\"}");
	assert_at(CHANGED "/required", "[\"name\",\"count\",\"parts\"]");
	assert_at(CHANGED "/properties/name",
		  "{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"minLength\":1,\"maxLength\":9}");
	assert_at(CHANGED "/properties/note",
		  "{\"type\":[\"string\",\"null\"],\"format\":\"email\"}");
	assert_at(CHANGED "/properties/count", "{\"type\":\"integer\",\"minimum\":2}");
	assert_at(CHANGED "/properties/parts",
		  "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Part\"},"
		  "\"minItems\":1,\"maxItems\":3}");
	assert_null(at(CHANGED "/properties/thing_id"));
	assert_at(BODY "/example",
		  "{\"name\":\"it\",\"count\":2,\"parts\":[{\"name\":\"a part\"}]}");
	assert_null(at(ONE "/requestBody"));
}

static void test_response_body(void **state)
{
	(void)state;
	assert_at(ONE "/responses/200" JSON_OF "/schema",
		  "{\"$ref\":\"#/components/schemas/Thing\"}");
	assert_at(THINGS "/responses/200" JSON_OF "/schema",
		  "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Thing\"}}");
	assert_at("/paths/~1ids/get/responses/200" JSON_OF "/schema",
		  "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"
		  "\"^[0-9a-fA-F]{24}$\"}}");
	assert_at("/components/schemas/Thing/required",
		  "[\"thing_id\",\"name\",\"count\",\"flag\",\"at\",\"colour\",\"parts\","
		  "\"ids\",\"texts\"]"); /* output always has an int */
	assert_at("/components/schemas/Thing/properties/at",
		  "{\"type\":\"string\",\"format\":\"date-time\"}");
	assert_at("/components/schemas/Thing/properties/colour",
		  "{\"$ref\":\"#/components/schemas/Colour\"}");
	assert_at("/components/schemas/Colour",
		  "{\"type\":\"string\",\"enum\":[\"red\",\"green\"]}");
	assert_at("/components/schemas/Thing/properties/price",
		  "{\"type\":\"number\",\"description\":\"In rupees, with at most two decimal "
		  "places\",\"format\":\"double\",\"minimum\":0,\"maximum\":9999999999999.99}");
	assert_at("/components/schemas/Thing/properties/texts",
		  "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}");
	assert_at(ONE "/responses/200" JSON_OF "/example",
		  "{\"thing_id\":\"665000000000000000000201\",\"name\":\"a \\\"thing\\\"\","
		  "\"note\":\"a note\",\"count\":7,\"price\":60.5,\"flag\":true,"
		  "\"at\":\"2026-11-22T23:17:22.313Z\",\"colour\":\"red\","
		  "\"parts\":[{\"name\":\"a part\"}],\"ids\":[\"665000000000000000000201\"],"
		  "\"texts\":{}}");
}

static void test_messages(void **state)
{
	(void)state;
	assert_at(CHANGE "/responses/200" JSON_OF "/schema",
		  "{\"$ref\":\"#/components/schemas/Message\"}");
	assert_at(CHANGE "/responses/200" JSON_OF "/examples",
		  "{\"Made\":{\"value\":{\"message\":\"Made\"}},"
		  "\"Changed\":{\"value\":{\"message\":\"Changed\"}}}");
}

static void test_route_flags(void **state)
{
	(void)state;
	assert_non_null(at(THINGS "/responses/304"));
	assert_non_null(at(THINGS "/responses/200/headers/ETag"));
	assert_non_null(at(THINGS "/responses/200/headers/Link")); /* it has a parameter `after` */
	assert_at(THINGS "/parameters/3/$ref", "\"#/components/parameters/If-None-Match\"");
	assert_null(at(ONE "/responses/304"));
	assert_null(at(ONE "/responses/200/headers/Link"));
	assert_at(CHANGE "/parameters/1/$ref", "\"#/components/parameters/Idempotency-Key\"");
	assert_at(CHANGE "/parameters/2/$ref", "\"#/components/parameters/X-Device\"");
	assert_non_null(at(CHANGE "/responses/200/headers/X-Device"));
	assert_null(at(ONE "/responses/200/headers/X-Device"));
	assert_null(at(EVENTS "/responses/101"));
	assert_non_null(at(EVENTS "/responses/204"));
	assert_null(at(EVENTS "/responses/204/content"));
	assert_at(EVENTS "/parameters/0/$ref", "\"#/components/parameters/Last-Event-ID\"");
	assert_codes(EVENTS "/responses/400", CODES("websocket_not_supported", "bad_request"));
	assert_at(EVENTS "/responses/200/content/text~1event-stream",
		  "{\"schema\":{\"type\":\"string\"},\"x-events\":{\"status\":"
		  "{\"$ref\":\"#/components/schemas/Part\"}},\"example\":\"event: status\\nid: "
		  "1796051836:[0],-,-,-\\ndata: {\\\"name\\\":\\\"a part\\\"}\\n\\n\"}");
	/* A polyfill that reconnects after the end gets the state as JSON. */
	assert_at(EVENTS "/responses/200" JSON_OF "/schema",
		  "{\"$ref\":\"#/components/schemas/Part\"}");
}

static void test_error_responses(void **state)
{
	(void)state;
	assert_codes(CHANGE "/responses/400",
		     CODES("cart_is_empty", "invalid_idempotency_key", "bad_request"));
	assert_at(CHANGE "/responses/400/description",
		  "\"Cart is empty (`cart_is_empty`); Invalid Idempotency-Key "
		  "(`invalid_idempotency_key`); Bad Request (`bad_request`)\"");
	assert_codes(CHANGE "/responses/404", CODES("item_not_found", "not_found"));
	assert_codes(CHANGE "/responses/409", CODES("request_in_progress", "out_of_stock"));
	assert_at("/components/schemas/Error/properties/ids/type", "\"array\"");
	assert_at("/components/schemas/Error/properties/ids/description",
		  "\"With the code out_of_stock\"");
	assert_at(CHANGE "/responses/409" JSON_OF "/examples/out_of_stock/value",
		  "{\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
		  "\"ids\":[\"665000000000000000000201\"]}");
	for (const char *const *status = (const char *const[]){"413", "415", "422", NULL}; *status;
	     status++) {
		char pointer[128];

		snprintf(pointer, sizeof pointer, CHANGE "/responses/%s/$ref", *status);
		assert_non_null(at(pointer));
	}
	assert_null(at(CHANGE "/responses/408")); /* nginx closes the connection */
	assert_at("/components/responses/Error415/headers/Accept-Encoding/$ref",
		  "\"#/components/headers/Accept-Encoding\"");
	assert_null(at("/components/responses/Error413/headers/Accept-Encoding"));
	assert_null(at(ONE "/responses/415"));
	assert_null(at(ONE "/responses/422")); /* a malformed id counts as unknown */
	assert_non_null(at(THINGS "/responses/422"));
	assert_null(at(EVENTS "/responses/422"));
	assert_non_null(at("/components/responses/Error502/headers/Retry-After"));
	assert_non_null(at("/components/responses/Error401/headers/WWW-Authenticate"));
	assert_null(at(ONE "/responses/500"));
}

static void test_servers_of_a_part(void **state)
{
	static const struct openapi_server servers[] = {
	    {.url = "http://a"},
	    {"http://b:{port}", "8001", "B"},
	};
	const struct openapi_part parts[] = {
	    {"one", "One", {rows, 1}},
	    {"two", "Two", {rows + 1, 2}, servers, 2},
	};

	(void)state;
	end(NULL);
	assert_int_equal(print(parts, 2), OK);
	document = json_tokener_parse(printed);
	assert_at("/servers", "[{\"url\":\"/\"}]");
	assert_at("/paths/~1things~1{thing_id}/servers",
		  "[{\"url\":\"http://a\"},{\"url\":\"http://b:{port}\",\"description\":\"B\","
		  "\"variables\":{\"port\":{\"default\":\"8001\",\"description\":"
		  "\"A setting of the shop\"}}}]");
	assert_null(at("/paths/~1things/servers"));
	assert_at(ONE "/tags", "[\"two\"]");
}

/* ---- incomplete tables ---- */

static void assert_refused(struct route *route, const char *why)
{
	const struct openapi_part part_of_one = {"one", "One", {route, 1}};

	assert_int_equal(print(&part_of_one, 1), ERR_INVALID);
	assert_string_equal(printed, "");
	assert_string_equal(messages, why);
	end(NULL);
}

static void test_incomplete_routes_are_refused(void **state)
{
	struct route silent = {GET, "/a", ROUTE_PUBLIC, NULL, run, .name = "a", .response = &thing};
	struct route nameless = {A_ROUTE, .response = &thing};
	struct route mute = {A_ROUTE, .name = "a"};
	struct route both = {A_ROUTE, .name = "a", .messages = {"a"}, .response_list = &thing};

	(void)state;
	assert_refused(&silent, "openapi: /a: it has no summary\n");
	assert_refused(&nameless, "openapi: /a: it has no name\n");
	assert_refused(&mute,
		       "openapi: /a: it should have one of messages, response and response_list\n");
	assert_refused(&both,
		       "openapi: /a: it should have one of messages, response and response_list\n");
}

static void test_text_without_example_is_refused(void **state)
{
	static const struct field fields[] = {{FIELD(struct thing, note)}};
	static const struct shape shape = NAMED_SHAPE("Noted", struct thing, fields);
	static const struct field list_fields[] = {{FIELD(struct thing, parts), .of = &shape}};
	static const struct shape list_shape = NAMED_SHAPE("List", struct thing, list_fields);
	struct route out = {A_ROUTE, .name = "a", .response = &shape};
	struct route deep = {A_ROUTE, .name = "a", .response_list = &list_shape};
	struct route in = {POST, "/a",        ROUTE_PUBLIC,   &shape,
			   run,  .name = "a", .summary = "A", .messages = {"a"}};

	(void)state;
	assert_refused(&out, "openapi: /a: note has no example\n");
	assert_refused(&deep, "openapi: /a: note has no example\n");
	assert_refused(&in, "openapi: /a: note has no example\n");
}

static void test_duplicate_shape_name_is_refused(void **state)
{
	static const struct shape other = NAMED_SHAPE("Part", struct thing, part_fields);
	struct route both = {A_ROUTE, .name = "a", .response = &thing};
	struct route two[] = {both,
			      {GET, "/b", ROUTE_PUBLIC, NULL, run, .name = "b", .summary = "B",
			       .response = &other}};
	const struct openapi_part parts = {"one", "One", {two, 2}};

	(void)state;
	assert_int_equal(print(&parts, 1), ERR_INVALID);
	assert_string_equal(messages, "openapi: Part: two shapes have this name\n");
	end(NULL);
}

static void test_nameless_object_is_refused(void **state)
{
	static const struct shape shape = SHAPE(struct thing, part_fields);
	struct route out = {A_ROUTE, .name = "a", .response = &shape};
	struct route in = {POST, "/a",        ROUTE_PUBLIC,   &shape,
			   run,  .name = "a", .summary = "A", .messages = {"a"}};

	(void)state;
	assert_refused(&out, "openapi: /a: its shape has no name\n");
	assert_refused(&in, "openapi: /a: its shape has no name\n");
}

static void test_duplicate_enum_name_is_refused(void **state)
{
	static const char *const others[] = {"red", "green", "blue", NULL};
	static const struct field fields[] = {
	    {FIELD(struct thing, colour), .values = others, .enum_name = "Colour"},
	};
	static const struct shape shape = NAMED_SHAPE("Other", struct thing, fields);
	struct route two[] = {rows[0],
			      {GET, "/a", ROUTE_PUBLIC, NULL, run, .name = "a", .summary = "A",
			       .response = &shape}};
	const struct openapi_part part_of_two = {"one", "One", {two, 2}};

	(void)state;
	assert_int_equal(print(&part_of_two, 1), ERR_INVALID);
	assert_string_equal(messages, "openapi: Colour: two enums have this name\n");
	end(NULL);
}

static void test_conflicting_error_members_are_refused(void **state)
{
	static const struct field fields[] = {{FIELD(struct thing, count)}};
	struct field named = fields[0];
	struct shape count = {sizeof(struct thing), &named, 1, NULL};
	struct route two[] = {rows[1],
			      {GET, "/a", ROUTE_PUBLIC, NULL, run, .name = "a", .summary = "A",
			       .response = &part, .error_details = {{ERR_TOTAL_CHANGED, &count}}}};
	const struct openapi_part part_of_two = {"one", "One", {two, 2}};

	(void)state;
	named.name = "ids";
	assert_int_equal(print(&part_of_two, 1), ERR_INVALID);
	assert_string_equal(messages, "openapi: ids: two errors have a member of this name\n");
	end(NULL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_info_and_operations),
	    TEST(test_internal_routes_are_left_out),
	    TEST(test_access),
	    TEST(test_parameters),
	    TEST(test_request_body),
	    TEST(test_response_body),
	    TEST(test_messages),
	    TEST(test_route_flags),
	    TEST(test_error_responses),
	    TEST(test_servers_of_a_part),
	    cmocka_unit_test(test_incomplete_routes_are_refused),
	    cmocka_unit_test(test_text_without_example_is_refused),
	    cmocka_unit_test(test_duplicate_shape_name_is_refused),
	    cmocka_unit_test(test_nameless_object_is_refused),
	    cmocka_unit_test(test_duplicate_enum_name_is_refused),
	    cmocka_unit_test(test_conflicting_error_members_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
