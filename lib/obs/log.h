/*
 * The log: one JSON object a line on stderr, written at once, never with a secret.
 * {"time","level","service","request_id","trace_id","span_id","parent_id","user_id","msg", …}
 *
 * A line with a duration is about a span, at its end: of a request, or of a call of another
 * service. The others are about what happened within the span that they name. `make trace` makes a
 * tree of them.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdint.h>

#include "ctx.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Once, before any thread. The name is borrowed for good. */
void log_init(const char *service, enum log_level least);

/*
 * An event: its identifier, and its variable parts as fields.
 *
 *	log_event(LOG_INFO, ctx, "stream.replaced user_id=%s streams=%zu", user_id, n);
 *
 * writes "msg":"stream.replaced","user_id":"…","streams":3. `format` is an identifier of words with
 * dots, and NAME=CONVERSION behind spaces, with the conversions %s, %.*s, %d, %u, %ld, %lld and %zu
 * (`make check` looks at each). Texts are escaped, and cut where the line is full. `ctx` may be
 * NULL: an event of the process.
 */
void log_event(enum log_level level, const struct ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The line of a request: `route` is the template ("/cart/{user_id}"), or "-". */
void log_request(const struct ctx *ctx, const char *method, const char *route, int status,
		 int64_t duration_us, const char *code);

/* The line of a call by staff that changes something, before it is done: by whom, and its input.
 * `input` is JSON text without secrets, logged as a text that is cut to a ceiling; NULL: there is
 * none. */
void log_staff_write(const struct ctx *ctx, const char *role, const char *method, const char *route,
		     const char *input);

/* The line of a call to another service, whose span is that of `traceparent`. `status` 0: there was
 * no answer. */
void log_call(const struct ctx *ctx, const char *traceparent, const char *method, const char *path,
	      int status, int64_t duration_us);

#endif
