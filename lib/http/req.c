#include "req.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>

#include "auth.h"
#include "http_status.h"
#include "json.h"
#include "req_private.h"

struct ctx *req_ctx(struct req *rq)
{
	return &rq->ctx;
}

const void *req_input(const struct req *rq)
{
	return rq->input;
}

const struct token *req_token(const struct req *rq)
{
	return rq->has_token ? &rq->token : NULL;
}

const char *req_user_id(const struct req *rq)
{
	return rq->has_token ? rq->token.user_id : NULL;
}

enum err req_may_act_for(const struct req *rq, const char *user_id)
{
	/* The access stage accepts a call without a token only if the route needs none. */
	if (!rq->has_token || strcmp(rq->token.user_id, user_id) == 0)
		return OK;
	return ERR_FORBIDDEN;
}

bool req_is_limited(const struct req *rq)
{
	return auth_required && rq->has_token && rq->token.role & ROLES_PERSON;
}

const char *req_param(const struct req *rq, const char *name)
{
	size_t len = strlen(name);

	for (char *const *p = rq->source->params; *p; p++) {
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			return *p + len + 1;
	}
	return NULL;
}

enum err req_single_param(const char **value, const struct req *rq, const char *name)
{
	size_t len = strlen(name), n = 0;

	*value = NULL;
	for (char *const *p = rq->source->params; *p; p++) {
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=') {
			*value = *p + len + 1;
			n++;
		}
	}
	return n > 1 ? ERR_BAD_REQUEST : OK;
}

const char *req_input_text(struct req *rq)
{
	return shape_to_text(rq->arena, rq->match.route->input, rq->input);
}

const char *req_input_log(struct req *rq)
{
	const struct shape *input = rq->match.route->input;

	return input ? shape_to_log(rq->arena, input, rq->input) : NULL;
}

/* ---- answers ---- */

static enum err answer_text(struct req *rq, int status, const char *text, size_t len)
{
	rq->answer.status = status;
	rq->answer.type = NULL;
	rq->answer.body = text;
	rq->answer.len = len;
	return OK;
}

static enum err answer_json(struct req *rq, int status, struct json_object *object)
{
	const char *text;
	size_t len;

	object = arena_defer(rq->arena, json_release, object);
	text = object ? json_text(&len, object) : NULL;
	return text ? answer_text(rq, status, text, len) : ERR_NO_MEMORY;
}

enum err req_reply_json(struct req *rq, struct json_object *object)
{
	return answer_json(rq, HTTP_200, object);
}

enum err req_reply(struct req *rq, const struct shape *shape, const void *in)
{
	return req_reply_json(rq, shape_to_json(shape, in));
}

enum err req_reply_list(struct req *rq, const struct shape *shape, const struct list *list)
{
	return req_reply_json(rq, shape_list_to_json(shape, list->items, list->n));
}

static const struct field message_fields[] = {
    {.name = "message", .type = FIELD_STRING, .offset = 0},
};
static const struct shape message_out = {sizeof(const char *), message_fields, 1};

enum err req_message(struct req *rq, const char *text)
{
	return req_reply(rq, &message_out, &text);
}

const char *req_message_text(struct arena *arena, const char *text)
{
	return shape_to_text(arena, &message_out, &text);
}

enum err req_header(struct req *rq, const char *name, const char *value)
{
	struct req_answer *a = &rq->answer;

	if (!value)
		return ERR_NO_MEMORY;
	if (a->n_headers == REQ_HEADERS_MAX || strpbrk(value, "\r\n"))
		return ERR_INTERNAL;
	a->headers[a->n_headers++] = (struct req_header){name, value};
	return OK;
}

enum err req_reply_text(struct req *rq, const char *json, size_t len)
{
	return answer_text(rq, HTTP_200, json, len);
}

enum err req_reply_as(struct req *rq, const char *type, const char *text, size_t len)
{
	enum err e = answer_text(rq, HTTP_200, text, len);

	rq->answer.type = type;
	return e;
}

enum err req_no_content(struct req *rq)
{
	return answer_text(rq, HTTP_204, NULL, 0);
}

/* `weak` is the prefix of a weak tag, or "". If-None-Match is compared weakly, because the gateway
 * weakens tags when it compresses. Source: RFC 9110, 13.1.2. */
static enum err answer_tagged(struct req *rq, const char *text, size_t len, const char *weak,
			      const char *etag)
{
	const char *known = req_param(rq, "HTTP_IF_NONE_MATCH");
	bool is_known = known && strcmp(known, "*") == 0;
	enum err e = req_header(rq, "ETag", arena_printf(rq->arena, "%s%s", weak, etag));

	if (!e)
		e = req_header(rq, "Cache-Control", "no-cache");
	if (e)
		return e;
	for (const char *p = known; p && !is_known && (p = strstr(p, etag));) {
		const char *behind;

		p += strlen(etag);
		behind = p + strspn(p, " \t");
		is_known = *behind == ',' || !*behind;
	}
	if (is_known)
		return answer_text(rq, HTTP_304, NULL, 0);
	return answer_text(rq, HTTP_200, text, len);
}

enum err req_reply_tagged(struct req *rq, const char *json, size_t len, const char *etag)
{
	return answer_tagged(rq, json, len, "", etag);
}

enum err req_reply_gzip(struct req *rq, const char *bytes, size_t len, const char *etag)
{
	enum err e = answer_tagged(rq, bytes, len, "W/", etag);

	if (!e)
		e = req_header(rq, "Vary", "Accept-Encoding");
	if (!e && rq->answer.status == HTTP_200)
		e = req_header(rq, "Content-Encoding", "gzip");
	return e;
}

bool req_takes_gzip(const struct req *rq)
{
	const char *coding = req_param(rq, "ACCEPTED_CODING");

	return coding && strcmp(coding, "gzip") == 0;
}

enum err req_link_next(struct req *rq, const char *after)
{
	const struct shape *input = rq->match.route->input;
	const char *path = req_param(rq, "DOCUMENT_URI");
	char *kept = arena_strndup(rq->arena, "", 0);
	bool malformed = false;

	/* The link has this request's query without the cursor: "q=milk&limit=5&". Only fields of
	 * the route are copied, so that no other text of a client gets into the header. */
	for (size_t i = 0; kept && input && i < input->n; i++) {
		const struct field *f = &input->fields[i];
		const char *value;
		char *escaped;

		if (f->from != FROM_QUERY || strcmp(f->name, "after") == 0)
			continue;
		value = query_param(&malformed, rq->arena, rq->query, f->name);
		if (!value)
			continue;
		escaped = curl_easy_escape(NULL, value, 0);
		kept = escaped ? arena_printf(rq->arena, "%s%s=%s&", kept, f->name, escaped) : NULL;
		curl_free(escaped);
	}
	if (!kept)
		return ERR_NO_MEMORY;
	return req_header(rq, "Link",
			  arena_printf(rq->arena, "<%s?%safter=%s>; rel=\"next\"", path, kept,
				       after));
}

/* ---- errors ---- */

enum err req_refuse(struct req *rq, enum err e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rq->detail = arena_vprintf(rq->arena, format, args);
	va_end(args);
	return e;
}

enum err req_refuse_with(struct req *rq, enum err e, const char *name, struct json_object *value)
{
	if (!rq->extra)
		rq->extra = arena_defer(rq->arena, json_release, json_object_new_object());
	return json_add(rq->extra, name, value) ? e : ERR_NO_MEMORY;
}

enum err req_refuse_until(struct req *rq, enum err e, int64_t wait_ms)
{
	int64_t seconds = wait_ms > 1000 ? (wait_ms + 999) / 1000 : 1;
	enum err failed =
	    req_header(rq, "Retry-After", arena_printf(rq->arena, "%" PRId64, seconds));

	return failed ? failed : e;
}

enum err req_invalid(struct req *rq, const char *where, const char *name, const char *msg)
{
	return shape_error(&rq->binding, "value_error", where, name, msg);
}

static struct json_object *error_json(struct req *rq, enum err e)
{
	struct json_object *json = json_object_new_object();
	const struct err_info *info = err_info(e);
	bool made;

	if (e == ERR_INVALID && rq->binding.invalid)
		made = json_add(json, "detail", json_object_get(rq->binding.invalid));
	else
		made = json_add(json, "detail",
				json_object_new_string(rq->detail ? rq->detail : info->text)) &&
		       json_add(json, "code", json_object_new_string(info->code));
	if (rq->extra) {
		json_object_object_foreach(rq->extra, name, value) made =
		    made && json_add(json, name, json_object_get(value));
	}
	if (made)
		return json;
	json_object_put(json);
	return NULL;
}

void req_answer_error(struct req *rq, enum err e)
{
	static const char no_memory[] = "{\"detail\":\"Service temporarily unavailable\","
					"\"code\":\"service_temporarily_unavailable\"}";
	int status = err_info(e)->status;
	char *allow = arena_strndup(rq->arena, "", 0);
	enum err failed = OK;

	/* Source: RFC 9110, 11.6.1, 10.2.3 and 15.5.6. */
	if (status == HTTP_401)
		failed = req_header(rq, "WWW-Authenticate", "Bearer");
	if (status == HTTP_503)
		failed = req_header(rq, "Retry-After", "1");
	for (enum method m = GET; e == ERR_METHOD_NOT_ALLOWED && m < METHOD_COUNT; m++) {
		if (allow && rq->match.allowed & 1U << m)
			allow = arena_printf(rq->arena, "%s%s%s", allow, *allow ? ", " : "",
					     m == GET ? "GET, HEAD" : method_name(m));
	}
	if (allow && *allow)
		failed = req_header(rq, "Allow", allow);
	(void)failed; /* without memory the answer has the status only */
	if (answer_json(rq, status, error_json(rq, e)))
		(void)answer_text(rq, HTTP_503, no_memory, sizeof no_memory - 1);
}
