/*
 * Concurrent calls that share a batch (lib/db/group_commit.h). They run on a mongod of the test
 * program, which delays the first call's command while the others queue. A file that includes this
 * header defines _XOPEN_SOURCE as 700.
 */
#ifndef TESTS_FCGI_TOGETHER_H
#define TESTS_FCGI_TOGETHER_H

#include "mongod.h"
#include "store_fixture.h"

enum {
	TOGETHER_MAX = CLIENTS - 1, /* one client is the test's own */
	HOLD_UP_MS = 350,           /* less than the driver's socket timeout */
	FIRST_MS = 60,              /* until the first call's command has reached the server */
	NEXT_MS = 8,                /* between two calls, so that they queue in this order */
};

static struct mongod together_server;

/* ---- the server ---- */

static inline void together_start(void)
{
	mongod_init(&together_server, getenv("MONGOD"));
	assert_int_equal(db_replica_set_ensure(together_server.uri), OK);
	assert_int_equal(setenv("MONGODB_URI", together_server.uri, 1), 0);
}

static inline void together_stop(void)
{
	mongod_dispose(&together_server);
}

/* Runs an administrative command, and frees it. */
static inline void administer(bson_t *reply, bson_t *command)
{
	mongoc_client_t *client = mongoc_client_new(together_server.uri);
	bson_error_t error;

	assert_non_null(client);
	if (!mongoc_client_command_simple(client, "admin", command, NULL, reply, &error))
		fail_msg("%s", error.message);
	mongoc_client_destroy(client);
	bson_destroy(command);
}

/* Delays the next command of this name. */
static inline void hold_up_next(const char *command)
{
	administer(NULL, BCON_NEW("configureFailPoint", "failCommand", "mode", "{", "times",
				  BCON_INT32(1), "}", "data", "{", "failCommands", "[",
				  BCON_UTF8(command), "]", "blockConnection", BCON_BOOL(true),
				  "blockTimeMS", BCON_INT32(HOLD_UP_MS), "}"));
}

/* Number of commands of this name that the server has received. */
static inline int64_t commands(const char *name)
{
	char path[64];
	bson_iter_t it, total;
	int64_t n;
	bson_t reply;

	administer(&reply, BCON_NEW("serverStatus", BCON_INT32(1)));
	snprintf(path, sizeof path, "metrics.commands.%s.total", name);
	assert_true(bson_iter_init(&it, &reply) && bson_iter_find_descendant(&it, path, &total));
	n = bson_iter_as_int64(&total);
	bson_destroy(&reply);
	return n;
}

/* ---- the calls ---- */

struct caller {
	pthread_t thread;
	struct work work;
	racer *run;
	int i;
	enum err result;
};

static inline void *together_run(void *arg)
{
	struct caller *caller = arg;

	caller->result = caller->run(&caller->work.ctx, caller->i);
	work_end(&caller->work);
	return NULL;
}

static inline void caller_begin(struct caller *caller, int i, racer *run)
{
	*caller = (struct caller){.run = run, .i = i};
	work_begin(&caller->work, db);
	assert_int_equal(db_ping(&caller->work.ctx), OK); /* opens the connection */
}

/*
 * Starts call 0 and delays its `command`; calls 1 to n - 1 queue in order meanwhile, and run as one
 * batch. results[i] is what call `i` returned.
 */
static inline void together(enum err results[static TOGETHER_MAX], int n, const char *command,
			    racer *run)
{
	struct caller callers[TOGETHER_MAX];

	assert_in_range(n, 2, TOGETHER_MAX);
	for (int i = 0; i < n; i++)
		caller_begin(&callers[i], i, run);
	hold_up_next(command);
	for (int i = 0; i < n; i++) {
		assert_int_equal(pthread_create(&callers[i].thread, NULL, together_run,
						&callers[i]),
				 0);
		clock_sleep_ms(i ? NEXT_MS : FIRST_MS);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(callers[i].thread, NULL);
		results[i] = callers[i].result;
	}
}

#endif
