/*
 * The breaker: while the database is away, no operation is begun. One thread asks after it, all
 * others answer at once.
 */
#ifndef LIB_DB_BREAKER_H
#define LIB_DB_BREAKER_H

#include <mongoc/mongoc.h>
#include <stdbool.h>

#include "err.h"

struct db_breaker;

/* Starts the thread, which takes one client of the pool for good. ERR_INTERNAL. */
enum err db_breaker_new(struct db_breaker **breaker, mongoc_client_pool_t *pool) MUST_CHECK;

/* Ends the thread: after a ping's time-out at the latest. */
void db_breaker_free(struct db_breaker *breaker);

/* Opens it after a wait that was in vain; the thread asks the server at once. `why` goes to the
 * log. */
void db_breaker_trip(struct db_breaker *breaker, const char *why);

/* Has the thread ask the server at once, after a failure that may be one connection's alone. */
void db_breaker_check(struct db_breaker *breaker);

/* Whether operations are to be refused. Before the first answer they are let through. */
bool db_breaker_is_open(const struct db_breaker *breaker);

/* Whether the server's last answer is at most about two seconds old. */
bool db_breaker_is_up(const struct db_breaker *breaker);

#endif
