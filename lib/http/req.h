/*
 * A request as a handler sees it: who calls, the typed input, and the ways to answer. All memory
 * that comes from here lives as long as the request; a handler frees nothing.
 */
#ifndef LIB_REQ_H
#define LIB_REQ_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctx.h"
#include "route.h"
#include "shape.h"
#include "token.h"

/* The context for stores and clients. */
struct ctx *req_ctx(struct req *rq);

/* The route's input, bound and valid: a struct of the route's shape. */
const void *req_input(const struct req *rq);

/* Who calls; NULL without a token (public routes, AUTH_REQUIRED=off). */
const struct token *req_token(const struct req *rq);

/* The caller's user id where calls are bound to their user; NULL where no token was needed and
 * none was sent (AUTH_REQUIRED=off). Stores add it to their filters. */
const char *req_user_id(const struct req *rq);

/* ERR_FORBIDDEN unless the caller is that user, or nobody need say who he is. */
enum err req_may_act_for(const struct req *rq, const char *user_id) MUST_CHECK;

/* Whether the ceilings of an account hold for the caller: a customer, and AUTH_REQUIRED is on. */
bool req_is_limited(const struct req *rq);

/* A parameter that nginx sets or a header of the call (HTTP_…); NULL where it is absent. */
const char *req_param(const struct req *rq, const char *name);

/* A header of the call that may stand once: *value is NULL where it is absent. ERR_BAD_REQUEST
 * where it stands twice, as nobody could say which of them the gateway and we each look at. */
enum err req_single_param(const char **value, const struct req *rq, const char *name) MUST_CHECK;

/* The route's input as JSON text of its known fields: equal where two calls ask for the same. In
 * the arena; NULL without memory. */
const char *req_input_text(struct req *rq);

/* The same without secrets, for the log; NULL also where the route reads nothing. */
const char *req_input_log(struct req *rq);

/* ---- answers; each returns OK, or ERR_NO_MEMORY without memory ---- */

/* {"message": text}; and the JSON of it alone, in the arena, NULL without memory. */
enum err req_message(struct req *rq, const char *text) MUST_CHECK;
const char *req_message_text(struct arena *arena, const char *text);

/* A struct, or `list` of structs, through its shape. */
enum err req_reply(struct req *rq, const struct shape *shape, const void *in) MUST_CHECK;
enum err req_reply_list(struct req *rq, const struct shape *shape,
			const struct list *list) MUST_CHECK;

/* Any JSON; takes the object over. NULL counts as no memory. */
enum err req_reply_json(struct req *rq, struct json_object *object) MUST_CHECK;

/* JSON text that is there already and outlives the request (see arena_defer); the second with
 * its ETag (quoted): 304 where the caller has it. */
enum err req_reply_text(struct req *rq, const char *json, size_t len) MUST_CHECK;
enum err req_reply_tagged(struct req *rq, const char *json, size_t len,
			  const char *etag) MUST_CHECK;

/* The same, compressed (gzip.h), for a call whose req_takes_gzip(); `etag` is that of the plain
 * text, which is sent as a weak one, as both stand for the same. */
enum err req_reply_gzip(struct req *rq, const char *bytes, size_t len, const char *etag) MUST_CHECK;

/* Whether the gateway says that the client takes gzip. */
bool req_takes_gzip(const struct req *rq);

/* Text of another type than JSON, which outlives the request. */
enum err req_reply_as(struct req *rq, const char *type, const char *text, size_t len) MUST_CHECK;

/* 204: there is nothing to send. */
enum err req_no_content(struct req *rq) MUST_CHECK;

/* Adds a header; no CR or LF may be in it. */
enum err req_header(struct req *rq, const char *name, const char *value) MUST_CHECK;

/* Link: the next page of this list, by its cursor. */
enum err req_link_next(struct req *rq, const char *after) MUST_CHECK;

/* ---- refusals: a handler returns the error; these give it words of its own ---- */

/* Replaces the error's text; returns it. */
enum err req_refuse(struct req *rq, enum err e, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 3, 4)));

/* Adds a member to the error's JSON; takes the value over. Returns the error. */
enum err req_refuse_with(struct req *rq, enum err e, const char *name,
			 struct json_object *value) MUST_CHECK;

/* Adds a Retry-After of whole seconds, one at least; returns the error. */
enum err req_refuse_until(struct req *rq, enum err e, int64_t wait_ms) MUST_CHECK;

/* 422 for a field that only the handler can judge; returns ERR_INVALID. */
enum err req_invalid(struct req *rq, const char *where, const char *name,
		     const char *msg) MUST_CHECK;

#endif
