#include "openapi.h"

#include <string.h>

#include "openapi_call.h"
#include "openapi_errors.h"
#include "openapi_schema.h"

/* A row, and the part that it belongs to. */
struct call {
	const struct openapi_part *part;
	const struct route *route;
};

/* A shape that is a schema: of what goes out, or of a body that is read. */
struct schema {
	const struct shape *shape;
	bool body;
};

struct document {
	struct json_writer w;
	struct call calls[OPENAPI_ROUTES_MAX];
	size_t n_calls;
	struct schema schemas[OPENAPI_SHAPES_MAX];
	size_t n_schemas;
	const struct field *enums[OPENAPI_ENUMS_MAX]; /* one of the fields with that name */
	size_t n_enums;
	struct told details[OPENAPI_DETAILS_MAX]; /* members of errors */
	size_t n_details;
	FILE *errors;
	bool faulty;
};

/* ---- looking through the tables ---- */

static void blame(struct document *d, const char *what, const char *why)
{
	fprintf(d->errors, "openapi: %s: %s\n", what, why);
	d->faulty = true;
}

static void blame_text(struct document *d, const char *where, const char *name)
{
	fprintf(d->errors, "openapi: %s: %s has no example\n", where, name ? name : "a text");
	d->faulty = true;
}

static bool same_words(const char *const *a, const char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

/* Services that share an enum have each its own table of it. */
static void note_enum(struct document *d, const struct field *f)
{
	for (size_t i = 0; i < d->n_enums; i++) {
		if (strcmp(d->enums[i]->enum_name, f->enum_name) != 0)
			continue;
		if (!same_words(d->enums[i]->values, f->values))
			blame(d, f->enum_name, "two enums have this name");
		return;
	}
	if (d->n_enums == OPENAPI_ENUMS_MAX)
		blame(d, f->enum_name, "too many enums");
	else
		d->enums[d->n_enums++] = f;
}

static void note_shape(struct document *d, const char *where, const struct shape *shape, bool body);

static void note_fields(struct document *d, const char *where, const struct shape *shape)
{
	for (size_t i = 0; shape && i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->type == FIELD_STRING && !f->example && !f->values)
			blame_text(d, where, f->name);
		if (f->type == FIELD_LIST)
			note_shape(d, where, f->of, false);
		if (f->enum_name)
			note_enum(d, f);
	}
}

static void note_shape(struct document *d, const char *where, const struct shape *shape, bool body)
{
	for (size_t i = 0; shape && shape->name && i < d->n_schemas; i++) {
		if (d->schemas[i].shape == shape && d->schemas[i].body == body)
			return;
		if (strcmp(d->schemas[i].shape->name, shape->name) == 0)
			blame(d, shape->name, "two shapes have this name");
	}
	note_fields(d, where, shape);
	if (!shape || shape_is_value(shape))
		return;
	if (!shape->name)
		blame(d, where, "an object of it has no name");
	else if (d->n_schemas == OPENAPI_SHAPES_MAX)
		blame(d, where, "too many shapes");
	else
		d->schemas[d->n_schemas++] = (struct schema){shape, body};
}

static void note_detail(struct document *d, const struct field *f, enum err refusal)
{
	for (size_t i = 0; i < d->n_details; i++) {
		if (strcmp(d->details[i].field->name, f->name) != 0)
			continue;
		if (d->details[i].field->type != f->type)
			blame(d, f->name, "two errors have a member of this name");
		return;
	}
	if (d->n_details == OPENAPI_DETAILS_MAX)
		blame(d, f->name, "too many members of errors");
	else
		d->details[d->n_details++] = (struct told){f, refusal};
}

static void note_details(struct document *d, const struct route *route)
{
	for (size_t i = 0; i < ROUTE_DETAILS_MAX; i++) {
		const struct shape *with = route->error_details[i].shape;

		note_fields(d, route->path, with);
		for (size_t j = 0; with && j < with->n; j++)
			note_detail(d, &with->fields[j], route->error_details[i].error);
	}
}

static void note_route(struct document *d, const struct openapi_part *part,
		       const struct route *route)
{
	int answers = !!route->messages[0] + !!route->response + !!route->response_list;

	if (route->access & ROUTE_INTERNAL)
		return;
	if (!route->name || !route->summary)
		blame(d, route->path, route->name ? "it has no summary" : "it has no name");
	if (answers != 1)
		blame(d, route->path, "it should say, give or list something, and one of it");
	if (route->input && shape_has(route->input, FROM_BODY))
		note_shape(d, route->path, route->input, true);
	else
		note_fields(d, route->path, route->input);
	note_shape(d, route->path, route->response, false);
	note_shape(d, route->path, route->response_list, false);
	note_details(d, route);
	if (d->n_calls == OPENAPI_ROUTES_MAX)
		blame(d, route->path, "too many routes");
	else
		d->calls[d->n_calls++] = (struct call){part, route};
}

/* ---- paths ---- */

static bool is_new_path(const struct document *d, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(d->calls[j].route->path, d->calls[i].route->path) == 0)
			return false;
	}
	return true;
}

static void write_port(struct json_writer *w, const char *port)
{
	json_write_object(w, "variables");
	json_write_object(w, "port");
	json_write_text(w, "default", port);
	json_write_text(w, "description", "A setting of the shop");
	json_write_end(w);
	json_write_end(w);
}

static void write_servers(struct json_writer *w, const struct openapi_server *servers, size_t n)
{
	json_write_array(w, "servers");
	for (size_t i = 0; i < n; i++) {
		json_write_object(w, NULL);
		json_write_text(w, "url", servers[i].url);
		if (servers[i].about)
			json_write_text(w, "description", servers[i].about);
		if (servers[i].port)
			write_port(w, servers[i].port);
		json_write_end(w);
	}
	json_write_end(w);
}

static void write_path(struct document *d, size_t i)
{
	const struct call *first = &d->calls[i];

	json_write_object(&d->w, first->route->path);
	if (first->part->servers)
		write_servers(&d->w, first->part->servers, first->part->n_servers);
	for (const struct call *c = first; c < &d->calls[d->n_calls]; c++) {
		if (strcmp(c->route->path, first->route->path) == 0)
			call_write(&d->w, c->part->tag, c->route);
	}
	json_write_end(&d->w);
}

/* ---- what stands around them ---- */

static const char about[] =
    "A small quick-commerce shop. `POST /login` gives a token for two hours, which most calls "
    "want.\n\n"
    "Every answer carries `X-Request-ID`, which the gateway makes, or takes over from one of "
    "`TRUSTED_PROXIES`; another caller's is noted in its log alone. `HEAD` is wherever `GET` is. "
    "An error is an `Error` (programs go by its `code`), or with status 422 a `ValidationError`, "
    "which names all that is wrong. A header that isn't complete after 5 s, and a body that stops "
    "for 10 s, end the connection without an answer.\n\n"
    "Texts are UTF-8. They are trimmed, and their characters are counted in NFC, those of a search "
    "before it is folded. Control characters and invisible ones (U+200B, U+2060, U+FEFF, controls "
    "of direction; U+200C and U+200D but inside a word or an emoji) are refused. A password is not "
    "trimmed; it has 8 characters or more as it was typed and in NFKC, without ignorable ones, and "
    "at most 128 in NFKC. Unknown members of a body are ignored; U+0000 and a name that stands "
    "twice in an object are refused even there. Amounts are in rupees, with two decimal places at "
    "the most; times are in UTC.";

static void write_info(struct json_writer *w)
{
	json_write_object(w, "info");
	json_write_text(w, "title", "Quick commerce");
	json_write_text(w, "version", "1.0.0");
	json_write_text(w, "description", about);
	json_write_end(w);
}

static void write_tags(struct json_writer *w, const struct openapi_part *parts, size_t n)
{
	json_write_array(w, "tags");
	for (size_t i = 0; i < n; i++) {
		json_write_object(w, NULL);
		json_write_text(w, "name", parts[i].tag);
		json_write_text(w, "description", parts[i].about);
		json_write_end(w);
	}
	json_write_end(w);
}

/* What no table has: the same for all calls that refer to it. */
static const char message_schema[] =
    "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":"
    "{\"message\":{\"type\":\"string\"}}}";

static const char security_schemes[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"The access_token that POST /login answers with\"}}";

#define DEVICE_EXAMPLE \
	"AAAAAGsFlVQAAAAAAAAAAAAAAAB5dMDVJVqXtDF9m6GM2xcZbxQKzUVqUyT0HkGyUoZQpQfV7Jw3uQ-x"

static const char headers[] =
    "{\"X-Request-ID\":{\"description\":\"Names this call in every log\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._-]{1,64}$\","
    "\"examples\":[\"1f835dde04c82cee96acc86d6dc4d255\"]}},"
    "\"ETag\":{\"description\":\"For If-None-Match: it changes with the answer. `W/` stands "
    "before it where the answer is compressed\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"5f2b8c1d90a3e4677c04d1e98b2f6a35\\\"\"]}},"
    "\"X-Device\":{\"description\":\"Shows at later logins that this client has logged in to the "
    "account before\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{80}$\","
    "\"examples\":[\"" DEVICE_EXAMPLE "\"]}},"
    "\"Link\":{\"description\":\"The next page, where there is one: the path with the `after` that "
    "it "
    "takes, relative to this call\",\"schema\":{\"type\":\"string\","
    "\"examples\":[\"</products?limit=20&after=665000000000000000000201>; rel=\\\"next\\\"\"]}},"
    "\"Retry-After\":{\"description\":\"Seconds after which the call may be made again\","
    "\"required\":true,\"schema\":{\"type\":\"integer\",\"minimum\":0,\"examples\":[1]}},"
    "\"Accept-Encoding\":{\"description\":\"Where the body has a Content-Encoding: none is "
    "taken\",\"schema\":{\"type\":\"string\",\"const\":\"identity\"}},"
    "\"WWW-Authenticate\":{\"description\":\"How to say who calls\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"const\":\"Bearer\"}}}";

static const char parameters[] =
    "{\"Idempotency-Key\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"description\":\"The first success under a key is given again, for 24 hours at least\","
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[!-~]{1,255}$\","
    "\"examples\":[\"4b6ee7a2-6d3f-4c1e-9d53-0f6b0f3f8f0e\"]}},"
    "\"X-Device\":{\"name\":\"X-Device\",\"in\":\"header\","
    "\"description\":\"The X-Device of an earlier login to this account: others' failed logins do "
    "not refuse this one. Any other text is ignored\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"" DEVICE_EXAMPLE "\"]}},"
    "\"If-None-Match\":{\"name\":\"If-None-Match\",\"in\":\"header\","
    "\"description\":\"An ETag: 304 where it still holds\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"5f2b8c1d90a3e4677c04d1e98b2f6a35\\\"\"]}},"
    "\"Last-Event-ID\":{\"name\":\"Last-Event-ID\",\"in\":\"header\","
    "\"description\":\"The id of the last event that was received, as it came: 204 where "
    "nothing follows it. Ids are opaque\","
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
			note_route(&d, &parts[i], &parts[i].routes.rows[j]);
	}
	if (d.faulty)
		return ERR_INVALID;
	json_write_object(&d.w, NULL);
	json_write_text(&d.w, "openapi", "3.1.1");
	write_info(&d.w);
	write_servers(&d.w, &here, 1);
	write_tags(&d.w, parts, n);
	json_write_object(&d.w, "paths");
	for (size_t i = 0; i < d.n_calls; i++) {
		if (is_new_path(&d, i))
			write_path(&d, i);
	}
	json_write_end(&d.w);
	write_components(&d);
	json_write_end(&d.w);
	fputc('\n', out);
	return OK;
}
