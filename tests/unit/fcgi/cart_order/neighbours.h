/*
 * A test server in place of product and delivery, the services that cart & order calls: a test sets
 * the answer of each call, and reads how often the call was made, and the last request.
 */
#ifndef TESTS_FCGI_NEIGHBOURS_H
#define TESTS_FCGI_NEIGHBOURS_H

#include "checkout_fixture.h"
#include "fcgi/cart_order/indexes.h"
#include "http_server.h"

#include "rest.h"
#include "token.h"

/* The calls. */
enum way { RESERVE, RELEASE, CONFIRM, FORGET, DISPATCH, CANCEL, GET_STATE, PRODUCTS, WAYS };

struct neighbour {
	const char *part;        /* of the call's path */
	const char *answer;      /* NULL: success; "/…": as that path of the test server; else
				    "STATUS BODY" */
	int times;               /* number of such answers before success; 0: all */
	void (*meanwhile)(void); /* run in the server's thread, before the first answer */
	bool each_time;          /* before each answer instead */
	int calls;
	int after; /* calls of RELEASE before the last of these */
	char last[REQUEST_MAX];
};

static struct neighbour neighbours[WAYS];
static int neighbours_unknown;       /* requests that no neighbour answers: 404 */
static const char *neighbours_price; /* of each product, in rupees */
static char neighbours_url[URL_SIZE];

/* All calls succeed. Called between two tests, when no call is under way. */
static inline void neighbours_reset(void)
{
	static const char *const parts[WAYS] = {
	    [RESERVE] = STOCK_RESERVE_PATH,        [RELEASE] = STOCK_RELEASE_PATH,
	    [CONFIRM] = STOCK_CONFIRM_PATH,        [DISPATCH] = "POST /internal/orders HTTP",
	    [FORGET] = STOCK_FORGET_PATH,          [CANCEL] = "/cancel HTTP",
	    [GET_STATE] = "GET /internal/orders/", [PRODUCTS] = "GET /internal/products?since=",
	};

	memset(neighbours, 0, sizeof neighbours);
	neighbours_unknown = 0;
	for (int way = 0; way < WAYS; way++)
		neighbours[way].part = parts[way];
	neighbours_price = "60.5";
}

/* The product service is one of the version before: it has the stock calls at other paths. */
static inline void neighbours_are_of_the_version_before(void)
{
	neighbours[RESERVE].part = STOCK_RESERVE_PATH_BEFORE;
	neighbours[RELEASE].part = STOCK_RELEASE_PATH_BEFORE;
	neighbours[CONFIRM].part = STOCK_CONFIRM_PATH_BEFORE;
}

/* Sets the answer of all calls from now on. */
static inline void neighbour_answers(enum way way, const char *answer)
{
	neighbours[way].answer = answer;
	neighbours[way].times = 0;
}

static inline int calls_of(enum way way)
{
	int n;

	pthread_mutex_lock(&server.lock);
	n = neighbours[way].calls;
	pthread_mutex_unlock(&server.lock);
	return n;
}

static inline int unknown_calls(void)
{
	int n;

	pthread_mutex_lock(&server.lock);
	n = neighbours_unknown;
	pthread_mutex_unlock(&server.lock);
	return n;
}

static inline int all_calls(void)
{
	int n = 0;

	for (int way = 0; way < WAYS; way++)
		n += calls_of((enum way)way);
	return n;
}

/* Whether the last such request contained the text. */
static inline bool called_with(enum way way, const char *text)
{
	return strstr(neighbours[way].last, text) != NULL;
}

/* ---- answers; in the server's threads ---- */

/* In one write: a second one would wait for the acknowledgement of the first. */
static inline bool send_answer(int fd, const char *status, const char *body)
{
	char text[REQUEST_MAX + 128];

	snprintf(text, sizeof text, "HTTP/1.1 %.3s -\r\nContent-Length: %zu\r\n\r\n%s", status,
		 strlen(body), body);
	return send_text(fd, text);
}

/* The lines of a reserve call, each at the same price. */
static inline bool answer_reserve(int fd, const char *request)
{
	static const char name[] = "\"product_id\":\"";
	char body[REQUEST_MAX] = "{\"items\":[";
	size_t len = strlen(body);

	for (const char *at = strstr(request, name); at; at = strstr(at + 1, name))
		len += (size_t)snprintf(
		    body + len, sizeof body - len,
		    "%s{\"product_id\":\"%.24s\",\"name\":\"Milk as reserved\",\"price\":%s}",
		    body[len - 1] == '[' ? "" : ",", at + strlen(name), neighbours_price);
	snprintf(body + len, sizeof body - len, "]}");
	return send_answer(fd, "200", body);
}

/* The answer from which the replica is read: two products with these prices, in rupees. */
static inline const char *products_at(const char *first, const char *second)
{
	static const char form[] =
	    "200 {\"version\":%d,\"full\":true,\"products\":[{\"_id\":"
	    "\"000000000000000000000001\",\"name\":\"a\",\"unit\":\"1\",\"image_url\":\"/a\","
	    "\"price\":%s,\"available\":true,\"stock\":9},{\"_id\":"
	    "\"000000000000000000000002\",\"name\":\"b\",\"unit\":\"1\",\"image_url\":\"/b\","
	    "\"price\":%s,\"available\":true,\"stock\":9}],\"gone\":[]}";
	static char text[REQUEST_MAX];
	static int version;

	snprintf(text, sizeof text, form, ++version, first, second);
	return text;
}

/* Counts a call; returns its answer, and what to run before it. */
static inline const char *note_call(void (**meanwhile)(void), struct neighbour *n,
				    const char *request)
{
	const char *answer = NULL;

	pthread_mutex_lock(&server.lock);
	memcpy(n->last, request, sizeof n->last);
	n->calls++;
	n->after = neighbours[RELEASE].calls;
	if (!n->times || n->calls <= n->times)
		answer = n->answer;
	*meanwhile = n->calls == 1 || n->each_time ? n->meanwhile : NULL;
	pthread_mutex_unlock(&server.lock);
	return answer;
}

static inline bool answer_neighbour(int fd, const char *request)
{
	struct neighbour *n = neighbours;
	void (*meanwhile)(void);
	const char *answer;
	char path[64];

	while (n < neighbours + WAYS && !strstr(request, n->part))
		n++;
	if (n == neighbours + WAYS) {
		pthread_mutex_lock(&server.lock);
		neighbours_unknown++;
		pthread_mutex_unlock(&server.lock);
		return send_answer(fd, "404", "{\"detail\":\"Not Found\",\"code\":\"not_found\"}");
	}
	answer = note_call(&meanwhile, n, request);
	if (meanwhile)
		meanwhile();
	if (!answer)
		return n == &neighbours[RESERVE] ? answer_reserve(fd, request)
						 : send_answer(fd, "200", "{\"message\":\"Done\"}");
	if (*answer != '/')
		return send_answer(fd, answer, answer + 4);
	snprintf(path, sizeof path, "- %s -", answer);
	return answer_request(fd, path);
}

/* ---- cmocka's frame ---- */

static inline int neighbours_open(void **state)
{
	(void)state;
	answer_other = answer_neighbour;
	neighbours_reset();
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", "") ||
	    !server_start(neighbours_url))
		return -1;
	store_open(&cart_order_indexes);
	return rest_init(neighbours_url);
}

static inline int neighbours_close(void **state)
{
	rest_thread_end();
	server_stop();
	return store_close(state);
}

#endif
