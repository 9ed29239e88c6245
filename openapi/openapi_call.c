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
	bool published = route->access & ROUTE_AUTH_OPTIONAL;
	char text[WORDS_MAX], roles[ACCESS_TEXT_SIZE] = "everyone";

	if (!(route->access & ROUTE_PUBLIC))
		access_text(roles, sizeof roles, route->access & ROLES_ANY, ", ");
	snprintf(text, sizeof text, "For %s.%s%s%s", roles,
		 published ? " With AUTH_REQUIRED=off also without a token." : "",
		 route->note ? " " : "", route->note ? route->note : "");
	json_write_text(w, "description", text);
}

static void write_security(struct json_writer *w, const struct route *route)
{
	json_write_array(w, "security");
	if (!(route->access & ROUTE_PUBLIC))
		json_write_raw(w, NULL, "{\"bearer\":[]}");
	json_write_end(w);
}

static void write_parameter(struct json_writer *w, const struct field *f)
{
	json_write_object(w, NULL);
	json_write_text(w, "name", f->name);
	json_write_text(w, "in", f->from == FROM_PATH ? "path" : "query");
	json_write_bool(w, "required", !f->optional);
	/* A page fills in the example of a parameter, not one of its schema: what may be left out
	 * stays out there. */
	schema_write_parameter(w, f, f->optional);
	if (!f->optional)
		example_write_field(w, "example", f);
	json_write_end(w);
}

static void write_parameters(struct json_writer *w, const struct route *route)
{
	json_write_array(w, "parameters");
	for (size_t i = 0; route->input && i < route->input->n; i++) {
		if (route->input->fields[i].from != FROM_BODY)
			write_parameter(w, &route->input->fields[i]);
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

static void write_body(struct json_writer *w, const struct shape *input)
{
	if (!input || !shape_has(input, FROM_BODY))
		return;
	json_write_object(w, "requestBody");
	json_write_bool(w, "required", true);
	json_write_object(w, "content");
	json_write_object(w, "application/json");
	schema_write(w, "schema", input);
	example_write_body(w, "example", input);
	json_write_end(w);
	json_write_end(w);
	json_write_end(w);
}

/* ---- its success ---- */

/* One schema for all calls; which messages a call has is told by its examples. */
static void write_messages(struct json_writer *w, const char *const *says)
{
	json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/Message\"}");
	json_write_object(w, "examples");
	for (size_t i = 0; i < ROUTE_MESSAGES_MAX && says[i]; i++) {
		json_write_object(w, says[i]);
		json_write_object(w, "value");
		json_write_text(w, "message", says[i]);
		json_write_end(w);
		json_write_end(w);
	}
	json_write_end(w);
}

static void write_list(struct json_writer *w, const struct shape *of)
{
	json_write_object(w, "schema");
	json_write_text(w, "type", "array");
	schema_write(w, "items", of);
	json_write_end(w);
	json_write_array(w, "example");
	example_write(w, NULL, of);
	json_write_end(w);
}

static void write_content(struct json_writer *w, const struct route *route)
{
	json_write_object(w, "application/json");
	if (route->messages[0]) {
		write_messages(w, route->messages);
	} else if (route->response_list) {
		write_list(w, route->response_list);
	} else {
		schema_write(w, "schema", route->response);
		example_write(w, "example", route->response);
	}
	json_write_end(w);
}

/* An event as it stands in the stream. */
static void write_event(struct json_writer *w, const char *name, const struct shape *data)
{
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return;
	fputs("event: status\nid: 1796051836:[0],-,-,-\ndata: ", memory);
	example_write(&(struct json_writer){.out = memory}, NULL, data);
	fputs("\n\n", memory);
	if (fclose(memory) == 0)
		json_write_text(w, name, text);
	free(text);
}

/* OpenAPI 3.1 has no words for a stream's events: to it the body is a text. x-events has the schema
 * of the data of each event that has a schema. */
static void write_stream(struct json_writer *w, const struct route *route)
{
	json_write_object(w, "text/event-stream");
	json_write_raw(w, "schema", "{\"type\":\"string\"}");
	json_write_object(w, "x-events");
	schema_write(w, "status", route->response);
	json_write_end(w);
	write_event(w, "example", route->response);
	json_write_end(w);
}

static void write_stream_description(struct json_writer *w, const struct route *route)
{
	char text[STREAM_TEXT_MAX];

	snprintf(
	    text, sizeof text,
	    "Server-sent events, for a client that reads while they come: the answer ends with "
	    "what it tells of. `event: status` has a %s as JSON in its `data`. `event: "
	    "replaced`, with `{}`, is the last of a stream whose user opened more than "
	    "STREAMS_PER_USER. Take only events of these two names, and ignore comments: `: hi` at "
	    "the beginning, `:ping` every 15 s where nothing else comes, and `:410: 410 Gone` at "
	    "the end, which is no error. Some libraries make an empty message of a comment. A "
	    "`lastEventId` after which nothing follows is answered with the %s as "
	    "`application/json`.",
	    route->response->name, route->response->name);
	json_write_text(w, "description", text);
}

static bool is_paged(const struct route *route)
{
	for (size_t i = 0; route->input && i < route->input->n; i++) {
		const struct field *f = &route->input->fields[i];

		if (f->from == FROM_QUERY && strcmp(f->name, "after") == 0)
			return true;
	}
	return false;
}

static void write_success_headers(struct json_writer *w, const struct route *route)
{
	const char *names[5] = {"X-Request-ID"};
	size_t n = 1;

	if (route->flags & ROUTE_ETAG)
		names[n++] = "ETag";
	if (is_paged(route))
		names[n++] = "Link";
	if (route->flags & ROUTE_DEVICE)
		names[n++] = "X-Device";
	headers_write(w, names);
}

/* An answer that has headers alone. `why` continues the status's phrase. */
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

static void write_success(struct json_writer *w, const struct route *route)
{
	json_write_object(w, "200");
	if (route->flags & ROUTE_STREAM)
		write_stream_description(w, route);
	else
		json_write_text(w, "description", http_status_phrase(HTTP_200));
	write_success_headers(w, route);
	json_write_object(w, "content");
	if (route->flags & ROUTE_STREAM)
		write_stream(w, route);
	write_content(w, route);
	json_write_end(w);
	json_write_end(w);
	if (route->flags & ROUTE_STREAM)
		write_bodiless(w, HTTP_204, "nothing follows that Last-Event-ID", route);
	if (route->flags & ROUTE_ETAG)
		write_bodiless(w, HTTP_304, "the caller has it", route);
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
	write_security(w, route);
	write_parameters(w, route);
	write_body(w, route->input);
	json_write_object(w, "responses");
	write_success(w, route);
	errors_write(w, route);
	json_write_end(w);
	json_write_end(w);
}
