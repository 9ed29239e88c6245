/*
 * A service: its name and its tables. main() is service_main(), which reads the settings, opens the
 * database, starts the background jobs, serves, and takes it all apart in the opposite order.
 */
#ifndef LIB_SERVICE_H
#define LIB_SERVICE_H

#include "background.h"
#include "config.h"
#include "db_index.h"
#include "db_migrate.h"
#include "metrics.h"
#include "route.h"

struct service {
	const char *name;     /* in the log, and of its pool */
	const char *database; /* no other service looks into it */
	const char *greeting; /* of GET /health, as published */
	const char *about;    /* for the API's description: what its calls are for */
	const char *threads;  /* default of THREADS; NULL: that of all */
	struct routes routes;
	const struct setting *settings; /* its own, beside those that all services have */
	size_t n_settings;
	const struct background_job *jobs;
	size_t n_jobs;
	const struct metrics *metrics;    /* its own, beside those of all services; may be NULL */
	const struct db_indexes *indexes; /* of its database; may be NULL */
	const struct migrations *migrations; /* likewise */
	/* Before the first request and the first job; says what is wrong in the log. May be NULL.
	 */
	enum err (*start)(void);
	/* After the last. May be NULL. */
	void (*stop)(void);
	/* Whether it can serve without its database, from what it holds in memory; NULL: it can't.
	 */
	bool (*holds_data)(void);
};

/*
 * Runs a service until SIGTERM, on the listening socket that is descriptor 0, or on one of its own
 * where LISTEN is set. `--routes`, `--config` and `--metrics` print its tables instead, `--errors`
 * prints the gateway's own errors, `--check` reads its settings alone, `--health` asks the
 * service that runs at LISTEN. Returns main's status: 0, 1 (it failed), 2 (its settings or its
 * arguments are wrong).
 */
int service_main(int argc, char **argv, const struct service *service);

/* The service that runs in this process. */
const struct service *service_running(void);

/* For how many seconds it has run. */
int64_t service_seconds(void);

/* How many threads serve requests in this process. */
unsigned service_threads(void);

/* MONGODB_URI, for connections beside the pool. */
const char *service_database_uri(void);

#endif
