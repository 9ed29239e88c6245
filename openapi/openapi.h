/*
 * The description of the API: OpenAPI 3.1, generated from the route tables and shapes, so that it
 * can't differ from the implementation. A route's row determines the parameters and the body (from
 * its input), the statuses 401 and 403 (from its access), and 413, 415 and 422 (from what it
 * reads). Each call also has the errors that the gateway may send. Source:
 * https://spec.openapis.org/oas/v3.1.1
 */
#ifndef OPENAPI_OPENAPI_H
#define OPENAPI_OPENAPI_H

#include <stdio.h>

#include "route.h"

/* A server object. In `url`, "{port}" is a variable, because the port is a setting. */
struct openapi_server {
	const char *url;
	const char *port;  /* default of the variable; NULL: no variable */
	const char *about; /* description; NULL: none */
};

/* Routes under one tag, usually those of a service. */
struct openapi_part {
	const char *tag, *about;
	struct routes routes;
	const struct openapi_server *servers; /* that have the routes; NULL: the gateway */
	size_t n_servers;
};

enum {
	OPENAPI_ROUTES_MAX = 64,
	OPENAPI_SHAPES_MAX = 64,
	OPENAPI_ENUMS_MAX = 16,
	OPENAPI_DETAILS_MAX = 16,
};

/*
 * Prints one document of all parts, without internal routes. If the tables are incomplete, it
 * prints nothing, lists the errors on `errors`, and returns ERR_INVALID. Errors are: a route
 * without a name, a summary or a response; a text without an example; an object without a name; two
 * shapes or two enums with one name; two members of errors with one name and different types; a
 * limit above.
 */
enum err openapi_print(FILE *out, FILE *errors, const struct openapi_part *parts,
		       size_t n) MUST_CHECK;

#endif
