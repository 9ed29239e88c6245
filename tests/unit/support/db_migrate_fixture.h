/* Fixture of the migration tests: things to migrate, and their records. */
#ifndef TESTS_LIB_DB_MIGRATE_FIXTURE_H
#define TESTS_LIB_DB_MIGRATE_FIXTURE_H

#include "db_fixture.h"

#include "db_migrate.h"

static const char RECORDS[] = "migrations";
enum { MANY = MIGRATION_CHUNK * 2 + 7, SHORT_MS = 400 };

static enum err apply(struct migrated *out, const struct migrations *table)
{
	struct work work;
	enum err e;

	work_begin(&work, db);
	e = migrations_apply(out, &work.ctx, table);
	work_end(&work);
	return e;
}

static void clear_records(struct ctx *ctx)
{
	int64_t n;

	assert_int_equal(db_delete(&n, ctx, RECORDS, everything(ctx)), OK);
	db_client_push(ctx);
}

static int begin_records(void **state)
{
	begin(state);
	clear_records(*state);
	return 0;
}

static void put_many(struct ctx *ctx)
{
	struct thing things[MANY];
	const void *in[MANY];
	enum err errors[MANY];

	for (int i = 0; i < MANY; i++) {
		things[i] = make_thing(arena_printf(ctx->arena, "thing %d", i), 0);
		in[i] = &things[i];
	}
	assert_int_equal(db_insert_each(errors, ctx, THINGS, &thing_shape, in, MANY), OK);
}

/* Number of things with this n. */
static int64_t with_n(struct ctx *ctx, int64_t n)
{
	return count_things(ctx, ctx_bson(ctx, BCON_NEW("n", BCON_INT64(n))));
}

/* Number of records that match the filter, which is freed. */
static int64_t records(struct ctx *ctx, bson_t *filter)
{
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, RECORDS, ctx_bson(ctx, filter), 10), OK);
	return n;
}

static bson_t *finished(const char *id)
{
	return BCON_NEW("_id", BCON_UTF8(id), "finished_at", "{", "$exists", BCON_BOOL(true), "}",
			"holder", "{", "$exists", BCON_BOOL(false), "}");
}

#endif
