#include "pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth.h"
#include "call_limit.h"
#include "clock.h"
#include "json.h"
#include "log.h"
#include "req_private.h"
#include "route_metrics.h"
#include "span.h"

/* ---- stages ---- */

/* nginx sets LISTENER. A client can't: its header of that name is HTTP_LISTENER. */
static bool is_internal(const struct req *rq)
{
	return req_param(rq, "LISTENER") != NULL;
}

static enum err stage_route(struct req *rq)
{
	const char *path = req_param(rq, "DOCUMENT_URI");
	enum method method = method_parse(rq->method_text);
	unsigned allowed = 0;
	enum err e = ERR_NOT_FOUND;

	if (!path)
		return ERR_BAD_REQUEST;
	for (size_t i = 0; i < rq->state->n_tables; i++) {
		e = route_match(&rq->match, rq->arena, &rq->state->routes[i], method, path);
		if (!e || e == ERR_NO_MEMORY)
			break;
		allowed |= rq->match.allowed;
	}
	if (e && allowed) {
		rq->match.allowed = allowed;
		return ERR_METHOD_NOT_ALLOWED;
	}
	/* Public listeners don't reveal internal routes: 404, not 403. */
	if (!e && rq->match.route->access & ROUTE_INTERNAL && !is_internal(rq))
		return ERR_NOT_FOUND;
	return e;
}

static enum err stage_access(struct req *rq)
{
	static const char scheme[] = "Bearer ";
	unsigned access = rq->match.route->access;
	const char *header;
	enum err e;

	if (access & ROUTE_PUBLIC)
		return OK;
	e = req_single_param(&header, rq, "HTTP_AUTHORIZATION");
	if (e)
		return e;
	if (!header || !*header)
		return access & ROUTE_AUTH_OPTIONAL && !auth_required ? OK : ERR_MISSING_TOKEN;
	if (strncasecmp(header, scheme, sizeof scheme - 1) != 0)
		return ERR_TOKEN_FORMAT;
	/* One or more spaces follow the scheme. Source: RFC 9110, 11.4. */
	header += sizeof scheme - 1;
	header += strspn(header, " ");
	if (!*header || strpbrk(header, " \t,"))
		return ERR_TOKEN_FORMAT;
	e = token_verify(&rq->token, header);
	if (e)
		return e;
	rq->has_token = true;
	if (rq->token.role & ROLES_SERVICE && !is_internal(rq))
		return ERR_FORBIDDEN;
	if (!(rq->token.role & ROLES_SERVICE))
		rq->ctx.user_id = rq->token.user_id;
	return access & rq->token.role ? OK : ERR_FORBIDDEN;
}

/* Staff and services are exempt; with AUTH_REQUIRED=off all callers are. */
static enum err stage_limit(struct req *rq)
{
	int64_t wait_ms;
	enum err e;

	if (!(rq->match.route->flags & ROUTE_LIMITED) || !req_is_limited(rq))
		return OK;
	e = call_limit_count(&wait_ms, CALLS_ROUTE, rq->token.user_id, clock_mono_ms());
	return e ? req_refuse_until(rq, e, wait_ms) : OK;
}

/* Accepts application/json with any parameters, because none changes its meaning (RFC 9110, 8.3.1),
 * and no content coding. The answer to another coding names the accepted one (RFC 9110, 8.4 and
 * 15.5.16). */
static enum err check_media_type(struct req *rq)
{
	static const char json[] = "application/json";
	const char *type = req_param(rq, "CONTENT_TYPE");
	size_t len = sizeof json - 1;
	const char *coding;
	enum err e;

	if (type && *type &&
	    (strncasecmp(type, json, len) != 0 || (type[len] && !strchr("; \t", type[len]))))
		return ERR_UNSUPPORTED_MEDIA;
	e = req_single_param(&coding, rq, "HTTP_CONTENT_ENCODING");
	if (!e && (!coding || !*coding || strcasecmp(coding, "identity") == 0))
		return OK;
	e = req_header(rq, "Accept-Encoding", "identity");
	return e ? e : ERR_UNSUPPORTED_MEDIA;
}

/* Parses the body into the binding. A byte order mark is ignored (RFC 8259, 8.1). */
static enum err parse_body(struct req *rq, const char *text, size_t len)
{
	static const char bom[] = "\xEF\xBB\xBF";
	size_t skipped = 0, at;
	enum err e;

	if (len >= sizeof bom - 1 && memcmp(text, bom, sizeof bom - 1) == 0)
		skipped = sizeof bom - 1;
	text += skipped;
	len -= skipped;
	if (!len)
		return shape_error(&rq->binding, "missing", "body", NULL, "Field required");
	e = json_parse(&rq->binding.body, &at, rq->arena, text, len);
	if (e == ERR_INVALID) {
		const char *where = arena_printf(rq->arena, "%zu", skipped + at);
		const char *why =
		    arena_printf(rq->arena, "JSON decode error: %s", json_reason(text, len));

		return why ? shape_error(&rq->binding, "json_invalid", "body", where, why)
			   : ERR_NO_MEMORY;
	}
	if (!e && json_object_get_type(rq->binding.body) != json_type_object)
		return shape_error(
		    &rq->binding, "model_attributes_type", "body", NULL,
		    "Input should be a valid dictionary or object to extract fields from");
	return e;
}

static enum err stage_body(struct req *rq)
{
	const struct shape *input = rq->match.route->input;
	const char *length = req_param(rq, "CONTENT_LENGTH");
	size_t digits = length ? strspn(length, "0123456789") : 0;
	char *text;
	size_t len;
	enum err e;

	if (!input || !shape_has(input, FROM_BODY))
		return OK;
	e = check_media_type(rq);
	if (e)
		return e;
	if (length && length[digits])
		return ERR_BAD_REQUEST;
	if (digits > 9)
		return ERR_BODY_TOO_LARGE;
	len = digits ? strtoul(length, NULL, 10) : 0;
	if (len > route_body_max(rq->match.route))
		return ERR_BODY_TOO_LARGE;
	text = arena_alloc(rq->arena, len + 1);
	if (!text)
		return ERR_NO_MEMORY;
	/* A truncated body is a failure of the connection, not malformed JSON. */
	if (len && rq->source->read(rq->source->stream, text, (int)len) != (int)len)
		return ERR_BAD_REQUEST;
	return parse_body(rq, text, len);
}

/* Text of a field from the query or the path; NULL if it is absent. */
static const char *input_text(void *source, const struct field *f)
{
	struct req *rq = source;
	const struct match *m = &rq->match;
	bool malformed = false;
	const char *value;

	if (f->from == FROM_QUERY) {
		value = query_param(&malformed, rq->arena, rq->query, f->name);
		return malformed ? "\xFF" : value; /* not UTF-8: a validation error of the field */
	}
	for (size_t i = 0; i < m->n; i++) {
		if (strlen(f->name) == m->names[i].len &&
		    memcmp(f->name, m->names[i].text, m->names[i].len) == 0)
			return m->params[i];
	}
	return NULL;
}

static enum err stage_bind(struct req *rq)
{
	const struct shape *input = rq->match.route->input;

	if (!input)
		return OK;
	rq->binding.text = input_text;
	rq->binding.source = rq;
	return shape_bind(&rq->input, &rq->binding, input);
}

static enum err stage_handle(struct req *rq)
{
	const struct route *route = rq->match.route;

	/* Logged before the change, so that no change lacks its line after a crash. */
	if (rq->has_token && rq->token.role & ROLES_STAFF && route->method != GET)
		log_staff_write(&rq->ctx, role_name(rq->token.role), method_name(route->method),
				route->path, req_input_log(rq));
	return route->run(rq);
}

static enum err (*const stages[])(struct req *rq) = {
    stage_route,  /* finds the row */
    stage_access, /* verifies the token and the role */
    stage_limit,  /* counts the call against the account's limit */
    stage_body,   /* reads and parses the body */
    stage_bind,   /* fills the row's input; reports all validation errors at once */
    stage_handle,
};

/* ---- the request ---- */

struct req *req_new(const struct service_state *state)
{
	struct req *rq = calloc(1, sizeof *rq);

	if (!rq)
		return NULL;
	rq->state = state;
	rq->arena = arena_new(REQ_MEMORY_MAX);
	if (rq->arena)
		return rq;
	free(rq);
	return NULL;
}

void req_free(struct req *rq)
{
	if (!rq)
		return;
	arena_free(rq->arena);
	free(rq);
}

/* Counts and logs a request, and exports its span. */
static void req_note(struct req *rq, enum err e, int64_t began_us)
{
	int64_t duration = clock_mono_us() - began_us;
	struct route *route = rq->match.route;

	route_count(route, rq->answer.status, duration);
	if (e == ERR_NO_MEMORY)
		log_event(LOG_ERROR, &rq->ctx, "request.out_of_memory");
	if (e || !route || !(route->flags & ROUTE_NO_ACCESS_LOG))
		log_request(&rq->ctx, rq->method_text, route ? route->path : "-", rq->answer.status,
			    duration, e ? err_info(e)->code : NULL);
	/* A client's trace isn't the parent of the span; the span has a link to it. */
	span_note(&rq->ctx, &(struct span_end){
				.type = SPAN_REQUEST,
				.link = req_param(rq, "CLIENT_TRACEPARENT"),
				.client_request_id = req_param(rq, "CLIENT_REQUEST_ID"),
				.verb = route ? method_name(route->method) : "_OTHER",
				.target = route ? route->path : NULL,
				.status = rq->answer.status,
				.failed = rq->answer.status >= 500,
				.duration_us = duration,
			    });
}

const struct req_answer *req_run(struct req *rq, const struct req_source *source)
{
	int64_t began_us = clock_mono_us();
	const char *method, *query;
	enum err e = OK;

	*rq = (struct req){.state = rq->state, .arena = rq->arena, .source = source};
	rq->binding.arena = rq->arena;
	ctx_begin(&rq->ctx, rq->arena, rq->state->db, REQ_BUDGET_MS);
	ctx_set_ids(&rq->ctx, req_param(rq, "REQUEST_ID"), req_param(rq, "TRACEPARENT"));
	method = req_param(rq, "REQUEST_METHOD");
	rq->method_text = method ? method : "";
	query = req_param(rq, "QUERY_STRING");
	rq->query = query ? query : "";
	rq->answer.head = strcmp(rq->method_text, "HEAD") == 0;
	for (size_t i = 0; i < sizeof stages / sizeof stages[0] && !e; i++)
		e = stages[i](rq);
	if (e)
		req_answer_error(rq, e);
	req_note(rq, e, began_us);
	return &rq->answer;
}

void req_end(struct req *rq)
{
	ctx_end(&rq->ctx);
}
