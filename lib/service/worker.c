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

struct metric worker_threads = {"pool_threads", "threads that serve requests", METRIC_GAUGE};
struct metric worker_busy_threads = {"pool_threads_busy", "threads that are processing a request",
				     METRIC_GAUGE};

static struct thread threads[WORKER_THREADS_MAX];
static atomic_bool draining;
static atomic_llong queue_until; /* clock_mono_ms(); end of draining the queue of an own socket */

bool worker_draining(void)
{
	return draining;
}

/* ---- one request ---- */

static int read_body(void *stream, char *buffer, int size)
{
	return FCGX_GetStr(buffer, size, stream);
}

/* Write errors are ignored: the client has disconnected, and the request's effects stay. */
static void serve(struct thread *t)
{
	struct req_source source = {t->request.envp, read_body, t->request.in};
	FCGX_Stream *out = t->request.out;
	const struct req_answer *a;
	char line[128]; /* libfcgi's own printf doesn't support %zu */

	metric_add(&worker_busy_threads, 1);
	a = req_run(t->rq, &source);
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
	/* These statuses have no body, and no headers of one. Source: RFC 9110, 8.6 and 15.4.5. */
	if (a->status != HTTP_204 && a->status != HTTP_304)
		FCGX_PutS(line, out);
	FCGX_PutS("\r\n", out);
	if (a->body && !a->head)
		FCGX_PutStr(a->body, (int)a->len, out);
	FCGX_Finish_r(&t->request);
	/* After the answer, so that the client doesn't wait for the cleanup. */
	req_end(t->rq);
	metric_add(&worker_busy_threads, -1);
}

/*
 * Accepts a connection; -1 with errno. It replaces libfcgi's function, because a waiting thread
 * must be woken when the process drains. Shutting down the listening socket would also affect the
 * pool's other processes. So one signal is unblocked only here, where it can't interrupt a request.
 */
static int accept_connection(int listen_fd)
{
	static const struct timeval timeout = {.tv_sec = 5};
	sigset_t wake;
	int fd;

	sigemptyset(&wake);
	sigaddset(&wake, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	fd = accept(listen_fd, NULL, NULL);
	pthread_sigmask(SIG_BLOCK, &wake, NULL);
	/* libfcgi has no timeout: without one a silent peer would block the thread for ever. */
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	}
	return fd;
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;

	/* The queued connections of an own socket would be lost when it is closed, so they are
	 * accepted during the drain. */
	while (!draining || (t->socket->own && clock_mono_ms() < queue_until)) {
		t->request.ipcFd = accept_connection(t->socket->fd);
		if (t->request.ipcFd >= 0) {
			/* Otherwise libfcgi closes the connection as one of the last request. */
			t->request.keepConnection = 1;
			if (!FCGX_Accept_r(&t->request))
				serve(t);
		} else if (errno == EAGAIN) {
			break; /* only a draining socket doesn't block: its queue is empty */
		} else if (errno != EINTR) {
			/* Out of descriptors or memory: that is temporary, so the thread retries.
			 */
			log_event(LOG_ERROR, NULL, "accept.failed reason=%s", strerror(errno));
			clock_sleep_ms(50);
		}
	}
	FCGX_Free(&t->request, 1);
	rest_thread_end();
	return NULL;
}

/* ---- the process ---- */

void worker_block_signals(void)
{
	sigset_t all;

	/* libfcgi treats EINTR during a body as an error. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
}

/* Wakes the threads once, and joins those that have ended. Returns how many are left. */
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

/* Ends the threads that wait for a connection; busy ones finish their requests. */
static enum err threads_drain(const struct worker_socket *socket, unsigned n)
{
	int64_t now = clock_mono_ms(), until = now + WORKER_DRAIN_MS;

	queue_until = now + WORKER_QUEUE_MS;
	if (socket->own)
		fcntl(socket->fd, F_SETFL, O_NONBLOCK);
	draining = true;
	/* Repeated, because a signal between the read of `draining` and accept() wakes no thread.
	 */
	while (threads_join(n)) {
		if (clock_mono_ms() > until)
			return ERR_INTERNAL;
		clock_sleep_ms(10);
	}
	/* Further connections are refused. Their clients may retry elsewhere, because no part of
	 * their requests was read. */
	if (socket->own)
		close(socket->fd);
	return OK;
}

static void ignore_signal(int number)
{
	(void)number;
}

enum err worker_run(const struct service_state *state, const struct worker_socket *socket,
		    unsigned n)
{
	struct sigaction wake = {.sa_handler = ignore_signal}; /* no SA_RESTART: it ends accept() */
	sigset_t termination;
	int signal_number;

	if (FCGX_Init())
		return ERR_UNAVAILABLE;
	sigaction(WAKE_SIGNAL, &wake, NULL);
	signal(SIGPIPE, SIG_IGN); /* replaces the handler of FCGX_Init() */
	for (unsigned i = 0; i < n; i++) {
		struct thread *t = &threads[i];

		t->socket = socket;
		t->rq = req_new(state);
		/* libfcgi gets no socket: after a broken connection it would call accept() itself.
		 */
		if (!t->rq || FCGX_InitRequest(&t->request, -1, 0) ||
		    pthread_create(&t->id, NULL, thread_run, t))
			return ERR_UNAVAILABLE;
		metric_add(&worker_threads, 1);
	}
	log_event(LOG_INFO, NULL, "service.started threads=%u", n);
	sigemptyset(&termination);
	sigaddset(&termination, SIGTERM);
	sigaddset(&termination, SIGINT);
	sigaddset(&termination, SIGUSR1); /* graceful end by FastCGI; multiwatch sends it */
	while (sigwait(&termination, &signal_number))
		;
	log_event(LOG_INFO, NULL, "service.draining");
	return threads_drain(socket, n);
}
