/*
 * A small HTTP server on the loopback interface with a thread for each connection, whose paths give
 * valid and invalid answers. It has no assertions, because those of cmocka work in the test's
 * thread only.
 */
#ifndef TESTS_LIB_HTTP_SERVER_H
#define TESTS_LIB_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 64 * 1024,
	CONNECTIONS_MAX = 64, /* at a time */
	URL_SIZE = 64,
	LARGE_SIZE = 1 << 20,       /* of /large */
	HUGE_SIZE = (64 << 20) + 1, /* of /huge */
};

/* A slot for a connection. */
struct handler {
	pthread_t thread;
	int fd;
	bool taken;       /* by a thread that must be joined */
	atomic_bool done; /* the thread is about to end */
};

static struct {
	int fd;
	pthread_t acceptor;
	struct handler handlers[CONNECTIONS_MAX];
	atomic_int connections, requests; /* totals */
	pthread_mutex_t lock;
	char last[REQUEST_MAX]; /* the last request */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_text(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

/* Each answers one request, and returns whether the connection is kept. */

static bool answer_ok(int fd)
{
	return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}");
}

static bool answer_empty(int fd)
{
	return send_text(fd, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool answer_conflict(int fd)
{
	return send_text(fd, "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}");
}

static bool answer_conflict_first(int fd)
{
	return server.requests == 1 ? answer_conflict(fd) : answer_ok(fd);
}

static bool answer_unavailable(int fd)
{
	return send_text(fd, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}");
}

static bool answer_chunked(int fd)
{
	return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "4\r\n[1,2\r\n4\r\n,34]\r\n0\r\n\r\n");
}

static bool answer_redirect(int fd)
{
	return send_text(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
}

static bool answer_large(int fd)
{
	static const char piece[] = "0123456789abcdef";
	char head[128];

	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE_SIZE);
	if (!send_text(fd, head))
		return false;
	for (int i = 0; i < LARGE_SIZE / 16; i++) {
		if (!send_all(fd, piece, 16))
			return false;
	}
	return true;
}

static bool answer_huge(int fd)
{
	static const char piece[64 * 1024];

	if (!send_text(fd, "HTTP/1.1 200 OK\r\n\r\n"))
		return false;
	for (size_t left = HUGE_SIZE; left;) {
		size_t n = left < sizeof piece ? left : sizeof piece;

		if (!send_all(fd, piece, n))
			return false;
		left -= n;
	}
	return false;
}

static bool answer_cut_short(int fd)
{
	send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":");
	return false;
}

static bool answer_garbage(int fd)
{
	send_text(fd, "not HTTP at all\r\n\r\n");
	return false;
}

static bool answer_and_close(int fd)
{
	answer_ok(fd);
	return false;
}

static bool never_answer(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0) /* until the client closes the connection */
		;
	return false;
}

static const struct {
	const char *path;
	bool (*answer)(int fd);
} answers[] = {
    {"/ok", answer_ok},
    {"/empty", answer_empty},
    {"/conflict", answer_conflict},
    {"/chunked", answer_chunked},
    {"/redirect", answer_redirect},
    {"/large", answer_large},
    {"/huge", answer_huge},
    {"/cut", answer_cut_short},
    {"/garbage", answer_garbage},
    {"/close", answer_and_close},
    {"/slow", never_answer},
    {"/unavailable", answer_unavailable},
    {"/conflict-first", answer_conflict_first},
};

/* Answers paths that aren't in the table; NULL: 404. Set before the server starts. */
static bool (*answer_other)(int fd, const char *request);

static bool answer_request(int fd, const char *request)
{
	const char *path = strchr(request, ' ') + 1;
	size_t len = strcspn(path, " ?");

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (strlen(answers[i].path) == len && memcmp(answers[i].path, path, len) == 0)
			return answers[i].answer(fd);
	}
	if (answer_other)
		return answer_other(fd, request);
	return send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* Whether head and body are complete. */
static bool is_complete(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	return end && (!length || strlen(end + 4) >= strtoul(length + 16, NULL, 10));
}

static bool read_request(int fd, char request[static REQUEST_MAX])
{
	size_t len = 0;

	request[0] = '\0';
	while (!is_complete(request)) {
		ssize_t n = recv(fd, request + len, REQUEST_MAX - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
	}
	return true;
}

static void *handle_connection(void *arg)
{
	char request[REQUEST_MAX];
	struct handler *handler = arg;
	int fd = handler->fd;

	while (read_request(fd, request)) {
		pthread_mutex_lock(&server.lock);
		memcpy(server.last, request, sizeof server.last);
		pthread_mutex_unlock(&server.lock);
		server.requests++;
		if (!answer_request(fd, request))
			break;
	}
	close(fd);
	handler->done = true;
	return NULL;
}

static struct handler *find_free(void)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct handler *handler = &server.handlers[i];

		if (handler->taken && handler->done) {
			pthread_join(handler->thread, NULL);
			handler->taken = false;
		}
		if (!handler->taken)
			return handler;
	}
	abort();
}

static void *accept_connections(void *arg)
{
	int fd;

	while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
		struct handler *handler = find_free();

		server.connections++;
		handler->fd = fd;
		handler->taken = true;
		handler->done = false;
		if (pthread_create(&handler->thread, NULL, handle_connection, handler))
			abort();
	}
	return arg;
}

/* A socket on a free port of the loopback, and its address as a URL. */
static inline int bind_loopback(char url[static URL_SIZE])
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	snprintf(url, URL_SIZE, "http://127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

/* Starts the server, and writes its address. false if that fails. */
static inline bool server_start(char url[static URL_SIZE])
{
	server.fd = bind_loopback(url);
	return !listen(server.fd, 16) &&
	       !pthread_create(&server.acceptor, NULL, accept_connections, NULL);
}

/* Ends the server after the clients have closed their connections. */
static inline void server_stop(void)
{
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.acceptor, NULL);
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (server.handlers[i].taken)
			pthread_join(server.handlers[i].thread, NULL);
	}
	close(server.fd);
}

#endif
