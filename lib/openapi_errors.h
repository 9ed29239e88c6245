/* What a call may be refused with: for openapi.c alone. */
#ifndef LIB_OPENAPI_ERRORS_H
#define LIB_OPENAPI_ERRORS_H

#include "err.h"
#include "json_writer.h"
#include "route.h"

/* Members `responses` of a call: each status, with all that comes under it. */
void errors_write(struct json_writer *w, const struct route *route);

/* What the calls share, as components: their schemas, and responses. */
void errors_write_schemas(struct json_writer *w);
void errors_write_responses(struct json_writer *w);

/* References to headers of an answer, as its member `headers`; names, NULL behind the last. */
void headers_write(struct json_writer *w, const char *const *names);

#endif
