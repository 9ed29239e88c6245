/* A route as an operation: for openapi.c alone. */
#ifndef OPENAPI_OPENAPI_CALL_H
#define OPENAPI_OPENAPI_CALL_H

#include "json_writer.h"
#include "route.h"

/* The member of its path that is named by its method. */
void call_write(struct json_writer *w, const char *tag, const struct route *route);

#endif
