/*
 * A service: its name and its tables. main() is service_main(), which reads the settings, opens the
 * database, starts the background jobs, serves, and takes it all apart in the opposite order.
 */
#ifndef LIB_SERVICE_H
#define LIB_SERVICE_H

#include "background.h"
#include "config.h"
#include "route.h"

struct service {
	const char *name;     /* in the log, and of its pool */
	const char *database; /* no other service looks into it */
	const char *greeting; /* of GET /health, as published */
	const char *threads;  /* default of THREADS; NULL: that of all */
	struct routes routes;
	const struct setting *settings; /* its own, beside those that all services have */
	size_t n_settings;
	const struct background_job *jobs;
	size_t n_jobs;
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
 * Runs a service on the listening socket that is descriptor 0, until SIGTERM. `--routes` and
 * `--config` print its tables instead, `--check` looks at its settings alone. Returns main's
 * status: 0, 1 (it failed), 2 (its settings or its arguments are wrong).
 */
int service_main(int argc, char **argv, const struct service *service);

/* The service that runs in this process. */
const struct service *service_running(void);

/* How many threads serve requests in this process. */
unsigned service_threads(void);

/* MONGODB_URI, for connections beside the pool. */
const char *service_database_uri(void);

#endif
