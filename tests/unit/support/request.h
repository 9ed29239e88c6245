/* Requests in memory: parameters as nginx passes them, a body, and the answer. */
#ifndef TESTS_LIB_REQUEST_H
#define TESTS_LIB_REQUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "log.h"
#include "pipeline.h"
#include "token.h"

enum { CALL_PARAMS_MAX = 16, CALL_MEMORY = 1 << 20 };

struct call {
	const char *method, *path;
	const char *query; /* NULL: none */
	const char *token; /* a header "Authorization: Bearer …"; NULL: none */
	const char *body;  /* with its CONTENT_LENGTH; NULL: none */
	/* Further parameters "NAME=value". They precede the others, and the first of a name is
	 * used. */
	const char *params[4];
};

/* The request of the current test. */
static struct {
	struct arena *arena; /* memory of the test itself, until calls_end() */
	struct req *rq;
	const struct req_answer *answer;
	bool under_way;
	const char *unread; /* rest of the body */
	int reads;
} calls;

static inline void calls_begin(const struct service_state *service)
{
	calls.arena = arena_new(CALL_MEMORY);
	calls.rq = req_new(service);
	assert_non_null(calls.arena);
	assert_non_null(calls.rq);
}

static inline void calls_end(void)
{
	if (calls.under_way)
		req_end(calls.rq);
	calls.under_way = false;
	req_free(calls.rq);
	arena_free(calls.arena);
}

static inline const char *token_for(const char *user_id, enum role role)
{
	const char *text = NULL;

	assert_int_equal(token_sign(&text, calls.arena, user_id, role, 60), OK);
	return text;
}

static inline int read_body(void *stream, char *buffer, int size)
{
	size_t len = strlen(calls.unread);

	(void)stream;
	calls.reads++;
	if (len > (size_t)size)
		len = (size_t)size;
	memcpy(buffer, calls.unread, len);
	calls.unread += len;
	return (int)len;
}

/* Adds a parameter if it has a value. */
static inline void add_param(char **params, size_t *n, const char *name, const char *value)
{
	if (!value)
		return;
	assert_true(*n < CALL_PARAMS_MAX);
	params[*n] = arena_printf(calls.arena, "%s%s", name, value);
	assert_non_null(params[(*n)++]);
}

/* Runs a call. The last call's answer becomes invalid. */
static inline void call(const struct call *c)
{
	char *params[CALL_PARAMS_MAX + 1] = {NULL};
	struct req_source source = {.params = params, .read = read_body};
	size_t n = 0;

	if (calls.under_way)
		req_end(calls.rq);
	for (size_t i = 0; i < sizeof c->params / sizeof c->params[0]; i++)
		add_param(params, &n, "", c->params[i]);
	add_param(params, &n, "REQUEST_METHOD=", c->method);
	add_param(params, &n, "DOCUMENT_URI=", c->path);
	add_param(params, &n, "QUERY_STRING=", c->query ? c->query : "");
	add_param(params, &n, "HTTP_AUTHORIZATION=Bearer ", c->token);
	add_param(params, &n, "CONTENT_LENGTH=",
		  c->body ? arena_printf(calls.arena, "%zu", strlen(c->body)) : "");
	calls.unread = c->body ? c->body : "";
	calls.reads = 0;
	calls.under_way = true;
	calls.answer = req_run(calls.rq, &source);
}

/* A header of the answer, or NULL. */
static inline const char *header(const char *name)
{
	for (size_t i = 0; i < calls.answer->n_headers; i++) {
		if (strcmp(calls.answer->headers[i].name, name) == 0)
			return calls.answer->headers[i].value;
	}
	return NULL;
}

static inline void assert_answer(int status, const char *body)
{
	assert_non_null(calls.answer->body);
	assert_string_equal(arena_strndup(calls.arena, calls.answer->body, calls.answer->len),
			    body);
	assert_int_equal(calls.answer->status, status);
}

static inline void assert_error(int status, const char *detail, const char *code)
{
	assert_answer(status, arena_printf(calls.arena, "{\"detail\":\"%s\",\"code\":\"%s\"}",
					   detail, code));
}

#endif
