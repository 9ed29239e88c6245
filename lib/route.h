/*
 * Routes: a service's calls as rows of a table, which carry their own counters.
 *
 *	struct route cart_routes[] = {
 *		{POST, "/cart/add", ROLES_SHOPPER | PUBLISHED, &cart_add_in, cart_add},
 *		{GET, "/cart/{user_id}", ROLES_SHOPPER | PUBLISHED, &user_path_in, cart_get},
 *	};
 *
 * Who may call is part of the row, and a row where nobody wrote it is refused at start-up.
 */
#ifndef LIB_ROUTE_H
#define LIB_ROUTE_H

#include <stdatomic.h>
#include <stdio.h>

#include "shape.h"
#include "token.h"

struct req;

/* A request of another method is answered by no row. HEAD is answered by GET's. */
enum method { METHOD_OTHER, GET, POST, PUT, DELETE, METHOD_COUNT };

/* Who may call, beside the roles of token.h. */
enum access {
	PUBLIC = 1 << 8,    /* anyone; a token isn't looked at */
	PUBLISHED = 1 << 9, /* with AUTH_REQUIRED=off also without a token */
	INTERNAL = 1 << 10, /* on the internal listener alone */
};

/* Any person, for itself. */
enum { ROLES_SHOPPER = ROLE_CUSTOMER | ROLE_COURIER | ROLE_ADMIN };

typedef enum err handler(struct req *rq);

/* Upper bounds of the histogram's buckets in milliseconds; the last has none. Source:
 * OpenTelemetry's semantic conventions, http.server.request.duration. */
enum { ROUTE_BUCKETS = 15 };
extern const int route_bucket_ms[ROUTE_BUCKETS - 1];

struct route_stats {
	_Atomic uint64_t by_class[6]; /* answers by the first digit of their status */
	_Atomic uint64_t duration_us; /* of all */
	_Atomic uint64_t buckets[ROUTE_BUCKETS];
};

struct route {
	enum method method;
	const char *path;          /* segments, of which "{name}" takes any one */
	unsigned access;           /* enum role and enum access, added up */
	const struct shape *input; /* NULL: nothing is read */
	handler *run;
	struct route_stats stats;
};

struct routes {
	struct route *rows;
	size_t n;
};

#define ROUTES(array)                                       \
	{                                                   \
		(array), sizeof(array) / sizeof((array)[0]) \
	}

enum { ROUTE_PARAMS_MAX = 4 };

/* What matching a path found. */
struct match {
	struct route *route; /* NULL where no row fits */
	unsigned allowed;    /* methods, as 1 << enum method, of all rows that fit the path */
	const char *params[ROUTE_PARAMS_MAX]; /* in the order of the path; arena memory */
	struct match_names {
		const char *text;
		size_t len;
	} names[ROUTE_PARAMS_MAX];
	size_t n;
};

/* Finds the row for a decoded path. ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED (with `allowed`). */
enum err route_match(struct match *match, struct arena *arena, const struct routes *routes,
		     enum method method, const char *path) MUST_CHECK;

/* Checks a table at start-up: each row has a role and a handler, each path parameter its field and
 * the other way round, and no row stands twice. Says on `errors` what is wrong; ERR_INVALID. */
enum err routes_check(const struct routes *routes, FILE *errors) MUST_CHECK;

/* Prints `METHOD<TAB>PATH<TAB>who` a line. */
void routes_print(const struct routes *routes, FILE *out);

/* Counts an answer. */
void route_count(struct route *route, int status, int64_t duration_us);

enum method method_parse(const char *name);
const char *method_name(enum method method);

#endif
