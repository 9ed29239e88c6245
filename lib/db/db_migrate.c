/* Applies migrations in order, one program at a time. */
#include "db_migrate.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db_migrate_private.h"
#include "log.h"

enum {
	STEP_MS = 5000, /* for a chunk and its record; less than the lease */
	STEP_MEMORY = 64 << 20,
	POLL_MS = 500, /* between two attempts to take the lock */
	WHY_MAX = 256,
};

struct run {
	struct db *db;
	struct arena *arena;
	const struct migrations *table;
	const struct migration *migration; /* the next unfinished one; NULL: all are finished */
	struct migration_lock lock;
	bson_t *cursor;    /* {_id} of the last document that was processed; NULL: none */
	bool at_end;       /* no document follows the cursor */
	char why[WHY_MAX]; /* reason of an error; "": the database is unavailable */
	struct migrated *out;
};

/* Each step has a deadline and memory of its own, which ctx_end() frees. */
static void begin_step(struct ctx *ctx, const struct run *run)
{
	ctx_begin(ctx, run->arena, run->db, STEP_MS);
	ctx_set_ids(ctx, NULL, NULL);
}

bool migration_is_failure(enum err e)
{
	return e && !err_is_temporary(e) && e != ERR_RETRY;
}

/* ---- records ---- */

/* Finds the first unfinished migration in the table's order, also one that was added to the table
 * before finished ones. */
static enum err find_next(struct run *run)
{
	const struct migration_record *record;
	struct list records = {NULL, 0};
	struct ctx ctx;
	enum err e;

	begin_step(&ctx, run);
	e = migration_records(&records, &ctx);
	run->migration = NULL;
	record = records.items;
	for (size_t i = 0; i < run->table->n && !e && !run->migration; i++) {
		const struct migration *row = &run->table->rows[i];
		bool is_finished = false;

		for (size_t j = 0; j < records.n; j++)
			is_finished |=
			    strcmp(record[j]._id, row->id) == 0 && record[j].finished_at.ms;
		if (!is_finished)
			run->migration = row;
	}
	ctx_end(&ctx);
	return e;
}

static enum err warn_of_unknown(const struct run *run)
{
	struct list records = {NULL, 0};
	struct ctx ctx;
	enum err e;

	begin_step(&ctx, run);
	e = migration_records(&records, &ctx);
	for (size_t i = 0; i < records.n && !e; i++) {
		const char *id = ((const struct migration_record *)records.items + i)->_id;
		bool is_known = false;

		for (size_t j = 0; j < run->table->n; j++)
			is_known |= strcmp(run->table->rows[j].id, id) == 0;
		if (!is_known)
			log_event(LOG_WARNING, &ctx, "migration.unknown id=%s reason=%s", id,
				  "a newer version has migrated the database");
	}
	ctx_end(&ctx);
	return e;
}

/* ---- one migration ---- */

static enum err run_chunk(struct run *run, struct ctx *ctx)
{
	struct migration_chunk chunk = {0};
	enum err e = migration_lock_renew(&run->lock, ctx);

	if (!e)
		e = migration_chunk_run(&chunk, ctx, run->migration, run->cursor);
	if (chunk.why)
		snprintf(run->why, sizeof run->why, "%s", chunk.why);
	if (e)
		return e;
	run->at_end = chunk.seen < MIGRATION_CHUNK;
	if (!chunk.seen)
		return OK;
	e = migration_record_chunk(ctx, run->migration->id, &run->lock, &chunk);
	if (e)
		return e;
	bson_destroy(run->cursor);
	run->cursor = bson_copy(chunk.last);
	run->out->changed += (int64_t)chunk.changed;
	run->out->left += (int64_t)chunk.left;
	return OK;
}

/* Records why a migration failed. A temporary error without a reason isn't recorded. Returns
 * ERR_RETRY if another program has taken over, else `e`. */
static enum err record_failure(struct run *run, enum err e)
{
	struct ctx ctx;
	enum err recorded;

	if (migration_is_failure(e)) {
		log_event(LOG_ERROR, NULL, "migration.failed id=%s advice=%s", run->migration->id,
			  "later migrations are not applied: correct the cause, then run the seed "
			  "again");
		snprintf(run->why, sizeof run->why, "%s", err_info(e)->text);
	}
	if (!*run->why)
		return e;
	begin_step(&ctx, run);
	recorded = migration_record_fail(&ctx, run->migration->id, &run->lock, run->why);
	ctx_end(&ctx);
	return recorded == ERR_RETRY ? recorded : e;
}

static enum err apply_one(struct run *run)
{
	const char *id = run->migration->id;
	struct ctx ctx;
	enum err e;

	*run->why = '\0';
	run->at_end = false;
	bson_destroy(run->cursor);
	run->cursor = NULL;
	begin_step(&ctx, run);
	e = migration_lock_renew(&run->lock, &ctx);
	if (!e)
		e = migration_record_begin(&run->cursor, &ctx, id, &run->lock);
	ctx_end(&ctx);
	while (!e && !run->at_end) {
		begin_step(&ctx, run);
		e = run_chunk(run, &ctx);
		ctx_end(&ctx);
	}
	if (!e) {
		begin_step(&ctx, run);
		e = migration_record_finish(&ctx, id, &run->lock);
		ctx_end(&ctx);
	}
	if (e)
		return record_failure(run, e);
	run->out->applied++;
	return OK;
}

/* ---- all of them ---- */

/* ERR_DUPLICATE: another program has the lock. ERR_RETRY: another program has taken over. */
static enum err try_to_apply(struct run *run)
{
	struct ctx ctx;
	enum err e = find_next(run);

	if (e || !run->migration)
		return e;
	begin_step(&ctx, run);
	e = migration_lock_take(&run->lock, &ctx);
	ctx_end(&ctx);
	if (e)
		return e;
	/* The list is read again: another program may have finished some before the lock was taken.
	 */
	e = find_next(run);
	while (!e && run->migration) {
		e = apply_one(run);
		if (!e)
			e = find_next(run);
	}
	begin_step(&ctx, run);
	migration_lock_release(&run->lock, &ctx);
	ctx_end(&ctx);
	return e;
}

enum err migrations_apply(struct migrated *out, struct ctx *ctx, const struct migrations *table)
{
	struct run run = {.db = ctx->db, .table = table, .out = out};
	int64_t until = clock_mono_ms() + MIGRATION_WAIT_MS;
	bool has_waited = false;
	enum err e;

	*out = (struct migrated){0};
	run.arena = arena_new(STEP_MEMORY);
	if (!run.arena)
		return ERR_NO_MEMORY;
	e = warn_of_unknown(&run);
	if (!e)
		e = try_to_apply(&run);
	while ((e == ERR_DUPLICATE || e == ERR_RETRY) && clock_mono_ms() < until) {
		if (!has_waited)
			log_event(LOG_WARNING, NULL, "migration.waiting reason=%s",
				  "another program applies migrations, or its lease has not ended");
		has_waited = true;
		clock_sleep_ms(POLL_MS);
		e = try_to_apply(&run);
	}
	if (e == ERR_DUPLICATE || e == ERR_RETRY)
		e = ERR_UNAVAILABLE;
	bson_destroy(run.cursor);
	arena_free(run.arena);
	return e;
}
