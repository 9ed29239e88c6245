/*
 * The pipeline: a request passes a table of stages, and the first error ends it. It doesn't depend
 * on FastCGI: its input is a list of parameters and a function that reads the body, its output a
 * status, headers and a body.
 */
#ifndef LIB_PIPELINE_H
#define LIB_PIPELINE_H

#include "req.h"

enum {
	REQ_MEMORY_MAX = 64 << 20, /* arena of a request: 10,000 products as text fit */
	REQ_BUDGET_MS =
	    2500, /* less than the gateway's timeout: the answer is our 503, not its 504 */
	REQ_HEADERS_MAX = 8,
};

/* Input of a request. */
struct req_source {
	char *const *params; /* "NAME=value", NULL after the last */
	/* Reads from the body; returns less than `size` at its end. */
	int (*read)(void *stream, char *buffer, int size);
	void *stream;
};

struct req_header {
	const char *name, *value;
};

/* Output of a request; its memory is the request's. */
struct req_answer {
	int status;
	const char *type; /* of the body; NULL: JSON */
	const char *body; /* NULL: none */
	size_t len;       /* of the body, also for HEAD, which omits it */
	bool head;
	struct req_header headers[REQ_HEADERS_MAX];
	size_t n_headers;
};

/* Shared by all requests of a process. */
struct service_state {
	const struct routes *routes; /* tables, searched in this order */
	size_t n_tables;
	struct db *db;
};

/* Memory of one request at a time, reused by its thread. NULL without memory. */
struct req *req_new(const struct service_state *state);
void req_free(struct req *rq);

/* Runs a request, logs and counts it. The answer lives until req_end(), which must follow. */
const struct req_answer *req_run(struct req *rq, const struct req_source *source);
void req_end(struct req *rq);

#endif
