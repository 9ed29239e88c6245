/*
 * Fixture of the database tests: things to store, and a database of their own on the server of
 * MONGODB_URI. A test gets a context, and an empty collection.
 */
#ifndef TESTS_LIB_DB_FIXTURE_H
#define TESTS_LIB_DB_FIXTURE_H

#include <mongoc/mongoc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "db.h"
#include "log.h"
#include "seed/db_admin.h"
#include "seed/db_replica_set.h"

enum { BUDGET_MS = 30 * 1000, ARENA_MAX = 8 << 20, CLIENTS = 12, SOON_MS = 10 * 1000 };

static const char THINGS[] = "things";

struct thing {
	bson_oid_t _id;
	const char *name;
	int64_t n;
};

static const struct field thing_fields[] = {
    {FIELD(struct thing, _id)},
    {FIELD(struct thing, name)},
    {FIELD(struct thing, n)},
};
static const struct shape thing_shape = SHAPE(struct thing, thing_fields);

static struct db *db;

/* A context and its memory. */
struct work {
	struct arena *arena;
	struct ctx ctx;
};

static inline void work_begin(struct work *work, struct db *of)
{
	work->arena = arena_new(ARENA_MAX);
	assert_non_null(work->arena);
	ctx_begin(&work->ctx, work->arena, of, BUDGET_MS);
}

static inline void work_end(struct work *work)
{
	ctx_end(&work->ctx);
	arena_free(work->arena);
}

static inline const char *test_uri(void)
{
	const char *uri = getenv("MONGODB_URI");

	if (!uri)
		fail_msg("MONGODB_URI must name a replica set");
	return uri;
}

static inline void await_up(void)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	while (!db_is_up(db) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_true(db_is_up(db));
}

/* A name that is unique for the process. */
static inline const char *test_database(void)
{
	static char name[32];

	snprintf(name, sizeof name, "test_%ld", (long)getpid());
	return name;
}

/* Retries, because a server that has just started, or whose disk is slow, may time out. */
static inline void ensure_index(struct ctx *ctx, const struct db_index *index)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	enum err e;

	while (err_is_temporary(e = db_index_ensure(ctx, test_database(), index)) &&
	       clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_int_equal(e, OK);
}

/* Opens the database, with a unique index on the name. */
static inline void open_database(const char *uri)
{
	struct db_index unique_name = {.collection = THINGS,
				       .keys = "{\"name\": 1}",
				       .unique = true};
	struct work work;

	assert_int_equal(db_open(&db, uri, test_database(), CLIENTS), OK);
	work_begin(&work, db);
	ensure_index(&work.ctx, &unique_name);
	work_end(&work);
	await_up();
}

static inline void drop_database(const char *uri)
{
	bson_error_t error;
	mongoc_client_t *client = mongoc_client_new(uri);
	mongoc_database_t *database;

	assert_non_null(client);
	database = mongoc_client_get_database(client, test_database());
	assert_true(mongoc_database_drop(database, &error));
	mongoc_database_destroy(database);
	mongoc_client_destroy(client);
}

static inline struct thing make_thing(const char *name, int64_t n)
{
	struct thing thing = {.name = name, .n = n};

	bson_oid_init(&thing._id, NULL);
	return thing;
}

static inline struct thing put_thing(struct ctx *ctx, const char *name, int64_t n)
{
	struct thing thing = make_thing(name, n);

	assert_int_equal(db_insert(ctx, THINGS, &thing_shape, &thing), OK);
	return thing;
}

static inline bson_t *by_name(struct ctx *ctx, const char *name)
{
	return ctx_bson(ctx, BCON_NEW("name", BCON_UTF8(name)));
}

static inline bson_t *everything(struct ctx *ctx)
{
	return ctx_bson(ctx, bson_new());
}

static inline bson_t *add_to_n(struct ctx *ctx, int64_t n)
{
	return ctx_bson(ctx, BCON_NEW("$inc", "{", "n", BCON_INT64(n), "}"));
}

/* The n of a thing by its name. */
static inline int64_t n_of(struct ctx *ctx, const char *name)
{
	struct thing thing = {.n = -1};

	assert_int_equal(db_find_one(&thing, ctx, THINGS, &thing_shape, by_name(ctx, name)), OK);
	return thing.n;
}

static inline int64_t count_things(struct ctx *ctx, const bson_t *filter)
{
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, THINGS, filter, 1000), OK);
	return n;
}

/* ---- set-up and tear-down ---- */

static inline int open_shared(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1); /* no log: most errors are intended */
	open_database(test_uri());
	return 0;
}

static inline int close_shared(void **state)
{
	(void)state;
	drop_database(test_uri());
	db_close(db);
	return 0;
}

/* Retries: a transaction of an outage holds its locks until the server aborts it. */
static inline void clear_things(struct ctx *ctx)
{
	const bson_t *all = everything(ctx);
	int64_t until = clock_mono_ms() + SOON_MS, n;
	enum err e;

	while (err_is_temporary(e = db_delete(&n, ctx, THINGS, all)) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_int_equal(e, OK);
}

static inline int begin(void **state)
{
	static struct work work;

	work_begin(&work, db);
	clear_things(&work.ctx);
	*state = &work.ctx;
	return 0;
}

static inline int end(void **state)
{
	struct ctx *ctx = *state;
	struct arena *arena = ctx->arena;

	ctx_end(ctx);
	arena_free(arena);
	return 0;
}

#endif
