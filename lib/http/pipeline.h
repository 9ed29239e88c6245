/*
 * The pipeline: a request goes through a table of stages, and the first error ends it.
 * Knows nothing of FastCGI: what comes in is a list of parameters and a reader of the body, what
 * goes out is a status, headers and a body.
 */
#ifndef LIB_PIPELINE_H
#define LIB_PIPELINE_H

#include "req.h"

enum {
	REQ_MEMORY_MAX = 64 << 20, /* arena of a request: 10,000 products as text fit */
	REQ_BUDGET_MS = 2500,      /* less than the gateway's patience: we answer 503, not it 504 */
	REQ_HEADERS_MAX = 8,
};

/* What a request brings. */
struct req_source {
	char *const *params; /* "NAME=value", NULL behind the last */
	int (*read)(void *stream, char *buffer,
		    int size); /* of the body; less than size: its end */
	void *stream;
};

struct req_header {
	const char *name, *value;
};

/* What the pipeline made of it; in memory of the request. */
struct req_answer {
	int status;
	const char *type; /* of the body; NULL: JSON */
	const char *body; /* NULL: none */
	size_t len;       /* of the body, also where HEAD leaves it out */
	bool head;
	struct req_header headers[REQ_HEADERS_MAX];
	size_t n_headers;
};

/* What all requests of a process share. */
struct service_state {
	const struct routes *routes; /* tables that are looked through in this order */
	size_t n_tables;
	struct db *db;
};

/* A thread's place for one request at a time. NULL without memory. */
struct req *req_new(const struct service_state *state);
void req_free(struct req *rq);

/* Runs a request; the answer lives until req_end(), which must follow. Logs and counts it. */
const struct req_answer *req_run(struct req *rq, const struct req_source *source);
void req_end(struct req *rq);

#endif
