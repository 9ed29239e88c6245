#define _GNU_SOURCE /* open_memstream */
#include "openapi_call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "http_status.h"
#include "openapi_errors.h"
#include "openapi_schema.h"

enum { WORDS_MAX = 512, STREAM_TEXT_MAX = 1024 };

static void write_description(struct json_writer *w, const struct route *route)
{
	bool optional = route->access & ROUTE_AUTH_OPTIONAL;
	char text[WORDS_MAX], roles[ACCESS_TEXT_SIZE] = "everyone";

	if (!(route->access & ROUTE_PUBLIC))
		access_text(roles, sizeof roles, route->access & ROLES_ANY, ", ");
	snprintf(text, sizeof text, "For %s.%s%s%s", roles,
		 optional ? " With AUTH_REQUIRED=off also without a token." : "",
		 route->note ? " " : "", route->note ? route->note : "");
	json_write_text(w, "description", text);
}

static void write_parameters(struct json_writer *w, const struct route *route)
{
	json_write_array(w, "parameters");
	for (size_t i = 0; route->input && i < route->input->n; i++) {
		const struct field *f = &route->input->fields[i];

		if (f->from == FROM_BODY)
			continue;
		json_write_object(w, NULL);
		json_write_text(w, "name", f->name);
		json_write_text(w, "in", f->from == FROM_PATH ? "path" : "query");
		json_write_bool(w, "required", !f->optional);
		/* API browsers fill in the example of a parameter, but not one in its schema. So
		 * they leave optional parameters empty. */
		schema_write_parameter(w, f, f->optional);
		if (!f->optional)
			example_write_field(w, "example", f);
		json_write_end(w);
	}
	if (route->flags & ROUTE_IDEMPOTENT)
		json_write_raw(w, NULL, "{\"$ref\":\"#/components/parameters/Idempotency-Key\"}");
	if (route->flags & ROUTE_ETAG)
		json_write_raw(w, NULL, "{\"$ref\":\"#/components/parameters/If-None-Match\"}");
	if (route->flags & ROUTE_DEVICE)
		json_write_raw(w, NULL, "{\"$ref\":\"#/components/parameters/X-Device\"}");
	if (route->flags & ROUTE_STREAM)
		json_write_raw(w, NULL, "{\"$ref\":\"#/components/parameters/Last-Event-ID\"}");
	json_write_end(w);
}

/* ---- successful responses ---- */

static void write_content(struct json_writer *w, const struct route *route)
{
	json_write_object(w, "application/json");
	if (route->messages[0]) {
		/* All calls share one schema. The examples show the messages of this call. */
		json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/Message\"}");
		json_write_object(w, "examples");
		for (size_t i = 0; i < ROUTE_MESSAGES_MAX && route->messages[i]; i++) {
			json_write_object(w, route->messages[i]);
			json_write_object(w, "value");
			json_write_text(w, "message", route->messages[i]);
			json_write_end(w);
			json_write_end(w);
		}
		json_write_end(w);
	} else if (route->response_list) {
		json_write_object(w, "schema");
		json_write_text(w, "type", "array");
		schema_write(w, "items", route->response_list);
		json_write_end(w);
		json_write_array(w, "example");
		example_write(w, NULL, route->response_list);
		json_write_end(w);
	} else {
		schema_write(w, "schema", route->response);
		example_write(w, "example", route->response);
	}
	json_write_end(w);
}

/* OpenAPI 3.1 can't describe the events of a stream; for it the body is a string. The extension
 * x-events has the schemas of the events' data. */
static void write_stream(struct json_writer *w, const struct route *route)
{
	char *text = NULL;
	size_t len;
	FILE *memory;

	json_write_object(w, "text/event-stream");
	json_write_raw(w, "schema", "{\"type\":\"string\"}");
	json_write_object(w, "x-events");
	schema_write(w, "status", route->response);
	json_write_end(w);
	memory = open_memstream(&text, &len);
	if (memory) {
		fputs("event: status\nid: 1796051836:[0],-,-,-\ndata: ", memory);
		example_write(&(struct json_writer){.out = memory}, NULL, route->response);
		fputs("\n\n", memory);
		if (fclose(memory) == 0)
			json_write_text(w, "example", text);
		free(text);
	}
	json_write_end(w);
}

static void write_success_headers(struct json_writer *w, const struct route *route)
{
	const char *names[5] = {"X-Request-ID"};
	size_t n = 1;

	if (route->flags & ROUTE_ETAG)
		names[n++] = "ETag";
	for (size_t i = 0; route->input && i < route->input->n; i++) {
		const struct field *f = &route->input->fields[i];

		/* Lists with pages have a parameter `after`. */
		if (f->from == FROM_QUERY && strcmp(f->name, "after") == 0)
			names[n++] = "Link";
	}
	if (route->flags & ROUTE_DEVICE)
		names[n++] = "X-Device";
	headers_write(w, names);
}

/* Writes a response without a body. `why` follows the status's phrase in the description. */
static void write_bodiless(struct json_writer *w, enum http_status status, const char *why,
			   const struct route *route)
{
	char number[8], text[WORDS_MAX];

	snprintf(number, sizeof number, "%d", status);
	snprintf(text, sizeof text, "%s: %s", http_status_phrase(status), why);
	json_write_object(w, number);
	json_write_text(w, "description", text);
	write_success_headers(w, route);
	json_write_end(w);
}

/* A format for the name of the shape of a status, twice. */
#define STREAM_TEXT                                                                              \
	"Server-sent events. The stream ends when the order can't change any more. `event: "     \
	"status` has a %s as JSON in its `data`. `event: replaced`, with `{}`, is the last "     \
	"event of a stream whose user opened more than STREAMS_PER_USER. Ignore other events "   \
	"and comments: `: hi` at the beginning, `:ping` after 15 s without an event, and "       \
	"`:410: 410 Gone` at the end, which is no error. Some libraries turn a comment into an " \
	"empty message. If no event follows a `lastEventId`, the response is the %s as "         \
	"`application/json`."

static void write_success(struct json_writer *w, const struct route *route)
{
	char text[STREAM_TEXT_MAX];

	json_write_object(w, "200");
	if (route->flags & ROUTE_STREAM) {
		snprintf(text, sizeof text, STREAM_TEXT, route->response->name,
			 route->response->name);
		json_write_text(w, "description", text);
	} else {
		json_write_text(w, "description", http_status_phrase(HTTP_200));
	}
	write_success_headers(w, route);
	json_write_object(w, "content");
	if (route->flags & ROUTE_STREAM)
		write_stream(w, route);
	write_content(w, route);
	json_write_end(w);
	json_write_end(w);
	if (route->flags & ROUTE_STREAM)
		write_bodiless(w, HTTP_204, "no event follows Last-Event-ID", route);
	if (route->flags & ROUTE_ETAG)
		write_bodiless(w, HTTP_304, "the client has the current response", route);
}

void call_write(struct json_writer *w, const char *tag, const struct route *route)
{
	char method[16];
	size_t n = 0;

	for (const char *p = method_name(route->method); *p && n < sizeof method - 1; p++)
		method[n++] = (char)tolower((unsigned char)*p);
	method[n] = '\0';
	json_write_object(w, method);
	json_write_text(w, "operationId", route->name);
	json_write_array(w, "tags");
	json_write_text(w, NULL, tag);
	json_write_end(w);
	json_write_text(w, "summary", route->summary);
	write_description(w, route);
	json_write_array(w, "security");
	if (!(route->access & ROUTE_PUBLIC))
		json_write_raw(w, NULL, "{\"bearer\":[]}");
	json_write_end(w);
	write_parameters(w, route);
	if (route->input && shape_has(route->input, FROM_BODY)) {
		json_write_object(w, "requestBody");
		json_write_bool(w, "required", true);
		json_write_object(w, "content");
		json_write_object(w, "application/json");
		schema_write(w, "schema", route->input);
		example_write_body(w, "example", route->input);
		json_write_end(w);
		json_write_end(w);
		json_write_end(w);
	}
	json_write_object(w, "responses");
	write_success(w, route);
	errors_write(w, route);
	json_write_end(w);
	json_write_end(w);
}
