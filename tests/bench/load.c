/*
 * HTTP load for `make bench`: a closed loop over kept connections, one request in progress on each.
 *
 *     load NAME PORT SECONDS WARMUP STEPS < PLAN
 *
 * The plan has the requests, ready to be sent, in the order in which each connection repeats
 * them; for each a line `CONNECTION STATUS LENGTH`, then the LENGTH bytes. STEPS requests that
 * follow each other on a connection make an operation (put in the cart, then order): its latency
 * runs from the first request's sending to the last answer's end. Every answer must have its
 * STATUS. Prints one line of JSON; exit code 1 if anything was not as expected.
 *
 * Why not wrk: its scripts don't know which connection a request is for (a user's order must
 * follow that user's cart), it times requests and not operations, it changes its percentiles by a
 * correction that the raw driver's figures lack, and looking at a status makes it copy each body
 * into Lua. A thread for each connection solves the first, but with that and a script wrk got
 * 32,000 to 37,000 static files/s from an nginx on the same two cores, and 43,000 to 52,000 with
 * one thread and no script: the generator must not be what is measured. This one gets as many.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "histogram.h"

#define CONNECTIONS_MAX 1024
#define REQUEST_MAX     65536   /* bytes */
#define HEAD_MAX        8192    /* bytes of an answer's head */
#define READ_MAX        262144  /* seldom less than a whole catalogue */
#define DRAIN_US        5000000 /* requests in progress at the end must be answered in this time */
#define ERRORS_SHOWN    3

struct request {
	struct request *next; /* in a ring */
	unsigned status;      /* that the answer must have */
	size_t length;
	char bytes[];
};

struct connection {
	int fd;
	struct request *request; /* in progress; while the plan is read, the last */
	size_t requests;
	unsigned step;  /* of the current operation */
	bool busy;      /* waits for an answer */
	bool failed;    /* the current operation */
	uint64_t began; /* the current operation */

	/* the current answer */
	char head[HEAD_MAX + 1];
	size_t got; /* bytes of `head` */
	bool in_body;
	size_t body_left;
	unsigned status;
	bool closes; /* the server closes the connection after it */
};

struct load {
	uint16_t port;
	unsigned steps;
	int epoll;
	unsigned connections, busy;
	uint64_t begin, end; /* operations that end between these are counted */
	struct connection connection[CONNECTIONS_MAX];
	struct result result;
};

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("load: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- the plan ---- */

/* Puts a request at the end of a connection's ring. */
static void request_add(struct connection *c, struct request *rq_take)
{
	if (c->request) {
		rq_take->next = c->request->next;
		c->request->next = rq_take;
	} else {
		rq_take->next = rq_take;
	}
	c->request = rq_take;
	c->requests++;
}

static struct request *request_read(unsigned status, size_t length)
{
	struct request *rq;

	if (length == 0 || length > REQUEST_MAX)
		die("a request of %zu bytes", length);
	rq = malloc(sizeof *rq + length + 1);
	if (!rq)
		die("out of memory");
	rq->status = status;
	rq->length = length;
	if (fread(rq->bytes, 1, length, stdin) != length)
		die("the plan ends within a request");
	rq->bytes[length] = '\0';
	return rq;
}

static void plan_read(struct load *l)
{
	unsigned i, status;
	size_t length;

	while (scanf("%u %u %zu", &i, &status, &length) == 3 && getchar() == '\n') {
		if (i >= CONNECTIONS_MAX)
			die("connection %u: there can be %d", i, CONNECTIONS_MAX);
		request_add(&l->connection[i], request_read(status, length));
		if (i >= l->connections)
			l->connections = i + 1;
	}
	if (!feof(stdin) || l->connections == 0)
		die("the plan can't be read");
	for (i = 0; i < l->connections; i++) {
		struct connection *c = &l->connection[i];

		if (!c->request || c->requests % l->steps != 0)
			die("the plan has gaps at connection %u", i);
		c->request = c->request->next; /* the first */
	}
}

/* ---- connections ---- */

static void connection_open(struct load *l, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(l->port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) < 0)
		die("port %u: %s", l->port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
		die("epoll: %s", strerror(errno));
}

static void connection_reopen(struct load *l, struct connection *c)
{
	close(c->fd); /* which also takes it out of the epoll set */
	connection_open(l, c);
}

static void request_send(struct load *l, struct connection *c)
{
	const struct request *rq = c->request;

	c->got = 0;
	c->head[0] = '\0';
	c->in_body = false;
	c->busy = true;
	l->busy++;
	/* requests are far smaller than a socket's buffer, so a send is whole or an error */
	if (send(c->fd, rq->bytes, rq->length, MSG_NOSIGNAL) != (ssize_t)rq->length)
		die("send: %s", strerror(errno));
}

/* ---- answers ---- */

/* Marks the current operation as failed. Prints the first few: request, status, beginning of body.
 */
static void error_count(struct load *l, struct connection *c, const char *what)
{
	const struct request *rq = c->request;
	const char *body = strstr(c->head, "\r\n\r\n");

	c->failed = true;
	if (l->result.errors++ < ERRORS_SHOWN)
		fprintf(stderr, "load: %.*s: %s; %u was expected: %.*s %.160s\n",
			(int)strcspn(rq->bytes, "\r\n"), rq->bytes, what, rq->status,
			(int)strcspn(c->head, "\r\n"), c->head, body ? body + 4 : "");
}

/* Ends the current request, and sends the next unless the time is over. */
static void request_done(struct load *l, struct connection *c)
{
	uint64_t now = clock_us();

	c->busy = false;
	l->busy--;
	c->request = c->request->next;
	c->step = (c->step + 1) % l->steps;
	if (c->step == 0) {
		if (!c->failed && now >= l->begin && now < l->end)
			histogram_record(&l->result.latency, now - c->began);
		c->began = now;
		c->failed = false;
	}
	if (c->closes)
		connection_reopen(l, c);
	if (now < l->end || c->step != 0) /* an operation is completed: cart and order */
		request_send(l, c);
}

/* A broken connection or a malformed answer: later bytes of the connection cannot be read. */
static void answer_broken(struct load *l, struct connection *c, const char *what)
{
	error_count(l, c, what);
	c->closes = true;
	request_done(l, c);
}

/* Reads status, length and `Connection: close` from a whole head; false if one is missing. */
static bool head_parse(struct connection *c)
{
	const char *length = strcasestr(c->head, "\r\nContent-Length:");

	if (sscanf(c->head, "HTTP/1.1 %3u ", &c->status) != 1 || !length)
		return false;
	c->closes = strcasestr(c->head, "\r\nConnection: close") != NULL;
	return sscanf(length + strlen("\r\nContent-Length:"), "%zu", &c->body_left) == 1;
}

/* Reads bytes of the head; returns how many belong to it, or -1 for a malformed head. */
static ssize_t head_take(struct connection *c, const char *bytes, size_t n)
{
	size_t before = c->got, take = n < HEAD_MAX - c->got ? n : HEAD_MAX - c->got;
	const char *end;

	memcpy(c->head + before, bytes, take);
	c->got += take;
	c->head[c->got] = '\0';
	end = strstr(c->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
	if (!end)
		return c->got < HEAD_MAX ? (ssize_t)take : -1;
	c->got = (size_t)(end + 4 - c->head);
	c->in_body = true;
	return head_parse(c) ? (ssize_t)(c->got - before) : -1;
}

static void answer_take(struct load *l, struct connection *c, const char *bytes, size_t n)
{
	if (!c->in_body) {
		ssize_t of_head = head_take(c, bytes, n);

		if (of_head < 0) {
			answer_broken(l, c, "no head that this program understands");
			return;
		}
		n -= (size_t)of_head;
	}
	if (!c->in_body)
		return;
	if (n > c->body_left) {
		answer_broken(l, c, "more than Content-Length says");
		return;
	}
	c->body_left -= n;
	if (c->body_left > 0)
		return;
	if (c->status != c->request->status)
		error_count(l, c, "wrong status");
	request_done(l, c);
}

static void connection_ready(struct load *l, struct connection *c)
{
	static char bytes[READ_MAX];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (!c->busy) { /* only at the end: the server may close an idle connection */
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
		if (n > 0)
			error_count(l, c, "bytes behind the answer");
		return;
	}
	if (n > 0)
		answer_take(l, c, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		answer_broken(l, c, "the server closed the connection");
}

/* ---- the run ---- */

static void start_all(struct load *l)
{
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		die("epoll: %s", strerror(errno));
	for (unsigned i = 0; i < l->connections; i++)
		connection_open(l, &l->connection[i]);
	for (unsigned i = 0; i < l->connections; i++) {
		l->connection[i].began = clock_us();
		request_send(l, &l->connection[i]);
	}
}

static void run(struct load *l)
{
	struct epoll_event events[CONNECTIONS_MAX];

	while (l->busy > 0 && clock_us() < l->end + DRAIN_US) {
		int n = epoll_wait(l->epoll, events, CONNECTIONS_MAX, 100);

		for (int i = 0; i < n; i++)
			connection_ready(l, events[i].data.ptr);
	}
	for (unsigned i = 0; i < l->connections; i++)
		if (l->connection[i].busy)
			error_count(l, &l->connection[i], "no answer");
}

int main(int argc, char **argv)
{
	static struct load l;
	double warmup;

	if (argc != 6)
		die("usage: load NAME PORT SECONDS WARMUP STEPS < PLAN");
	l.result.name = argv[1];
	l.port = (uint16_t)strtoul(argv[2], NULL, 10);
	l.result.seconds = strtod(argv[3], NULL);
	warmup = strtod(argv[4], NULL);
	l.steps = (unsigned)strtoul(argv[5], NULL, 10);
	if (l.port == 0 || l.result.seconds <= 0 || warmup < 0 || l.steps == 0)
		die("port, seconds and steps must be above 0");
	plan_read(&l);
	l.begin = clock_us() + (uint64_t)(warmup * 1e6);
	l.end = l.begin + (uint64_t)(l.result.seconds * 1e6);
	start_all(&l);
	run(&l);
	result_print(&l.result);
	return l.result.errors == 0 ? 0 : 1;
}
