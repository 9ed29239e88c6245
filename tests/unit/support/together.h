/*
 * Calls that come at the same time, so that what they want is done together
 * (lib/db/group_commit.h): on a mongod of the test's own, which is made to take its time over the
 * first of them while the others gather. The file that includes it begins with a _XOPEN_SOURCE of
 * 700.
 */
#ifndef TESTS_FCGI_TOGETHER_H
#define TESTS_FCGI_TOGETHER_H

#include "mongod.h"
#include "store_fixture.h"

enum {
	TOGETHER_MAX = CLIENTS - 1, /* one is the test's own */
	HOLD_UP_MS = 350,           /* less than the driver waits for an answer */
	FIRST_MS = 60,              /* until the first one's command is with the server */
	NEXT_MS = 8,                /* from one to the next: they gather in this order */
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

/* Runs a command of the server's administration, which it takes over. */
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

/* The next such command waits before it is done. */
static inline void hold_up_next(const char *command)
{
	administer(NULL, BCON_NEW("configureFailPoint", "failCommand", "mode", "{", "times",
				  BCON_INT32(1), "}", "data", "{", "failCommands", "[",
				  BCON_UTF8(command), "]", "blockConnection", BCON_BOOL(true),
				  "blockTimeMS", BCON_INT32(HOLD_UP_MS), "}"));
}

/* How many such commands the server has had. */
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

struct comer {
	pthread_t thread;
	struct work work;
	racer *run;
	int i;
	enum err result;
};

static inline void *together_run(void *arg)
{
	struct comer *comer = arg;

	comer->result = comer->run(&comer->work.ctx, comer->i);
	work_end(&comer->work);
	return NULL;
}

static inline void comer_begin(struct comer *comer, int i, racer *run)
{
	*comer = (struct comer){.run = run, .i = i};
	work_begin(&comer->work, db);
	assert_int_equal(db_ping(&comer->work.ctx), OK); /* with the connection made */
}

/*
 * Number 0 comes alone, and its `command` is held up; numbers 1 to n - 1 come meanwhile, one after
 * the other, and are done together. Tells what each of them came back with.
 */
static inline void together(enum err results[static TOGETHER_MAX], int n, const char *command,
			    racer *run)
{
	struct comer comers[TOGETHER_MAX];

	assert_in_range(n, 2, TOGETHER_MAX);
	for (int i = 0; i < n; i++)
		comer_begin(&comers[i], i, run);
	hold_up_next(command);
	for (int i = 0; i < n; i++) {
		assert_int_equal(pthread_create(&comers[i].thread, NULL, together_run, &comers[i]),
				 0);
		clock_sleep_ms(i ? NEXT_MS : FIRST_MS);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(comers[i].thread, NULL);
		results[i] = comers[i].result;
	}
}

#endif
