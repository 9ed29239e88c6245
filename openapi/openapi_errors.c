#include "openapi_errors.h"

#include <stdlib.h>
#include <string.h>

#include "openapi_schema.h"

enum { REFUSALS_MAX = 40, DESCRIPTION_MAX = 1024 };

/* One error of a call. */
struct refusal {
	struct err_info info;
	const struct shape *with; /* members beside detail and code; NULL: none */
	bool own;                 /* of this call; else of all calls that it is common to */
};

struct refusals {
	struct refusal rows[REFUSALS_MAX];
	size_t n;
};

/* ---- what follows from a row ---- */

static bool is_any(const struct route *route)
{
	(void)route;
	return true;
}

static bool needs_token(const struct route *route)
{
	return !(route->access & ROUTE_PUBLIC);
}

static bool has_body(const struct route *route)
{
	return route->input && shape_has(route->input, FROM_BODY);
}

/* A slash in it makes it another path. */
static bool has_path(const struct route *route)
{
	return route->input && shape_has(route->input, FROM_PATH);
}

static bool is_validated(const struct route *route)
{
	bool validated = has_body(route) || route->flags & ROUTE_IDEMPOTENT;

	for (size_t i = 0; route->input && i < route->input->n; i++)
		validated = validated || !route->input->fields[i].unknown;
	return validated;
}

static const struct {
	bool (*of)(const struct route *route);
	enum err e;
} commons[] = {
    {is_any, ERR_BAD_REQUEST},       {needs_token, ERR_MISSING_TOKEN},
    {needs_token, ERR_TOKEN_FORMAT}, {needs_token, ERR_TOKEN},
    {needs_token, ERR_FORBIDDEN}, /* of a service on a public listener, at least */
    {has_path, ERR_NOT_FOUND},       {is_any, ERR_BODY_TOO_LARGE},
    {is_any, ERR_URI_TOO_LONG},      {has_body, ERR_UNSUPPORTED_MEDIA},
    {is_validated, ERR_INVALID},     {is_any, ERR_TOO_MANY_REQUESTS},
    {is_any, ERR_HEADER_TOO_LARGE},  {is_any, ERR_BAD_GATEWAY},
    {is_any, ERR_UNAVAILABLE},       {is_any, ERR_GATEWAY_TIMEOUT},
};

enum { N_COMMONS = sizeof commons / sizeof commons[0] };

static struct refusal common(size_t i)
{
	return (struct refusal){.info = *err_info(commons[i].e)};
}

/* ---- all of a call's ---- */

/* In the order of their statuses; one that is known already may get members. */
static void add(struct refusals *all, struct refusal refusal)
{
	size_t at = all->n;

	for (size_t i = 0; i < all->n; i++) {
		struct refusal *r = &all->rows[i];

		if (r->info.status == refusal.info.status &&
		    strcmp(r->info.code, refusal.info.code) == 0) {
			r->with = refusal.with ? refusal.with : r->with;
			r->own = r->own || refusal.with;
			return;
		}
	}
	if (all->n == REFUSALS_MAX)
		abort(); /* a table of ours is larger than we thought */
	for (; at && all->rows[at - 1].info.status > refusal.info.status; at--)
		all->rows[at] = all->rows[at - 1];
	all->rows[at] = refusal;
	all->n++;
}

static void add_own(struct refusals *all, enum err e, const struct shape *with)
{
	if (e)
		add(all, (struct refusal){.info = *err_info(e), .with = with, .own = true});
}

static void collect(struct refusals *all, const struct route *route)
{
	all->n = 0;
	for (size_t i = 0; i < ROUTE_ERRORS_MAX; i++)
		add_own(all, route->errors[i], NULL);
	for (size_t i = 0; route->input && i < route->input->n; i++)
		add_own(all, route->input->fields[i].unknown, NULL);
	if (route->flags & ROUTE_IDEMPOTENT)
		add_own(all, ERR_IDEMPOTENCY_KEY, NULL);
	if (route->flags & ROUTE_STREAM)
		add_own(all, ERR_WEBSOCKET, NULL);
	for (size_t i = 0; i < N_COMMONS; i++) {
		if (commons[i].of(route))
			add(all, common(i));
	}
	for (size_t i = 0; i < ROUTE_DETAILS_MAX; i++)
		add_own(all, route->error_details[i].error, route->error_details[i].shape);
}

/* ---- a response ---- */

void headers_write(struct json_writer *w, const char *const *names)
{
	char to[128];

	json_write_object(w, "headers");
	for (; *names; names++) {
		snprintf(to, sizeof to, "#/components/headers/%s", *names);
		json_write_object(w, *names);
		json_write_text(w, "$ref", to);
		json_write_end(w);
	}
	json_write_end(w);
}

/* Source: RFC 9110, 11.6.1, 12.5.3 and 10.2.3. */
static void write_headers(struct json_writer *w, int status)
{
	const char *names[] = {"X-Request-ID", NULL, NULL};

	if (status == 401)
		names[1] = "WWW-Authenticate";
	if (status == 415)
		names[1] = "Accept-Encoding";
	if (status == 429 || status >= 502)
		names[1] = "Retry-After";
	headers_write(w, names);
}

static void write_description(struct json_writer *w, const struct refusal *rows, size_t n)
{
	char text[DESCRIPTION_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < n && len < sizeof text; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s (`%s`)", i ? "; " : "",
					rows[i].info.text, rows[i].info.code);
	json_write_text(w, "description", text);
}

static bool is_validation(const struct refusal *row)
{
	return strcmp(row->info.code, err_info(ERR_INVALID)->code) == 0;
}

static void write_examples(struct json_writer *w, const struct refusal *rows, size_t n)
{
	json_write_object(w, "examples");
	for (size_t i = 0; i < n; i++) {
		json_write_object(w, rows[i].info.code);
		json_write_object(w, "value");
		json_write_text(w, "detail", rows[i].info.text);
		json_write_text(w, "code", rows[i].info.code);
		if (rows[i].with)
			example_write_members(w, rows[i].with);
		json_write_end(w);
		json_write_end(w);
	}
	json_write_end(w);
}

/* What fails validation is told as a list of all that is wrong. */
static void write_invalid(struct json_writer *w)
{
	json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/ValidationError\"}");
	json_write_raw(w, "example",
		       "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"email\"],"
		       "\"msg\":\"Field required\"}]}");
}

/* Errors of one status, as the response `name`. */
static void write_response(struct json_writer *w, const char *name, const struct refusal *rows,
			   size_t n)
{
	json_write_object(w, name);
	write_description(w, rows, n);
	write_headers(w, rows->info.status);
	json_write_object(w, "content");
	json_write_object(w, "application/json");
	if (is_validation(rows)) {
		write_invalid(w);
	} else {
		json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/Error\"}");
		write_examples(w, rows, n);
	}
	json_write_end(w);
	json_write_end(w);
	json_write_end(w);
}

/* ---- groups of one status ---- */

static size_t same_status(const struct refusals *all, size_t from)
{
	size_t n = 1;

	while (from + n < all->n && all->rows[from + n].info.status == all->rows[from].info.status)
		n++;
	return n;
}

static bool any_own(const struct refusal *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].own)
			return true;
	}
	return false;
}

void errors_write(struct json_writer *w, const struct route *route)
{
	struct refusals all;
	char status[16], shared[64];
	size_t n;

	collect(&all, route);
	for (size_t i = 0; i < all.n; i += n) {
		n = same_status(&all, i);
		snprintf(status, sizeof status, "%d", all.rows[i].info.status);
		if (any_own(&all.rows[i], n)) {
			write_response(w, status, &all.rows[i], n);
			continue;
		}
		snprintf(shared, sizeof shared, "#/components/responses/Error%s", status);
		json_write_object(w, status);
		json_write_text(w, "$ref", shared);
		json_write_end(w);
	}
}

void errors_write_responses(struct json_writer *w)
{
	struct refusals all = {.n = 0};
	char name[64];
	size_t n;

	for (size_t i = 0; i < N_COMMONS; i++)
		add(&all, common(i));
	for (size_t i = 0; i < all.n; i += n) {
		n = same_status(&all, i);
		snprintf(name, sizeof name, "Error%d", all.rows[i].info.status);
		write_response(w, name, &all.rows[i], n);
	}
}

static void write_error(struct json_writer *w, const struct told *told, size_t n)
{
	json_write_object(w, "Error");
	json_write_text(w, "type", "object");
	json_write_text(w, "description",
			"Which codes a call may be refused with stands at each of its statuses");
	json_write_raw(w, "required", "[\"detail\",\"code\"]");
	json_write_object(w, "properties");
	json_write_raw(w, "detail",
		       "{\"type\":\"string\",\"description\":\"For people; it may change\"}");
	json_write_raw(w, "code",
		       "{\"type\":\"string\",\"description\":\"For programs; it stays\"}");
	for (size_t i = 0; i < n; i++)
		schema_write_detail(w, told[i].field, err_info(told[i].refusal)->code);
	json_write_end(w);
	json_write_end(w);
}

void errors_write_schemas(struct json_writer *w, const struct told *told, size_t n)
{
	write_error(w, told, n);
	/* As shape_error() makes them; a position in malformed JSON is text, too. */
	json_write_raw(w, "ValidationError",
		       "{\"type\":\"object\",\"required\":[\"detail\"],\"properties\":{\"detail\":"
		       "{\"type\":\"array\",\"minItems\":1,"
		       "\"items\":{\"$ref\":\"#/components/schemas/ValidationErrorItem\"}}}}");
	json_write_raw(
	    w, "ValidationErrorItem",
	    "{\"type\":\"object\",\"required\":[\"type\",\"loc\",\"msg\"],\"properties\":{"
	    "\"type\":{\"type\":\"string\"},"
	    "\"loc\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
	    "\"msg\":{\"type\":\"string\"}}}");
}
