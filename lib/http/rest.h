/*
 * Calls between services: REST over libcurl to the internal listener, with a token of role
 * `service`, and the request id and the trace of the current work. Each thread keeps one
 * connection.
 */
#ifndef LIB_REST_H
#define LIB_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "ctx.h"
#include "shape.h"

enum { REST_ANSWER_MAX = 64 << 20 }; /* bytes; a catalogue of 100,000 products fits */

struct rest_call {
	const char *method; /* GET, POST, … */
	const char *path;   /* with the query; begins with a slash */
	const char *body;   /* JSON, or NULL */
	long timeout_ms;    /* of the whole call */
	bool once;          /* use a new connection: libcurl sends a call again if a kept
			       connection breaks before the answer */
};

struct rest_answer {
	int status;
	const char *body; /* in the context's arena; ends with a NUL */
	size_t len;
};

/* Sets the URL of the internal listener without a trailing slash (http://127.0.0.1:8090), once,
 * before any thread. The text is borrowed until the process ends. ERR_INTERNAL. */
enum err rest_init(const char *base_url) MUST_CHECK;

/* Makes a call. Any HTTP answer is OK, whatever its status. ERR_TIMEOUT if none arrived in time,
 * ERR_UNAVAILABLE if the connection failed, both logged: the other service may have acted or not.
 */
enum err rest_do(struct rest_answer *answer, struct ctx *ctx,
		 const struct rest_call *call) MUST_CHECK;

/* Logs that an answer of another service violates its contract. Returns ERR_BAD_ANSWER. */
enum err rest_bad_answer(const struct ctx *ctx) MUST_CHECK;

/* Reads an answer through a shape into a struct in the context's arena. ERR_BAD_ANSWER, logged, if
 * it doesn't fit. Items that a lenient list omits are logged. */
enum err rest_read(const void **out, struct ctx *ctx, const struct rest_answer *answer,
		   const struct shape *shape) MUST_CHECK;

/* The same; *omitted is a list of the items that lenient lists omitted. */
enum err rest_read_lenient(const void **out, const struct omitted_item **omitted, struct ctx *ctx,
			   const struct rest_answer *answer, const struct shape *shape) MUST_CHECK;

/* Frees the calling thread's connection, if it has one. */
void rest_thread_end(void);

#endif
