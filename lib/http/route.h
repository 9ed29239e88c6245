/*
 * Routes: a service's calls as rows of a table, which carry their own counters.
 *
 *	struct route cart_routes[] = {
 *		{POST, "/cart/add", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_add_in, cart_add},
 *		{GET, "/cart/{user_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &user_path_in,
 *cart_get},
 *	};
 *
 * Who may call is part of the row, and a row where nobody wrote it is refused at start-up. Behind
 * the handler stands what a client is told of the call (openapi.h):
 *
 *		{PUT, "/cart/increase/{cart_id}", ROLES_SHOPPER, &cart_line_in, cart_increase,
 *		 .name = "increaseCartLine", .summary = "One more of a line's product",
 *		 .messages = {"Quantity increased"},
 *		 .errors = {ERR_QUANTITY_LIMIT}},
 */
#ifndef LIB_ROUTE_H
#define LIB_ROUTE_H

#include <stdio.h>

#include "shape.h"
#include "token.h"

struct req;

/* A request of another method is answered by no row. HEAD is answered by GET's. */
enum method { METHOD_OTHER, GET, POST, PUT, DELETE, METHOD_COUNT };

/* Who may call, beside the roles of role.h. */
enum access {
	ROUTE_PUBLIC = 1 << 8,        /* anyone; a token isn't looked at */
	ROUTE_AUTH_OPTIONAL = 1 << 9, /* with AUTH_REQUIRED=off also without a token */
	ROUTE_INTERNAL = 1 << 10,     /* on the internal listener alone */
};

typedef enum err handler(struct req *rq);

/* What a call does that its input and its response don't show. routes_print() prints each by its
 * word, of which the gateway's maps are made (nginx/route_maps.sh): it tries an idempotent call
 * again on another worker, and caches what is public, has an ETag and no parameter in its path. */
enum route_flag {
	ROUTE_ETAG = 1 << 0,       /* the answer has an ETag: 304 where the caller has it */
	ROUTE_IDEMPOTENT = 1 << 1, /* a header Idempotency-Key makes a repetition harmless */
	ROUTE_STREAM = 1 << 2, /* the answer is a stream of events, `response` each one's data */
	ROUTE_NO_ACCESS_LOG = 1 << 3, /* asked all the time: it is logged where it fails alone */
	ROUTE_DEVICE =
	    1 << 4, /* takes and gives a header X-Device: a login knows its clients again */
	ROUTE_LIMITED = 1 << 5, /* an account may make so many such calls a minute (call_limit.h) */
	ROUTE_COMMON = 1 << 6,  /* every service has this call */
	ROUTE_PUBLISH = 1 << 7, /* authorises who publishes on the channels below its path */
};

/* What a call costs the shop. The gateway limits each class by itself, per address; the figures are
 * in nginx/snippets/limits.conf.in and in docs/api.md (Limits of calls). */
enum cost {
	COST_API,      /* any other call */
	COST_LOGIN,    /* hashes a password */
	COST_REGISTER, /* likewise, and makes an account */
	COST_SEARCH,   /* with a query: reads through the catalogue; without: a kept answer */
	COST_LIST,     /* reads and renders up to 100 documents */
	COST_STREAM,   /* opens an event stream: nchan keeps memory of each until its order moves */
	COST_HEALTH,   /* probes and load balancers repeat it for ever */
	COST_COUNT
};

enum { ROUTE_MESSAGES_MAX = 2, ROUTE_ERRORS_MAX = 8, ROUTE_DETAILS_MAX = 2 };

struct route {
	enum method method;
	const char *path;          /* segments, of which "{name}" takes any one */
	unsigned access;           /* enum role and enum access, added up */
	const struct shape *input; /* NULL: nothing is read */
	handler *run;

	/* For the description; internal calls have none. A success is one of the three behind the
	 * summary. */
	const char *name; /* of the method in a generated client: listOrders */
	const char *summary;
	const char *note; /* what else a client should know; NULL: nothing */
	const char *messages[ROUTE_MESSAGES_MAX]; /* of success */
	const struct shape *response;             /* an object, */
	const struct shape *response_list;        /* or a list of them */
	unsigned flags;                           /* enum route_flag, added up */
	enum cost cost;
	enum err errors[ROUTE_ERRORS_MAX]; /* beside those that follow from the rest of the row */
	struct {
		enum err error;
		const struct shape *shape; /* members beside detail and code */
	} error_details[ROUTE_DETAILS_MAX];

	unsigned cell; /* of its counters: route_metrics.h */
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
	unsigned allowed;    /* methods, as 1 << enum method, of all rows of the template */
	const char *params[ROUTE_PARAMS_MAX]; /* in the order of the path; arena memory */
	struct match_names {
		const char *text;
		size_t len;
	} names[ROUTE_PARAMS_MAX];
	size_t n;
};

/* Finds the row for a decoded path: the first template that takes the path is the path's, as in
 * OpenAPI, where /cart/add is no /cart/{user_id}. ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED (with
 * `allowed`). */
enum err route_match(struct match *match, struct arena *arena, const struct routes *routes,
		     enum method method, const char *path) MUST_CHECK;

/* Checks a table at start-up: each row has a role, a handler and no flag that does not fit its
 * method; each path parameter has its field and the other way round; no row is there twice, and
 * none follows a template that matches its path. Prints faults on `errors`; ERR_INVALID. */
enum err routes_check(const struct routes *routes, FILE *errors) MUST_CHECK;

/* The words of who may call, with a separator between them. */
enum { ACCESS_TEXT_SIZE = 128 };
void access_text(char *text, size_t size, unsigned access, const char *separator);

/* Bytes of a call's body. What strangers and customers send is small. */
enum { BODY_MAX = 64 * 1024, BODY_PUBLIC_MAX = 4 * 1024 };

/* The bytes that a route's body may have: BODY_PUBLIC_MAX where strangers or customers may call it,
 * else BODY_MAX. */
size_t route_body_max(const struct route *route);

/*
 * Prints METHOD<TAB>PATH<TAB>ACCESS<TAB>CLASS<TAB>FLAGS a line. ACCESS is words of access_text(),
 * FLAGS the words of the row's flags, and large-body where the body may have BODY_MAX bytes; both
 * are separated by commas. "-" stands for no flag.
 *
 *	POST	/order/create	customer,courier,admin,auth-optional	api	idempotent,limited
 */
void routes_print(const struct routes *routes, FILE *out);

enum method method_parse(const char *name);
const char *method_name(enum method method);

#endif
