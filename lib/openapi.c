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

struct document {
	struct json_writer w;
	struct call calls[OPENAPI_ROUTES_MAX];
	size_t n_calls;
	const struct shape *shapes[OPENAPI_SHAPES_MAX]; /* those with names */
	size_t n_shapes;
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

static void note_shape(struct document *d, const char *where, const struct shape *shape);

static void note_fields(struct document *d, const char *where, const struct shape *shape)
{
	for (size_t i = 0; shape && i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->type == FIELD_STRING && !f->example && f->from != FROM_QUERY)
			blame_text(d, where, f->name);
		if (f->type == FIELD_LIST)
			note_shape(d, where, f->of);
	}
}

static void note_shape(struct document *d, const char *where, const struct shape *shape)
{
	for (size_t i = 0; shape && shape->name && i < d->n_shapes; i++) {
		if (d->shapes[i] == shape)
			return;
		if (strcmp(d->shapes[i]->name, shape->name) == 0)
			blame(d, shape->name, "two shapes have this name");
	}
	note_fields(d, where, shape);
	if (!shape || !shape->name)
		return;
	if (d->n_shapes == OPENAPI_SHAPES_MAX)
		blame(d, where, "too many shapes");
	else
		d->shapes[d->n_shapes++] = shape;
}

static void note_route(struct document *d, const struct openapi_part *part,
		       const struct route *route)
{
	int answers = !!route->says[0] + !!route->gives + !!route->lists;

	if (route->access & INTERNAL)
		return;
	if (!route->summary)
		blame(d, route->path, "it has no summary");
	if (answers != 1)
		blame(d, route->path, "it should say, give or list something, and one of it");
	note_fields(d, route->path, route->input);
	note_shape(d, route->path, route->gives);
	note_shape(d, route->path, route->lists);
	for (size_t i = 0; i < ROUTE_TELLS_MAX; i++)
		note_fields(d, route->path, route->tells[i].with);
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

static void write_servers(struct json_writer *w, const char *const *urls)
{
	json_write_array(w, "servers");
	for (; *urls; urls++) {
		json_write_object(w, NULL);
		json_write_text(w, "url", *urls);
		json_write_end(w);
	}
	json_write_end(w);
}

static void write_path(struct document *d, size_t i)
{
	const struct call *first = &d->calls[i];

	json_write_object(&d->w, first->route->path);
	if (first->part->servers)
		write_servers(&d->w, first->part->servers);
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
    "Every answer carries `X-Request-ID`: the caller's, where it is valid, else one of ours. "
    "`HEAD` is "
    "wherever `GET` is. Texts are trimmed and hold no control characters; unknown members of a "
    "body "
    "are ignored. Amounts are in rupees, with two decimal places at the most; times are in UTC.";

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
static const char security_schemes[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"The access_token of POST /login\"}}";

static const char headers[] =
    "{\"X-Request-ID\":{\"description\":\"Names this call in every log\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._-]{1,64}$\"}},"
    "\"ETag\":{\"description\":\"For If-None-Match\",\"required\":true,"
    "\"schema\":{\"type\":\"string\"}},"
    "\"X-Device\":{\"description\":\"Shows at later logins that this client has logged in to the "
    "account before\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{80}$\"}},"
    "\"Link\":{\"description\":\"The next page, rel=next, where there is one\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"Retry-After\":{\"description\":\"Seconds\",\"required\":true,"
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"WWW-Authenticate\":{\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"const\":\"Bearer\"}}}";

static const char parameters[] =
    "{\"Idempotency-Key\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"description\":\"The first success under a key is given again, for 24 hours at least\","
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[!-~]{1,255}$\"}},"
    "\"X-Device\":{\"name\":\"X-Device\",\"in\":\"header\","
    "\"description\":\"The X-Device of an earlier login to this account: others' failed logins do "
    "not refuse this one. Any other text is ignored\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"If-None-Match\":{\"name\":\"If-None-Match\",\"in\":\"header\","
    "\"description\":\"An ETag: 304 where it still holds\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"Last-Event-ID\":{\"name\":\"Last-Event-ID\",\"in\":\"header\","
    "\"description\":\"The id of the last event that was received: 204 where it is the end\","
    "\"schema\":{\"type\":\"string\"}}}";

static void write_components(struct document *d)
{
	struct json_writer *w = &d->w;

	json_write_object(w, "components");
	json_write_raw(w, "securitySchemes", security_schemes);
	json_write_raw(w, "headers", headers);
	json_write_raw(w, "parameters", parameters);
	json_write_object(w, "schemas");
	for (size_t i = 0; i < d->n_shapes; i++)
		schema_write_named(w, d->shapes[i]);
	errors_write_schemas(w);
	json_write_end(w);
	json_write_object(w, "responses");
	errors_write_responses(w);
	json_write_end(w);
	json_write_end(w);
}

enum err openapi_print(FILE *out, FILE *errors, const struct openapi_part *parts, size_t n)
{
	static const char *const here[] = {"/", NULL};
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
	write_servers(&d.w, here);
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
