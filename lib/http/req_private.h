/* The struct of a request, for the pipeline's stages and req.c only. */
#ifndef LIB_REQ_PRIVATE_H
#define LIB_REQ_PRIVATE_H

#include "pipeline.h"

struct req {
	struct ctx ctx;
	const struct service_state *state;
	struct arena *arena;

	/* input */
	const struct req_source *source;
	const char *method_text;
	const char *query; /* raw */
	struct match match;
	struct binding binding;
	void *input;
	struct token token;
	bool has_token;

	/* output */
	struct req_answer answer;
	const char *detail;        /* text of an error, if not that of the error table */
	struct json_object *extra; /* members of an error's JSON */
};

/* A decoded parameter of the query; of several with the same name the last one. NULL if it is
 * absent or its percent-encoding is invalid, which sets *malformed. */
const char *query_param(bool *malformed, struct arena *arena, const char *query, const char *name);

/* Answers with the JSON of an error, as the API's contract describes it. */
void req_answer_error(struct req *rq, enum err e);

#endif
