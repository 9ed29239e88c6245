/*
 * Routes: the calls of a service as rows of a table, with their own counters.
 *
 *	struct route cart_routes[] = {
 *		{POST, "/cart/add", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &cart_add_in, cart_add},
 *		{GET, "/cart/{user_id}", ROLES_SHOPPER | ROUTE_AUTH_OPTIONAL, &user_path_in,
 *		 cart_get},
 *	};
 *
 * A row names the roles that may call it; a row without any is refused at start-up. The members
 * after the handler describe the call for clients (openapi.h):
 *
 *		{PUT, "/cart/increase/{cart_id}", ROLES_SHOPPER, &cart_line_in, cart_increase,
 *		 .name = "increaseCartLine", .summary = "Increase a line's quantity by one",
 *		 .messages = {"Quantity increased"},
 *		 .errors = {ERR_QUANTITY_LIMIT}},
 */
#ifndef LIB_ROUTE_H
#define LIB_ROUTE_H

#include <stdio.h>

#include "shape.h"
#include "token.h"

struct req;

/* No row answers another method. HEAD is answered by the row of GET. */
enum method { METHOD_OTHER, GET, POST, PUT, DELETE, METHOD_COUNT };

/* Access rights in addition to the roles of role.h. */
enum access {
	ROUTE_PUBLIC = 1 << 8,        /* any caller; a token is ignored */
	ROUTE_AUTH_OPTIONAL = 1 << 9, /* with AUTH_REQUIRED=off also without a token */
	ROUTE_INTERNAL = 1 << 10,     /* on the internal listener only */
};

typedef enum err handler(struct req *rq);

/* Properties of a call that its input and its response don't show. routes_print() prints the word
 * of each, from which the gateway's maps are generated (nginx/route_maps.sh): the gateway retries
 * an idempotent call on another worker, and caches public answers with an ETag whose path has no
 * parameter. */
enum route_flag {
	ROUTE_ETAG = 1 << 0,          /* the answer has an ETag; 304 if the client has it */
	ROUTE_IDEMPOTENT = 1 << 1,    /* repetitions with one Idempotency-Key have no effect */
	ROUTE_STREAM = 1 << 2,        /* a stream of events; `response` is the data of each */
	ROUTE_NO_ACCESS_LOG = 1 << 3, /* called very often: only failures are logged */
	ROUTE_DEVICE = 1 << 4,        /* reads and sets X-Device, which identifies known clients */
	ROUTE_LIMITED = 1 << 5, /* calls per minute of an account are limited (call_limit.h) */
	ROUTE_COMMON = 1 << 6,  /* every service has this call */
	ROUTE_PUBLISH = 1 << 7, /* authorises publishing on the channels below its path */
};

/* Cost class of a call. The gateway limits each class separately, per client address; the limits
 * are in nginx/snippets/limits.conf.in and in docs/api.md (Limits of calls). */
enum cost {
	COST_API,      /* any other call */
	COST_LOGIN,    /* hashes a password */
	COST_REGISTER, /* likewise, and creates an account */
	COST_SEARCH,   /* with a query: searches the catalogue; without: a cached answer */
	COST_LIST,     /* reads and renders up to 100 documents */
	COST_STREAM,   /* opens an event stream, which uses memory of nchan while it is open */
	COST_HEALTH,   /* probes and load balancers repeat it all the time */
	COST_COUNT
};

enum { ROUTE_MESSAGES_MAX = 2, ROUTE_ERRORS_MAX = 8, ROUTE_DETAILS_MAX = 2 };

struct route {
	enum method method;
	const char *path;          /* segments; "{name}" matches any segment */
	unsigned access;           /* sum of enum role and enum access */
	const struct shape *input; /* NULL: no input */
	handler *run;

	/* Description for clients; internal calls have none. A success is `messages`, `response` or
	 * `response_list`. */
	const char *name; /* of the method in a generated client: listOrders */
	const char *summary;
	const char *note;                         /* further information for clients; may be NULL */
	const char *messages[ROUTE_MESSAGES_MAX]; /* of success */
	const struct shape *response;             /* an object */
	const struct shape *response_list;        /* a list of objects */
	unsigned flags;                           /* sum of enum route_flag */
	enum cost cost;
	enum err errors[ROUTE_ERRORS_MAX]; /* in addition to those that the row implies */
	struct {
		enum err error;
		const struct shape *shape; /* members in addition to detail and code */
	} error_details[ROUTE_DETAILS_MAX];

	unsigned cell; /* first cell of its counters: route_metrics.h */
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

/* Result of matching a path. */
struct match {
	struct route *route; /* NULL if no row matches */
	unsigned allowed;    /* methods, as 1 << enum method, of all rows of the template */
	const char *params[ROUTE_PARAMS_MAX]; /* in the order of the path; arena memory */
	struct match_names {
		const char *text;
		size_t len;
	} names[ROUTE_PARAMS_MAX];
	size_t n;
};

/* Finds the row for a decoded path. The first template that matches decides, as in OpenAPI, where
 * /cart/add doesn't match /cart/{user_id}. ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED (with `allowed`),
 * ERR_NO_MEMORY. */
enum err route_match(struct match *match, struct arena *arena, const struct routes *routes,
		     enum method method, const char *path) MUST_CHECK;

/* Checks a table at start-up: each row has a role, a handler and only flags that fit its method;
 * path parameters and path fields correspond; no row is a duplicate, or follows a template that
 * matches its path. Prints what is wrong on `errors`; ERR_INVALID. */
enum err routes_check(const struct routes *routes, FILE *errors) MUST_CHECK;

/* Writes the words of a row's access, with a separator between them. */
enum { ACCESS_TEXT_SIZE = 128 };
void access_text(char *text, size_t size, unsigned access, const char *separator);

/* Bytes of a request's body. Bodies of anonymous callers and customers are small. */
enum { BODY_MAX = 64 * 1024, BODY_PUBLIC_MAX = 4 * 1024 };

/* The most bytes of a route's body: BODY_PUBLIC_MAX if anonymous callers or customers may call it,
 * else BODY_MAX. */
size_t route_body_max(const struct route *route);

/*
 * Prints a line METHOD<TAB>PATH<TAB>ACCESS<TAB>CLASS<TAB>FLAGS for each route. ACCESS has the words
 * of access_text(), FLAGS the words of the row's flags, and large-body if the body may have
 *BODY_MAX bytes; both are separated by commas. "-" means no flag.
 *
 *	POST	/order/create	customer,courier,admin,auth-optional	api	idempotent,limited
 */
void routes_print(const struct routes *routes, FILE *out);

enum method method_parse(const char *name);
const char *method_name(enum method method);

#endif
