/*
 * Calls between services: REST over libcurl to the internal listener, with a token of
 * role `service`, the request id and the trace of the work on whose behalf the call is made.
 * One kept connection a thread.
 */
#ifndef LIB_REST_H
#define LIB_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "ctx.h"
#include "shape.h"

enum { REST_ANSWER_MAX = 64 << 20 }; /* bytes: a catalogue of 100,000 products fits */

struct rest_call {
	const char *method; /* GET, POST, … */
	const char *path;   /* with query; begins with a slash */
	const char *body;   /* JSON, or NULL */
	long timeout_ms;    /* in all */
	bool once;          /* over a new connection: on a kept one that breaks before the answer,
			       libcurl would send it again */
};

struct rest_answer {
	int status;
	const char *body; /* in the context's arena, with a NUL behind it */
	size_t len;
};

/* Once, before any thread: where the internal listener is, e.g. http://127.0.0.1:8090, without a
 * slash at its end. Borrowed for good. */
enum err rest_init(const char *base_url) MUST_CHECK;

/* Makes a call. Any HTTP answer is OK, whatever its status. ERR_TIMEOUT where none arrived in time,
 * ERR_UNAVAILABLE where none will, both logged: the other side may have acted or not. */
enum err rest_do(struct rest_answer *answer, struct ctx *ctx,
		 const struct rest_call *call) MUST_CHECK;

/* Logs that an answer of another service has another form than was agreed on; ERR_BAD_ANSWER. */
enum err rest_bad_answer(const struct ctx *ctx) MUST_CHECK;

/* Reads an answer through a shape: a struct in the context's arena. ERR_BAD_ANSWER, logged, where
 * it has another form. Items that a lenient list leaves out are logged. */
enum err rest_read(const void **out, struct ctx *ctx, const struct rest_answer *answer,
		   const struct shape *shape) MUST_CHECK;

/* Likewise; *omitted is a list of the items that lenient lists left out, which are logged. */
enum err rest_read_lenient(const void **out, const struct omitted_item **omitted, struct ctx *ctx,
			   const struct rest_answer *answer, const struct shape *shape) MUST_CHECK;

/* Frees the calling thread's connection; safe where it made no call. */
void rest_thread_end(void);

#endif
