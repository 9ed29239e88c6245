#include "openapi.h"

#include <string.h>

#include "openapi_call.h"
#include "openapi_errors.h"
#include "openapi_schema.h"

/* A route and its part. */
struct call {
	const struct openapi_part *part;
	const struct route *route;
};

struct schema {
	const struct shape *shape;
	bool body; /* of a request; else of a response */
};

struct document {
	struct json_writer w;
	struct call calls[OPENAPI_ROUTES_MAX];
	size_t n_calls;
	struct schema schemas[OPENAPI_SHAPES_MAX];
	size_t n_schemas;
	const struct field *enums[OPENAPI_ENUMS_MAX]; /* for each enum, one of its fields */
	size_t n_enums;
	struct error_detail details[OPENAPI_DETAILS_MAX];
	size_t n_details;
	FILE *errors;
	bool is_invalid;
};

/* ---- collecting routes and schemas ---- */

static void report(struct document *d, const char *what, const char *why)
{
	fprintf(d->errors, "openapi: %s: %s\n", what, why);
	d->is_invalid = true;
}

/* Each service that uses an enum has its own table of the values. */
static void add_enum(struct document *d, const struct field *f)
{
	for (size_t i = 0; i < d->n_enums; i++) {
		const char *const *a = d->enums[i]->values, *const *b = f->values;

		if (strcmp(d->enums[i]->enum_name, f->enum_name) != 0)
			continue;
		for (; *a && *b && strcmp(*a, *b) == 0; a++)
			b++;
		if (*a || *b)
			report(d, f->enum_name, "two enums have this name");
		return;
	}
	if (d->n_enums == OPENAPI_ENUMS_MAX)
		report(d, f->enum_name, "too many enums");
	else
		d->enums[d->n_enums++] = f;
}

static void add_shape(struct document *d, const char *where, const struct shape *shape, bool body);

static void add_fields(struct document *d, const char *where, const struct shape *shape)
{
	for (size_t i = 0; shape && i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->type == FIELD_STRING && !f->example && !f->values) {
			fprintf(d->errors, "openapi: %s: %s has no example\n", where,
				f->name ? f->name : "a text");
			d->is_invalid = true;
		}
		if (f->type == FIELD_LIST)
			add_shape(d, where, f->of, false);
		if (f->enum_name)
			add_enum(d, f);
	}
}

static void add_shape(struct document *d, const char *where, const struct shape *shape, bool body)
{
	for (size_t i = 0; shape && shape->name && i < d->n_schemas; i++) {
		if (d->schemas[i].shape == shape && d->schemas[i].body == body)
			return;
		if (strcmp(d->schemas[i].shape->name, shape->name) == 0)
			report(d, shape->name, "two shapes have this name");
	}
	add_fields(d, where, shape);
	if (!shape || shape_is_value(shape))
		return;
	if (!shape->name)
		report(d, where, "its shape has no name");
	else if (d->n_schemas == OPENAPI_SHAPES_MAX)
		report(d, where, "too many shapes");
	else
		d->schemas[d->n_schemas++] = (struct schema){shape, body};
}

static void add_detail(struct document *d, const struct field *f, enum err refusal)
{
	for (size_t i = 0; i < d->n_details; i++) {
		if (strcmp(d->details[i].field->name, f->name) != 0)
			continue;
		if (d->details[i].field->type != f->type)
			report(d, f->name, "two errors have a member of this name");
		return;
	}
	if (d->n_details == OPENAPI_DETAILS_MAX)
		report(d, f->name, "too many members of errors");
	else
		d->details[d->n_details++] = (struct error_detail){f, refusal};
}

static void add_route(struct document *d, const struct openapi_part *part,
		      const struct route *route)
{
	int responses = !!route->messages[0] + !!route->response + !!route->response_list;

	if (route->access & ROUTE_INTERNAL)
		return;
	if (!route->name || !route->summary)
		report(d, route->path, route->name ? "it has no summary" : "it has no name");
	if (responses != 1)
		report(d, route->path,
		       "it should have one of messages, response and response_list");
	if (route->input && shape_has(route->input, FROM_BODY))
		add_shape(d, route->path, route->input, true);
	else
		add_fields(d, route->path, route->input);
	add_shape(d, route->path, route->response, false);
	add_shape(d, route->path, route->response_list, false);
	for (size_t i = 0; i < ROUTE_DETAILS_MAX; i++) {
		const struct shape *with = route->error_details[i].shape;

		add_fields(d, route->path, with);
		for (size_t j = 0; with && j < with->n; j++)
			add_detail(d, &with->fields[j], route->error_details[i].error);
	}
	if (d->n_calls == OPENAPI_ROUTES_MAX)
		report(d, route->path, "too many routes");
	else
		d->calls[d->n_calls++] = (struct call){part, route};
}

/* ---- paths ---- */

static void write_servers(struct json_writer *w, const struct openapi_server *servers, size_t n)
{
	json_write_array(w, "servers");
	for (size_t i = 0; i < n; i++) {
		json_write_object(w, NULL);
		json_write_text(w, "url", servers[i].url);
		if (servers[i].about)
			json_write_text(w, "description", servers[i].about);
		if (servers[i].port) {
			json_write_object(w, "variables");
			json_write_object(w, "port");
			json_write_text(w, "default", servers[i].port);
			json_write_text(w, "description", "A setting of the shop");
			json_write_end(w);
			json_write_end(w);
		}
		json_write_end(w);
	}
	json_write_end(w);
}

/* Writes the path of a call with all its methods, unless an earlier call has the same path. */
static void write_path(struct document *d, size_t i)
{
	const struct call *first = &d->calls[i];

	for (size_t j = 0; j < i; j++) {
		if (strcmp(d->calls[j].route->path, first->route->path) == 0)
			return;
	}
	json_write_object(&d->w, first->route->path);
	if (first->part->servers)
		write_servers(&d->w, first->part->servers, first->part->n_servers);
	for (const struct call *c = first; c < &d->calls[d->n_calls]; c++) {
		if (strcmp(c->route->path, first->route->path) == 0)
			call_write(&d->w, c->part->tag, c->route);
	}
	json_write_end(&d->w);
}

/* ---- the rest of the document ---- */

static const char about[] =
    "A small quick-commerce shop. `POST /login` returns a token that is valid for two hours. Most "
    "calls require it.\n\n"
    "Every response has an `X-Request-ID`. The gateway generates it, or accepts it from one of "
    "`TRUSTED_PROXIES`; the id of any other caller is only logged. `HEAD` works wherever `GET` "
    "does. An error is an `Error` (programs should use its `code`) or, with status 422, a "
    "`ValidationError`, which lists everything that is wrong. The connection is closed without a "
    "response if a header isn't complete after 5 s, or if a body stalls for 10 s.\n\n"
    "Texts are UTF-8. They are trimmed, and their characters are counted in NFC, those of a search "
    "before it is folded. Control characters and invisible ones (U+200B, U+2060, U+FEFF, direction "
    "controls; U+200C and U+200D except inside a word or an emoji) are refused. A password is not "
    "trimmed; it has at least 8 characters as typed and in NFKC, without ignorable ones, and at "
    "most 128 in NFKC. Unknown members of a body are ignored, but U+0000 and duplicate names in an "
    "object are refused even there. Amounts are in rupees, with at most two decimal places; times "
    "are in UTC.";

/* Components that no table describes; calls refer to them. */
static const char message_schema[] =
    "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":"
    "{\"message\":{\"type\":\"string\"}}}";

static const char security_schemes[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"The access_token in the response of POST /login\"}}";

#define DEVICE_EXAMPLE \
	"AAAAAGsFlVQAAAAAAAAAAAAAAAB5dMDVJVqXtDF9m6GM2xcZbxQKzUVqUyT0HkGyUoZQpQfV7Jw3uQ-x"

static const char headers[] =
    "{\"X-Request-ID\":{\"description\":\"Identifies this call in every log\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._-]{1,64}$\","
    "\"examples\":[\"1f835dde04c82cee96acc86d6dc4d255\"]}},"
    "\"ETag\":{\"description\":\"For If-None-Match: it changes with the response. It begins "
    "with `W/` if the response is compressed\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"5f2b8c1d90a3e4677c04d1e98b2f6a35\\\"\"]}},"
    "\"X-Device\":{\"description\":\"Shows at later logins that this client has logged in to the "
    "account before\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{80}$\","
    "\"examples\":[\"" DEVICE_EXAMPLE "\"]}},"
    "\"Link\":{\"description\":\"The next page, if there is one: its path and `after`, relative "
    "to this call\",\"schema\":{\"type\":\"string\","
    "\"examples\":[\"</products?limit=20&after=665000000000000000000201>; rel=\\\"next\\\"\"]}},"
    "\"Retry-After\":{\"description\":\"Seconds to wait before the next attempt\","
    "\"required\":true,\"schema\":{\"type\":\"integer\",\"minimum\":0,\"examples\":[1]}},"
    "\"Accept-Encoding\":{\"description\":\"For a body with a Content-Encoding: none is "
    "accepted\",\"schema\":{\"type\":\"string\",\"const\":\"identity\"}},"
    "\"WWW-Authenticate\":{\"description\":\"How to authenticate\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"const\":\"Bearer\"}}}";

static const char parameters[] =
    "{\"Idempotency-Key\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"description\":\"The first successful response to a key is repeated, for at least 24 hours\","
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[!-~]{1,255}$\","
    "\"examples\":[\"4b6ee7a2-6d3f-4c1e-9d53-0f6b0f3f8f0e\"]}},"
    "\"X-Device\":{\"name\":\"X-Device\",\"in\":\"header\","
    "\"description\":\"The X-Device of an earlier login to this account: failed logins of other "
    "clients don't block this one. Any other text is ignored\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"" DEVICE_EXAMPLE "\"]}},"
    "\"If-None-Match\":{\"name\":\"If-None-Match\",\"in\":\"header\","
    "\"description\":\"An ETag: the status is 304 if it is still valid\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"5f2b8c1d90a3e4677c04d1e98b2f6a35\\\"\"]}},"
    "\"Last-Event-ID\":{\"name\":\"Last-Event-ID\",\"in\":\"header\","
    "\"description\":\"The id of the last event that was received, unchanged: the status is "
    "204 if no event follows. Ids are opaque\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"1796051836:[0],-,-,-\"]}}}";

static void write_components(struct document *d)
{
	struct json_writer *w = &d->w;

	json_write_object(w, "components");
	json_write_raw(w, "securitySchemes", security_schemes);
	json_write_raw(w, "headers", headers);
	json_write_raw(w, "parameters", parameters);
	json_write_object(w, "schemas");
	for (size_t i = 0; i < d->n_schemas; i++)
		schema_write_named(w, d->schemas[i].shape, d->schemas[i].body);
	for (size_t i = 0; i < d->n_enums; i++)
		schema_write_enum(w, d->enums[i]);
	json_write_raw(w, "Message", message_schema);
	errors_write_schemas(w, d->details, d->n_details);
	json_write_end(w);
	json_write_object(w, "responses");
	errors_write_responses(w);
	json_write_end(w);
	json_write_end(w);
}

enum err openapi_print(FILE *out, FILE *errors, const struct openapi_part *parts, size_t n)
{
	static const struct openapi_server here = {.url = "/"};
	struct document d = {.w.out = out, .errors = errors};

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < parts[i].routes.n; j++)
			add_route(&d, &parts[i], &parts[i].routes.rows[j]);
	}
	if (d.is_invalid)
		return ERR_INVALID;
	json_write_object(&d.w, NULL);
	json_write_text(&d.w, "openapi", "3.1.1");
	json_write_object(&d.w, "info");
	json_write_text(&d.w, "title", "Quick commerce");
	json_write_text(&d.w, "version", "1.0.0");
	json_write_text(&d.w, "description", about);
	json_write_end(&d.w);
	write_servers(&d.w, &here, 1);
	json_write_array(&d.w, "tags");
	for (size_t i = 0; i < n; i++) {
		json_write_object(&d.w, NULL);
		json_write_text(&d.w, "name", parts[i].tag);
		json_write_text(&d.w, "description", parts[i].about);
		json_write_end(&d.w);
	}
	json_write_end(&d.w);
	json_write_object(&d.w, "paths");
	for (size_t i = 0; i < d.n_calls; i++)
		write_path(&d, i);
	json_write_end(&d.w);
	write_components(&d);
	json_write_end(&d.w);
	fputc('\n', out);
	return OK;
}
