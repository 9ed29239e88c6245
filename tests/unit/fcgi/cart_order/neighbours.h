/*
 * The services that cart & order calls, product and delivery, as a test wants them: what each call
 * is answered with, how often it came, and with what.
 */
#ifndef TESTS_FCGI_NEIGHBOURS_H
#define TESTS_FCGI_NEIGHBOURS_H

#include "checkout_fixture.h"
#include "fcgi/cart_order/indexes.h"
#include "http_server.h"

#include "rest.h"
#include "token.h"

/* The calls. */
enum way { TAKE, GIVE_BACK, SETTLE, FORGET, TELL, CANCEL, LOOK, PRODUCTS, WAYS };

struct neighbour {
	const char *part;   /* of the call's path */
	const char *answer; /* NULL: it is done; "/…": as that path of the server's; else
			       "STATUS BODY" */
	int times; /* how often it answers so, before it does what it is asked; 0: always */
	void (*meanwhile)(void); /* done in the server's thread, before the first answer */
	bool each_time;          /* before each answer instead */
	int calls;
	int after; /* calls of GIVE_BACK before the last of these */
	char last[REQUEST_MAX];
};

static struct neighbour neighbours[WAYS];
static const char *neighbours_price; /* of every product, in rupees */
static char neighbours_url[URL_SIZE];

/* All are well. Between two tests, when no call is under way. */
static inline void neighbours_reset(void)
{
	static const char *const parts[WAYS] = {
	    [TAKE] = "/internal/stock/take",     [GIVE_BACK] = "/internal/stock/give-back",
	    [SETTLE] = "/internal/stock/settle", [TELL] = "POST /internal/orders HTTP",
	    [FORGET] = "/internal/stock/forget", [CANCEL] = "/cancel HTTP",
	    [LOOK] = "GET /internal/orders/",    [PRODUCTS] = "GET /internal/products?since=",
	};

	memset(neighbours, 0, sizeof neighbours);
	for (int way = 0; way < WAYS; way++)
		neighbours[way].part = parts[way];
	neighbours_price = "60.5";
}

/* All calls from now on are answered so. */
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

static inline int all_calls(void)
{
	int n = 0;

	for (int way = 0; way < WAYS; way++)
		n += calls_of((enum way)way);
	return n;
}

/* Of the last such call: whether it had that in it. */
static inline bool called_with(enum way way, const char *text)
{
	return strstr(neighbours[way].last, text) != NULL;
}

/* ---- what is answered; in the server's threads ---- */

/* In one piece, or the second waits for the first one's acknowledgement. */
static inline bool send_answer(int fd, const char *status, const char *body)
{
	char text[REQUEST_MAX + 128];

	snprintf(text, sizeof text, "HTTP/1.1 %.3s -\r\nContent-Length: %zu\r\n\r\n%s", status,
		 strlen(body), body);
	return send_text(fd, text);
}

/* The lines of a take, each at the same price. */
static inline bool answer_take(int fd, const char *request)
{
	static const char name[] = "\"product_id\":\"";
	char body[REQUEST_MAX] = "{\"items\":[";
	size_t len = strlen(body);

	for (const char *at = strstr(request, name); at; at = strstr(at + 1, name))
		len += (size_t)
		    snprintf(body + len, sizeof body - len,
			     "%s{\"product_id\":\"%.24s\",\"name\":\"Milk as taken\",\"price\":%s}",
			     body[len - 1] == '[' ? "" : ",", at + strlen(name), neighbours_price);
	snprintf(body + len, sizeof body - len, "]}");
	return send_answer(fd, "200", body);
}

/* Two products of these prices, in rupees: what a replica is read from. */
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

/* Counts a call; its answer, and what is done meanwhile. */
static inline const char *note_call(void (**meanwhile)(void), struct neighbour *n,
				    const char *request)
{
	const char *answer = NULL;

	pthread_mutex_lock(&server.lock);
	memcpy(n->last, request, sizeof n->last);
	n->calls++;
	n->after = neighbours[GIVE_BACK].calls;
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
	if (n == neighbours + WAYS)
		return send_answer(fd, "404", "{}");
	answer = note_call(&meanwhile, n, request);
	if (meanwhile)
		meanwhile();
	if (!answer)
		return n == &neighbours[TAKE] ? answer_take(fd, request)
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
