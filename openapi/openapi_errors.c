#include "openapi_errors.h"

#include <stdlib.h>
#include <string.h>

#include "openapi_schema.h"

enum { CALL_ERRORS_MAX = 40, DESCRIPTION_MAX = 1024 };

/* One error of a call. */
struct call_error {
	struct err_info info;
	const struct shape *details; /* members in addition to detail and code; NULL: none */
	bool own;                    /* not one of the common errors */
};

struct call_errors {
	struct call_error rows[CALL_ERRORS_MAX]; /* sorted by status */
	size_t n;
};

/* ---- common errors ---- */

/* What a route has, if it has certain errors. */
enum trait {
	ANY = 1,
	TOKEN = 2,
	BODY = 4,
	PATH = 8,
	VALIDATION = 16,
};

static const struct {
	enum trait trait;
	enum err e;
} commons[] = {
    {ANY, ERR_BAD_REQUEST},    {TOKEN, ERR_MISSING_TOKEN},   {TOKEN, ERR_TOKEN_FORMAT},
    {TOKEN, ERR_TOKEN},        {TOKEN, ERR_FORBIDDEN}, /* for example, for a service token on a
							  public listener */
    {PATH, ERR_NOT_FOUND}, /* a slash in a parameter makes it another path */
    {ANY, ERR_BODY_TOO_LARGE}, {ANY, ERR_URI_TOO_LONG},      {BODY, ERR_UNSUPPORTED_MEDIA},
    {VALIDATION, ERR_INVALID}, {ANY, ERR_TOO_MANY_REQUESTS}, {ANY, ERR_HEADER_TOO_LARGE},
    {ANY, ERR_BAD_GATEWAY},    {ANY, ERR_UNAVAILABLE},       {ANY, ERR_GATEWAY_TIMEOUT},
};

enum { N_COMMONS = sizeof commons / sizeof commons[0] };

/* ---- all errors of a call ---- */

/* Inserts an error in the order of statuses. If it is known already, adds the details to it. */
static void add(struct call_errors *all, enum err e, const struct shape *details, bool own)
{
	struct call_error error = {.info = *err_info(e), .details = details, .own = own};
	size_t at = all->n;

	if (!e)
		return;
	for (size_t i = 0; i < all->n; i++) {
		struct call_error *row = &all->rows[i];

		if (row->info.status == error.info.status &&
		    strcmp(row->info.code, error.info.code) == 0) {
			row->details = details ? details : row->details;
			row->own = row->own || details;
			return;
		}
	}
	if (all->n == CALL_ERRORS_MAX)
		abort(); /* a route has more errors than there is room for */
	for (; at && all->rows[at - 1].info.status > error.info.status; at--)
		all->rows[at] = all->rows[at - 1];
	all->rows[at] = error;
	all->n++;
}

static void collect(struct call_errors *all, const struct route *route)
{
	unsigned traits = ANY;

	if (!(route->access & ROUTE_PUBLIC))
		traits |= TOKEN;
	if (route->input && shape_has(route->input, FROM_PATH))
		traits |= PATH;
	if (route->input && shape_has(route->input, FROM_BODY))
		traits |= BODY | VALIDATION;
	if (route->flags & ROUTE_IDEMPOTENT)
		traits |= VALIDATION;
	for (size_t i = 0; route->input && i < route->input->n; i++) {
		if (!route->input->fields[i].unknown)
			traits |= VALIDATION;
	}
	all->n = 0;
	for (size_t i = 0; i < ROUTE_ERRORS_MAX; i++)
		add(all, route->errors[i], NULL, true);
	for (size_t i = 0; route->input && i < route->input->n; i++)
		add(all, route->input->fields[i].unknown, NULL, true);
	if (route->flags & ROUTE_IDEMPOTENT)
		add(all, ERR_IDEMPOTENCY_KEY, NULL, true);
	if (route->flags & ROUTE_STREAM)
		add(all, ERR_WEBSOCKET, NULL, true);
	for (size_t i = 0; i < N_COMMONS; i++) {
		if (commons[i].trait & traits)
			add(all, commons[i].e, NULL, false);
	}
	for (size_t i = 0; i < ROUTE_DETAILS_MAX; i++)
		add(all, route->error_details[i].error, route->error_details[i].shape, true);
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

static void write_examples(struct json_writer *w, const struct call_error *rows, size_t n)
{
	json_write_object(w, "examples");
	for (size_t i = 0; i < n; i++) {
		json_write_object(w, rows[i].info.code);
		json_write_object(w, "value");
		json_write_text(w, "detail", rows[i].info.text);
		json_write_text(w, "code", rows[i].info.code);
		if (rows[i].details)
			example_write_members(w, rows[i].details);
		json_write_end(w);
		json_write_end(w);
	}
	json_write_end(w);
}

/* Writes the errors of one status as the response `name`. */
static void write_response(struct json_writer *w, const char *name, const struct call_error *rows,
			   size_t n)
{
	const char *headers[] = {"X-Request-ID", NULL, NULL};
	int status = rows->info.status;
	char text[DESCRIPTION_MAX] = "";
	size_t len = 0;

	/* Source: RFC 9110, 11.6.1, 12.5.3 and 10.2.3. */
	if (status == 401)
		headers[1] = "WWW-Authenticate";
	if (status == 415)
		headers[1] = "Accept-Encoding";
	if (status == 429 || status >= 502)
		headers[1] = "Retry-After";
	for (size_t i = 0; i < n && len < sizeof text; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s (`%s`)", i ? "; " : "",
					rows[i].info.text, rows[i].info.code);
	json_write_object(w, name);
	json_write_text(w, "description", text);
	headers_write(w, headers);
	json_write_object(w, "content");
	json_write_object(w, "application/json");
	if (strcmp(rows->info.code, err_info(ERR_INVALID)->code) == 0) {
		json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/ValidationError\"}");
		json_write_raw(w, "example",
			       "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"email\"],"
			       "\"msg\":\"Field required\"}]}");
	} else {
		json_write_raw(w, "schema", "{\"$ref\":\"#/components/schemas/Error\"}");
		write_examples(w, rows, n);
	}
	json_write_end(w);
	json_write_end(w);
	json_write_end(w);
}

/* ---- groups of one status ---- */

static size_t same_status(const struct call_errors *all, size_t from)
{
	size_t n = 1;

	while (from + n < all->n && all->rows[from + n].info.status == all->rows[from].info.status)
		n++;
	return n;
}

void errors_write(struct json_writer *w, const struct route *route)
{
	struct call_errors all;
	char status[16], shared[64];
	size_t n;

	collect(&all, route);
	for (size_t i = 0; i < all.n; i += n) {
		bool own = false;

		n = same_status(&all, i);
		for (size_t j = i; j < i + n; j++)
			own = own || all.rows[j].own;
		snprintf(status, sizeof status, "%d", all.rows[i].info.status);
		if (own) {
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
	struct call_errors all = {.n = 0};
	char name[64];
	size_t n;

	for (size_t i = 0; i < N_COMMONS; i++)
		add(&all, commons[i].e, NULL, false);
	for (size_t i = 0; i < all.n; i += n) {
		n = same_status(&all, i);
		snprintf(name, sizeof name, "Error%d", all.rows[i].info.status);
		write_response(w, name, &all.rows[i], n);
	}
}

void errors_write_schemas(struct json_writer *w, const struct error_detail *details, size_t n)
{
	json_write_object(w, "Error");
	json_write_text(w, "type", "object");
	json_write_text(w, "description", "Each status of a call lists the codes that it can have");
	json_write_raw(w, "required", "[\"detail\",\"code\"]");
	json_write_object(w, "properties");
	json_write_raw(w, "detail",
		       "{\"type\":\"string\",\"description\":\"For people; it may change\"}");
	json_write_raw(w, "code",
		       "{\"type\":\"string\",\"description\":\"For programs; it is stable\"}");
	for (size_t i = 0; i < n; i++)
		schema_write_detail(w, details[i].field, err_info(details[i].error)->code);
	json_write_end(w);
	json_write_end(w);
	/* As shape_error() creates them. A position in malformed JSON is a string, too. */
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
