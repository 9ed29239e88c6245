/* Writes the error responses of calls. Only openapi*.c include this. */
#ifndef OPENAPI_OPENAPI_ERRORS_H
#define OPENAPI_OPENAPI_ERRORS_H

#include "err.h"
#include "json_writer.h"
#include "route.h"

/* A member of an error's body in addition to detail and code. */
struct error_detail {
	const struct field *field;
	enum err error;
};

/* Writes a member of `responses` for each error status of a route. */
void errors_write(struct json_writer *w, const struct route *route);

/* Write the components that calls share: responses, and schemas. `details` become members of the
 * schema `Error`. */
void errors_write_responses(struct json_writer *w);
void errors_write_schemas(struct json_writer *w, const struct error_detail *details, size_t n);

/* Writes the member `headers` of a response, with references. `names` is NULL-terminated. */
void headers_write(struct json_writer *w, const char *const *names);

#endif
