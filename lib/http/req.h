/*
 * The interface of a request for its handler: the caller, the typed input, and the answers. All
 * memory that these functions return lives as long as the request; a handler frees nothing.
 */
#ifndef LIB_REQ_H
#define LIB_REQ_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctx.h"
#include "route.h"
#include "shape.h"
#include "token.h"

/* The context for stores and for calls of other services. */
struct ctx *req_ctx(struct req *rq);

/* The route's input, bound and valid: a struct of the route's shape. */
const void *req_input(const struct req *rq);

/* The caller's token; NULL without one (public routes, AUTH_REQUIRED=off). */
const struct token *req_token(const struct req *rq);

/* The user id of the caller's token, which stores add to their filters; NULL if no token was needed
 * and none was sent (AUTH_REQUIRED=off). */
const char *req_user_id(const struct req *rq);

/* ERR_FORBIDDEN if the caller's token is of another user. OK without a token, which only routes
 * that need none accept. */
enum err req_may_act_for(const struct req *rq, const char *user_id) MUST_CHECK;

/* Whether the limits of accounts apply to the caller: a customer, while AUTH_REQUIRED is on. */
bool req_is_limited(const struct req *rq);

/* A parameter that nginx sets, or a header of the request (HTTP_…); NULL if it is absent. */
const char *req_param(const struct req *rq, const char *name);

/* A header that may occur once: *value is NULL if it is absent. ERR_BAD_REQUEST if it occurs twice,
 * because the gateway and the service might use different ones. */
enum err req_single_param(const char **value, const struct req *rq, const char *name) MUST_CHECK;

/* The route's input as JSON text of its fields, which is equal for equal input. In the arena; NULL
 * without memory. */
const char *req_input_text(struct req *rq);

/* The same without secrets, for the log; NULL also if the route has no input. */
const char *req_input_log(struct req *rq);

/* ---- answers; each returns OK, or ERR_NO_MEMORY without memory ---- */

/* Answers {"message": text}; the second returns the JSON text only, in the arena, NULL without
 * memory. */
enum err req_message(struct req *rq, const char *text) MUST_CHECK;
const char *req_message_text(struct arena *arena, const char *text);

/* A struct, or `list` of structs, through its shape. */
enum err req_reply(struct req *rq, const struct shape *shape, const void *in) MUST_CHECK;
enum err req_reply_list(struct req *rq, const struct shape *shape,
			const struct list *list) MUST_CHECK;

/* Any JSON; takes ownership of the object. NULL means no memory. */
enum err req_reply_json(struct req *rq, struct json_object *object) MUST_CHECK;

/* Rendered JSON text that outlives the request (see arena_defer). The second has an ETag (quoted),
 * and answers 304 if the client has it already. */
enum err req_reply_text(struct req *rq, const char *json, size_t len) MUST_CHECK;
enum err req_reply_tagged(struct req *rq, const char *json, size_t len,
			  const char *etag) MUST_CHECK;

/* The same, compressed (gzip.h), for a request that req_takes_gzip(). `etag` is the tag of the
 * plain text. It is sent as a weak tag, because it identifies both forms. */
enum err req_reply_gzip(struct req *rq, const char *bytes, size_t len, const char *etag) MUST_CHECK;

/* Whether the client accepts gzip, as the gateway reports. */
bool req_takes_gzip(const struct req *rq);

/* Text of another type than JSON; it outlives the request. */
enum err req_reply_as(struct req *rq, const char *type, const char *text, size_t len) MUST_CHECK;

/* 204 without a body. */
enum err req_no_content(struct req *rq) MUST_CHECK;

/* Adds a header. ERR_INTERNAL if the value has a CR or LF, or there are too many headers; NULL
 * means no memory. */
enum err req_header(struct req *rq, const char *name, const char *value) MUST_CHECK;

/* Adds a Link header to the next page of a list; `after` is its cursor. */
enum err req_link_next(struct req *rq, const char *after) MUST_CHECK;

/* ---- errors: a handler returns an error; these functions add details ---- */

/* Replaces the error's text. Returns the error. */
enum err req_refuse(struct req *rq, enum err e, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 3, 4)));

/* Adds a member to the error's JSON; takes ownership of the value. Returns the error. */
enum err req_refuse_with(struct req *rq, enum err e, const char *name,
			 struct json_object *value) MUST_CHECK;

/* Adds a Retry-After header in whole seconds, at least 1. Returns the error. */
enum err req_refuse_until(struct req *rq, enum err e, int64_t wait_ms) MUST_CHECK;

/* A validation error that only the handler can detect: 422. Returns ERR_INVALID. */
enum err req_invalid(struct req *rq, const char *where, const char *name,
		     const char *msg) MUST_CHECK;

#endif
