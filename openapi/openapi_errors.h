/* What a call may be refused with: for openapi.c alone. */
#ifndef OPENAPI_OPENAPI_ERRORS_H
#define OPENAPI_OPENAPI_ERRORS_H

#include "err.h"
#include "json_writer.h"
#include "route.h"

/* A member of an error's answer. */
struct told {
	const struct field *field;
	enum err refusal;
};

/* Members `responses` of a call: each status, with all that comes under it. */
void errors_write(struct json_writer *w, const struct route *route);

/* What the calls share, as components: responses, and schemas. Of `Error` the members that these
 * errors have beside detail and code. */
void errors_write_responses(struct json_writer *w);
void errors_write_schemas(struct json_writer *w, const struct told *told, size_t n);

/* References to headers of an answer, as its member `headers`; names, NULL behind the last. */
void headers_write(struct json_writer *w, const char *const *names);

#endif
