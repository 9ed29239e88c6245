/*
 * The log: one JSON object per line on stderr. Each line is one write(), and contains no secrets.
 * {"time","level","service","request_id","trace_id","span_id","parent_id","user_id","msg", …}
 *
 * A line with a duration reports the end of a span: of a request, or of a call to another service.
 * Other lines report events within the span that they name. `make trace` prints them as a tree.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdint.h>

#include "ctx.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Sets the service's name, which is borrowed for the life of the process, and the lowest level that
 * is logged. Call it once, before any thread starts. */
void log_init(const char *service, enum log_level least);

/*
 * Logs an event: an identifier, and variable parts as fields.
 *
 *	log_event(LOG_INFO, ctx, "stream.replaced user_id=%s streams=%zu", user_id, n);
 *
 * writes "msg":"stream.replaced","user_id":"…","streams":3. `format` is an identifier of words
 * joined by dots, then NAME=CONVERSION fields, each after a space. The conversions are %s, %.*s,
 * %d, %u, %ld, %lld and %zu; `make check` checks each format. Texts are escaped, and truncated if
 * the line is full. `ctx` is NULL for an event of the process.
 */
void log_event(enum log_level level, const struct ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs the end of a request. `route` is the template ("/cart/{user_id}"), or "-". `code` is that of
 * an error, or NULL. */
void log_request(const struct ctx *ctx, const char *method, const char *route, int status,
		 int64_t duration_us, const char *code);

/* Logs a request of staff that changes something, before it is executed. `input` is JSON without
 * secrets, which is logged as a text and truncated to 2048 bytes; NULL: none. */
void log_staff_write(const struct ctx *ctx, const char *role, const char *method, const char *route,
		     const char *input);

/* Logs a call to another service. `traceparent` has the call's span. `status` is 0 if there was no
 * response. */
void log_call(const struct ctx *ctx, const char *traceparent, const char *method, const char *path,
	      int status, int64_t duration_us);

#endif
