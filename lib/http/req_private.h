/* The inside of a request: for the pipeline's stages and req.c alone. */
#ifndef LIB_REQ_PRIVATE_H
#define LIB_REQ_PRIVATE_H

#include "pipeline.h"

struct req {
	struct ctx ctx;
	const struct service_state *state;
	struct arena *arena;

	/* what came in */
	const struct req_source *source;
	const char *method_text;
	const char *query; /* raw */
	struct match match;
	struct binding binding;
	void *input;
	struct token token;
	bool has_token;

	/* what goes out */
	struct req_answer answer;
	const char *detail;        /* of an error, where it isn't the table's */
	struct json_object *extra; /* members of an error's JSON */
};

/* Parameters of the query, decoded; the last of a name counts. NULL where it is absent;
 * `malformed` is set where it isn't valid percent-encoding. */
const char *query_param(bool *malformed, struct arena *arena, const char *query, const char *name);

/* Turns an error into the contract's JSON. */
void req_answer_error(struct req *rq, enum err e);

#endif
