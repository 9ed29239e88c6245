/*
 * The circuit breaker of the database. While the database is unavailable the circuit is open: no
 * operation begins, and callers get ERR_UNAVAILABLE at once. One thread pings the server, and
 * closes the circuit when it answers.
 */
#ifndef LIB_CIRCUIT_BREAKER_H
#define LIB_CIRCUIT_BREAKER_H

#include <mongoc/mongoc.h>
#include <stdbool.h>

#include "err.h"

struct circuit_breaker;

/* Starts the thread, which keeps one client of the pool until it ends. The pool is borrowed until
 * circuit_breaker_free(). ERR_INTERNAL without memory or threads. */
enum err circuit_breaker_new(struct circuit_breaker **breaker,
			     mongoc_client_pool_t *pool) MUST_CHECK;

/* Ends the thread, at the latest after the timeout of a ping. */
void circuit_breaker_free(struct circuit_breaker *breaker);

/* Opens the circuit after an operation timed out; the thread pings the server at once. `why` is
 * logged. */
void circuit_breaker_trip(struct circuit_breaker *breaker, const char *why);

/* Makes the thread ping the server at once, after a failure that may affect one connection only. */
void circuit_breaker_check(struct circuit_breaker *breaker);

/* Whether operations are refused. Before the first answer of the server they are not. */
bool circuit_breaker_is_open(const struct circuit_breaker *breaker);

/* Whether the server's last answer is at most about two seconds old. */
bool circuit_breaker_is_up(const struct circuit_breaker *breaker);

#endif
