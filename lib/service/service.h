/*
 * A service: its name and its tables. main() calls service_main(), which reads the settings, opens
 * the database, starts the background jobs, serves, and ends in the reverse order.
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
	const char *database; /* no other service uses it */
	const char *greeting; /* status in the published GET /health */
	const char *about;    /* purpose of its calls, for the description of the API */
	const char *threads;  /* default of THREADS; NULL: the common default */
	struct routes routes;
	const struct setting *settings; /* in addition to those of all services */
	size_t n_settings;
	const struct background_job *jobs;
	size_t n_jobs;
	const struct metrics *metrics;       /* in addition to those of all services; may be NULL */
	const struct db_indexes *indexes;    /* of its database; may be NULL */
	const struct migrations *migrations; /* of its database; may be NULL */
	/* Called before the first request and the first job; logs its errors. May be NULL. */
	enum err (*start)(void);
	/* Called after the last request and the last job. May be NULL. */
	void (*stop)(void);
	/* Whether it has the data in memory to serve without its database; NULL: it always needs
	 * the database. */
	bool (*holds_data)(void);
};

/*
 * Runs a service until SIGTERM, on the listening socket of descriptor 0, or on one of its own if
 * LISTEN is set. `--routes`, `--config` and `--metrics` print its tables instead, `--errors` prints
 * the gateway's errors, `--check` only reads the settings, `--health` sends a health check to the
 * service at LISTEN. Returns the exit status: 0, 1 (failure), 2 (wrong settings or arguments).
 */
int service_main(int argc, char **argv, const struct service *service);

/* The service that runs in this process. */
const struct service *service_running(void);

/* Uptime of this process in seconds. */
int64_t service_seconds(void);

/* Number of threads that serve requests in this process. */
unsigned service_threads(void);

/* MONGODB_URI, for connections outside of the pool. */
const char *service_database_uri(void);

#endif
