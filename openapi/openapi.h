/*
 * The API's description: OpenAPI 3.1, made of route tables and shapes, so that it can't drift from
 * what is served. What follows from a row is derived: the parameters and the body from its input,
 * 401 and 403 from who may call, 413, 415 and 422 from what is read, and what the gateway may
 * answer to any call. Source: https://spec.openapis.org/oas/v3.1.1
 */
#ifndef OPENAPI_OPENAPI_H
#define OPENAPI_OPENAPI_H

#include <stdio.h>

#include "route.h"

/* Where calls are: a URL whose "{port}" is a variable, as the port is a setting. */
struct openapi_server {
	const char *url;
	const char *port;  /* as it is where nobody set another; NULL: no variable */
	const char *about; /* what answers there; NULL: nothing is said */
};

/* Calls that belong together: a service's, as a rule. */
struct openapi_part {
	const char *tag, *about;
	struct routes routes;
	const struct openapi_server *servers; /* where alone they are; NULL: at the gateway */
	size_t n_servers;
};

enum {
	OPENAPI_ROUTES_MAX = 64,
	OPENAPI_SHAPES_MAX = 64,
	OPENAPI_ENUMS_MAX = 16,
	OPENAPI_DETAILS_MAX = 16,
};

/* Prints one document of all parts, but for internal calls. Says on `errors` what isn't described:
 * a call without a name, a summary or an answer, a text without an example, an object without a
 * name, two shapes or two enums of one name, two members of errors that differ; ERR_INVALID, and
 * nothing is printed. */
enum err openapi_print(FILE *out, FILE *errors, const struct openapi_part *parts,
		       size_t n) MUST_CHECK;

#endif
