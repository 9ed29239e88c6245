#define _GNU_SOURCE /* pthread_tryjoin_np */
#include "worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http_status.h"
#include "log.h"
#include "rest.h"

enum { WAKE_SIGNAL = SIGUSR2 };

struct thread {
	pthread_t id;
	const struct worker_socket *socket;
	bool joined;
	FCGX_Request request;
	struct req *rq;
};

struct metric worker_threads = {"pool_threads", "threads that take requests", METRIC_GAUGE};
struct metric worker_busy_threads = {"pool_threads_busy", "threads at work on a request",
				     METRIC_GAUGE};

static struct thread threads[WORKER_THREADS_MAX];
static atomic_bool draining;
static atomic_llong queue_until; /* clock_mono_ms(); while draining a socket of our own */

bool worker_draining(void)
{
	return draining;
}

/* ---- one request ---- */

static int read_body(void *stream, char *buffer, int size)
{
	return FCGX_GetStr(buffer, size, stream);
}

/* Source: RFC 9110, 8.6 and 15.4.5: these have no body, and no fields that describe one. */
static bool has_content(int status)
{
	return status != HTTP_204 && status != HTTP_304;
}

/* A client that went away shows as a failed write: what was done stays done. */
static void write_answer(FCGX_Stream *out, const struct req_answer *a)
{
	char line[128]; /* libfcgi's own printf knows no %zu */

	snprintf(line, sizeof line, "Status: %d %s\r\n", a->status, http_status_phrase(a->status));
	FCGX_PutS(line, out);
	for (size_t i = 0; i < a->n_headers; i++) {
		FCGX_PutS(a->headers[i].name, out);
		FCGX_PutS(": ", out);
		FCGX_PutS(a->headers[i].value, out);
		FCGX_PutS("\r\n", out);
	}
	snprintf(line, sizeof line, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		 a->type ? a->type : "application/json", a->len);
	if (has_content(a->status))
		FCGX_PutS(line, out);
	FCGX_PutS("\r\n", out);
	if (a->body && !a->head)
		FCGX_PutStr(a->body, (int)a->len, out);
}

static void serve(struct thread *t)
{
	struct req_source source = {t->request.envp, read_body, t->request.in};

	metric_add(&worker_busy_threads, 1);
	write_answer(t->request.out, req_run(t->rq, &source));
	FCGX_Finish_r(&t->request);
	/* Behind the answer: the client needn't wait for our tidying up. */
	req_end(t->rq);
	metric_add(&worker_busy_threads, -1);
}

/*
 * The next connection, or -1 with errno. Ours rather than libfcgi's, because a thread that waits
 * here must be woken when the process drains: shutting the listening socket down would do it, but
 * for the pool's other processes, too. So one signal is let through at this place alone, where
 * there is no request that it could cut short.
 */
static int next_connection(int listen_fd)
{
	static const struct timeval patience = {.tv_sec = 5};
	sigset_t wake;
	int fd;

	sigemptyset(&wake);
	sigaddset(&wake, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	fd = accept(listen_fd, NULL, NULL);
	pthread_sigmask(SIG_BLOCK, &wake, NULL);
	/* libfcgi has no timeout of its own: a silent peer would keep the thread for ever. */
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	}
	return fd;
}

/* What waits at a socket that is ours alone would be lost with it. */
static bool takes_more(const struct worker_socket *socket)
{
	return !draining || (socket->own && clock_mono_ms() < queue_until);
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;

	while (takes_more(t->socket)) {
		t->request.ipcFd = next_connection(t->socket->fd);
		if (t->request.ipcFd >= 0) {
			/* Or it closes the connection as one left over from the last request. */
			t->request.keepConnection = 1;
			if (!FCGX_Accept_r(&t->request))
				serve(t);
		} else if (errno == EAGAIN) {
			break; /* only a socket that is drained doesn't block: nobody waits there */
		} else if (errno != EINTR) {
			/* No descriptors or no memory: that passes, and ending would make it
			 * worse. */
			log_event(LOG_ERROR, NULL, "accept.failed reason=%s", strerror(errno));
			clock_sleep_ms(50);
		}
	}
	FCGX_Free(&t->request, 1);
	rest_thread_end();
	return NULL;
}

/* ---- the process ---- */

static void termination_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1); /* FastCGI's wish for a graceful end, which multiwatch sends */
}

void worker_block_signals(void)
{
	sigset_t all;

	/* libfcgi takes EINTR for an error in the middle of a body. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static enum err threads_start(const struct service_state *state, const struct worker_socket *socket,
			      unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct thread *t = &threads[i];

		t->socket = socket;
		t->rq = req_new(state);
		/* No socket for libfcgi: after a broken connection it would wait in accept itself.
		 */
		if (!t->rq || FCGX_InitRequest(&t->request, -1, 0) ||
		    pthread_create(&t->id, NULL, thread_run, t))
			return ERR_UNAVAILABLE;
		metric_add(&worker_threads, 1);
	}
	return OK;
}

/* One round of waking and waiting; the number of threads that are still there. */
static unsigned threads_join(unsigned n)
{
	unsigned left = 0;

	for (unsigned i = 0; i < n; i++) {
		struct thread *t = &threads[i];

		if (t->joined)
			continue;
		pthread_kill(t->id, WAKE_SIGNAL);
		t->joined = !pthread_tryjoin_np(t->id, NULL);
		if (t->joined)
			req_free(t->rq);
		else
			left++;
	}
	return left;
}

/* Frees the threads that wait for a connection; busy ones finish what they have. */
static enum err threads_drain(const struct worker_socket *socket, unsigned n)
{
	int64_t now = clock_mono_ms(), until = now + WORKER_DRAIN_MS;

	queue_until = now + WORKER_QUEUE_MS;
	if (socket->own)
		fcntl(socket->fd, F_SETFL, O_NONBLOCK);
	draining = true;
	/* Again and again: a signal between the look at `draining` and accept wakes nobody. */
	while (threads_join(n)) {
		if (clock_mono_ms() > until)
			return ERR_INTERNAL;
		clock_sleep_ms(10);
	}
	/* Who comes now is turned away, and may go elsewhere: nothing of his call was taken. */
	if (socket->own)
		close(socket->fd);
	return OK;
}

static void ignore_signal(int number)
{
	(void)number;
}

static void set_handlers(void)
{
	struct sigaction wake = {.sa_handler = ignore_signal}; /* no SA_RESTART: it ends accept */

	sigaction(WAKE_SIGNAL, &wake, NULL);
	signal(SIGPIPE, SIG_IGN); /* FCGX_Init has set a handler */
}

enum err worker_run(const struct service_state *state, const struct worker_socket *socket,
		    unsigned n)
{
	sigset_t termination;
	int signal_number;
	enum err e;

	if (FCGX_Init())
		return ERR_UNAVAILABLE;
	set_handlers();
	e = threads_start(state, socket, n);
	if (e)
		return e;
	log_event(LOG_INFO, NULL, "service.started threads=%u", n);
	termination_signals(&termination);
	while (sigwait(&termination, &signal_number))
		;
	log_event(LOG_INFO, NULL, "service.draining");
	return threads_drain(socket, n);
}
