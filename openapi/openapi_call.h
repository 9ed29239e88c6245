/* Writes a route as an operation. Only openapi.c includes this. */
#ifndef OPENAPI_OPENAPI_CALL_H
#define OPENAPI_OPENAPI_CALL_H

#include "json_writer.h"
#include "route.h"

/* Writes the operation as the member of its path that has the method's name. */
void call_write(struct json_writer *w, const char *tag, const struct route *route);

#endif
