/* The order of migrations, one program at a time. */
#include "db_migrate.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db_migrate_private.h"
#include "log.h"

enum {
	STEP_MS = 5000, /* for a chunk and its record; less than the lease */
	STEP_MEMORY = 64 << 20,
	LOOK_MS = 500, /* between two tries to take the lock */
	WHY_MAX = 256,
};

struct run {
	struct db *db;
	struct arena *arena;
	const struct migrations *table;
	const struct migration *migration; /* the next that isn't finished; NULL: all are */
	struct migration_lock lock;
	bson_t *cursor;    /* {_id} that was reached; NULL: none */
	bool at_end;       /* no document is behind the cursor */
	char why[WHY_MAX]; /* it can't go on; "": the database is away */
	struct migrated *out;
};

/* ---- steps: each has a deadline and memory of its own ---- */

typedef enum err run_step(struct run *run, struct ctx *ctx);

static enum err in_time(struct run *run, run_step *step)
{
	struct ctx ctx;
	enum err e;

	ctx_begin(&ctx, run->arena, run->db, STEP_MS);
	ctx_set_ids(&ctx, NULL, NULL);
	e = step(run, &ctx);
	ctx_end(&ctx);
	return e;
}

static bool is_finished(const struct list *records, const char *id)
{
	const struct migration_record *record = records->items;

	for (size_t i = 0; i < records->n; i++) {
		if (strcmp(record[i]._id, id) == 0)
			return record[i].finished_at.ms != 0;
	}
	return false;
}

/* In the table's order: one that was added before others that are finished is applied, too. */
static enum err find_next(struct run *run, struct ctx *ctx)
{
	struct list records = {NULL, 0};
	enum err e = migration_records(&records, ctx);

	run->migration = NULL;
	for (size_t i = 0; i < run->table->n && !e && !run->migration; i++) {
		if (!is_finished(&records, run->table->rows[i].id))
			run->migration = &run->table->rows[i];
	}
	return e;
}

static bool is_known(const struct migrations *table, const char *id)
{
	for (size_t i = 0; i < table->n; i++) {
		if (strcmp(table->rows[i].id, id) == 0)
			return true;
	}
	return false;
}

static enum err warn_of_unknown(struct run *run, struct ctx *ctx)
{
	struct list records = {NULL, 0};
	enum err e = migration_records(&records, ctx);

	for (size_t i = 0; i < records.n && !e; i++) {
		const char *id = ((const struct migration_record *)records.items + i)->_id;

		if (!is_known(run->table, id))
			log_event(LOG_WARNING, ctx, "migration.unknown id=%s reason=%s", id,
				  "a newer version has migrated the database");
	}
	return e;
}

static enum err take_lock(struct run *run, struct ctx *ctx)
{
	return migration_lock_take(&run->lock, ctx);
}

/* Not an error where it fails: the lease ends by itself. */
static enum err release_lock(struct run *run, struct ctx *ctx)
{
	migration_lock_release(&run->lock, ctx);
	return OK;
}

static enum err begin(struct run *run, struct ctx *ctx)
{
	enum err e = migration_lock_renew(&run->lock, ctx);

	bson_destroy(run->cursor);
	run->cursor = NULL;
	run->at_end = false;
	return e ? e : migration_record_begin(&run->cursor, ctx, run->migration->id, &run->lock);
}

static enum err finish(struct run *run, struct ctx *ctx)
{
	return migration_record_finish(ctx, run->migration->id, &run->lock);
}

static enum err record_why(struct run *run, struct ctx *ctx)
{
	return migration_record_fail(ctx, run->migration->id, &run->lock, run->why);
}

static enum err one_chunk(struct run *run, struct ctx *ctx)
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
	if (chunk.seen)
		e = migration_record_chunk(ctx, run->migration->id, &run->lock, &chunk);
	if (e || !chunk.seen)
		return e;
	bson_destroy(run->cursor);
	run->cursor = bson_copy(chunk.last);
	run->out->changed += (int64_t)chunk.changed;
	run->out->left += (int64_t)chunk.left;
	return OK;
}

/* ---- all of them ---- */

bool migration_is_failure(enum err e)
{
	return e && !err_is_temporary(e) && e != ERR_RETRY;
}

/* Records why a run failed. A transient error without a reason is not recorded. */
static enum err record_failure(struct run *run, enum err e)
{
	enum err recorded;

	if (migration_is_failure(e)) {
		log_event(LOG_ERROR, NULL, "migration.failed id=%s advice=%s", run->migration->id,
			  "nothing after it is applied: mend what is named above, then run the "
			  "seed again");
		snprintf(run->why, sizeof run->why, "%s", err_info(e)->text);
	}
	if (!*run->why)
		return e;
	recorded = in_time(run, record_why);
	return recorded == ERR_RETRY ? recorded : e;
}

static enum err apply_one(struct run *run)
{
	enum err e;

	*run->why = '\0';
	e = in_time(run, begin);
	while (!e && !run->at_end)
		e = in_time(run, one_chunk);
	if (!e)
		e = in_time(run, finish);
	run->out->applied += !e;
	return e ? record_failure(run, e) : OK;
}

/* With the lock. */
static enum err apply_all(struct run *run)
{
	enum err e = in_time(run, find_next);

	while (!e && run->migration) {
		e = apply_one(run);
		if (!e)
			e = in_time(run, find_next);
	}
	return e;
}

/* ERR_DUPLICATE: another program has the lock. ERR_RETRY: it has taken over. */
static enum err try_to_apply(struct run *run)
{
	enum err e = in_time(run, find_next);

	if (e || !run->migration)
		return e;
	e = in_time(run, take_lock);
	if (e)
		return e;
	e = apply_all(run);
	(void)!in_time(run, release_lock);
	return e;
}

static enum err apply_or_wait(struct run *run)
{
	int64_t until = clock_mono_ms() + MIGRATION_WAIT_MS;
	bool waited = false;
	enum err e = try_to_apply(run);

	while ((e == ERR_DUPLICATE || e == ERR_RETRY) && clock_mono_ms() < until) {
		if (!waited)
			log_event(LOG_WARNING, NULL, "migration.waiting reason=%s",
				  "another program applies migrations, or its lease has not ended");
		waited = true;
		clock_sleep_ms(LOOK_MS);
		e = try_to_apply(run);
	}
	return e == ERR_DUPLICATE || e == ERR_RETRY ? ERR_UNAVAILABLE : e;
}

enum err migrations_apply(struct migrated *out, struct ctx *ctx, const struct migrations *table)
{
	struct run run = {.db = ctx->db, .table = table, .out = out};
	enum err e;

	*out = (struct migrated){0};
	run.arena = arena_new(STEP_MEMORY);
	if (!run.arena)
		return ERR_NO_MEMORY;
	e = in_time(&run, warn_of_unknown);
	if (!e)
		e = apply_or_wait(&run);
	bson_destroy(run.cursor);
	arena_free(run.arena);
	return e;
}
