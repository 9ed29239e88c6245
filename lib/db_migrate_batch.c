/* One batch of a migration: a read, a decision about each document, and a write. */
#include "db.h"
#include "db_migrate_private.h"
#include "db_private.h"
#include "log.h"

enum { TRIES = 5 /* of a batch whose documents others write meanwhile */ };

/* The documents of a batch, and the updates of those that change. */
struct documents {
	const bson_t *docs[MIGRATION_BATCH];
	size_t n;
	struct db_statement updates[MIGRATION_BATCH];
	const bson_t *updated[MIGRATION_BATCH];
	size_t n_updates;
};

/* {_id} of a document. */
static bson_t *id_of(struct ctx *ctx, const bson_t *doc)
{
	bson_t *id = ctx_bson(ctx, bson_new());
	bson_iter_t it;

	if (id && bson_iter_init_find(&it, doc, "_id") && bson_append_iter(id, "_id", 3, &it))
		return id;
	return NULL;
}

/* ---- reading ---- */

/* In order of _id, whatever its type. `min` includes the document itself. */
static enum err append_range(bson_t *opts, struct ctx *ctx, const struct migration *migration,
			     const bson_t *after)
{
	const bson_t *fields =
	    ctx_bson(ctx, bson_new_from_json((const uint8_t *)migration->fields, -1, NULL));
	const bson_t *by_id = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));
	int32_t limit = MIGRATION_BATCH + (after ? 1 : 0);
	bool ok = fields && by_id && BSON_APPEND_INT64(opts, "limit", limit) &&
		  BSON_APPEND_INT32(opts, "batchSize", limit) &&
		  BSON_APPEND_DOCUMENT(opts, "sort", by_id) &&
		  BSON_APPEND_DOCUMENT(opts, "hint", by_id) &&
		  BSON_APPEND_DOCUMENT(opts, "projection", fields) &&
		  (!after || BSON_APPEND_DOCUMENT(opts, "min", after));

	return ok ? OK : ERR_UNAVAILABLE;
}

static enum err keep_document(struct documents *all, struct ctx *ctx, const bson_t *doc,
			      const bson_t *after)
{
	const bson_t *id = id_of(ctx, doc);
	bson_t *copy;

	if (!id)
		return ERR_UNAVAILABLE;
	if (after && bson_equal(id, after))
		return OK;
	copy = ctx_bson(ctx, bson_copy(doc));
	if (!copy)
		return ERR_UNAVAILABLE;
	all->docs[all->n++] = copy;
	return OK;
}

static enum err read_documents(struct documents *all, struct ctx *ctx,
			       const struct migration *migration, const bson_t *after)
{
	const bson_t *every = ctx_bson(ctx, bson_new()), *doc;
	struct db_op op;
	enum err kept,
	    e = every ? db_op_begin(&op, ctx, "find", migration->collection) : ERR_UNAVAILABLE;

	if (e)
		return e;
	kept = append_range(&op.opts, ctx, migration, after);
	op.cursor = mongoc_collection_find_with_opts(op.collection, every, &op.opts, NULL);
	while (!kept && all->n < MIGRATION_BATCH && mongoc_cursor_next(op.cursor, &doc))
		kept = keep_document(all, ctx, doc, after);
	e = db_op_end(&op, true);
	return e ? e : kept;
}

/* ---- what becomes of them ---- */

static void log_about(enum log_level level, struct ctx *ctx, const struct migration *migration,
		      const bson_t *doc, const char *what)
{
	char hex[25];

	log_event(level, ctx, "migration %s: document %s of %s.%s: %s", migration->id,
		  db_log_id(hex, doc), ctx->db->name, migration->collection, what);
}

static enum err leave(struct migration_batch *batch, struct ctx *ctx,
		      const struct migration *migration, const bson_t *doc, const char *why)
{
	char digits[DB_KEY_SIZE];
	bson_iter_t it;

	log_about(LOG_WARNING, ctx, migration, doc, why);
	if (!bson_iter_init_find(&it, doc, "_id") ||
	    !bson_append_iter(batch->left_ids, db_key(digits, batch->left), -1, &it))
		return ERR_UNAVAILABLE;
	batch->left++;
	return OK;
}

static enum err decide(struct documents *all, struct migration_batch *batch, struct ctx *ctx,
		       const struct migration *migration, const bson_t *doc)
{
	struct migration_change change = {.filter = id_of(ctx, doc),
					  .update = ctx_bson(ctx, bson_new())};
	enum err e;

	if (!change.filter || !change.update)
		return ERR_UNAVAILABLE;
	e = migration->migrate(&change, ctx, doc);
	if (e && e != ERR_UNAVAILABLE)
		log_about(LOG_ERROR, ctx, migration, doc, err_info(e)->text);
	if (e)
		return e;
	if (change.left)
		return leave(batch, ctx, migration, doc, change.left);
	if (bson_empty(change.update))
		return OK;
	all->updated[all->n_updates] = doc;
	all->updates[all->n_updates++] = (struct db_statement){.filter = change.filter,
							       .update = change.update,
							       .upsert = migration->into};
	return OK;
}

/* In one command; what becomes of one is of no concern to the others. ERR_RETRY: some documents are
 * not as they were read. */
static enum err write_updates(struct migration_batch *batch, const struct documents *all,
			      struct ctx *ctx, const struct migration *migration)
{
	static const char taken[] = "another document has its new form already (unique index)";
	enum err errors[MIGRATION_BATCH], e;
	size_t missed = all->n_updates;
	int64_t matched;

	if (!all->n_updates)
		return OK;
	e = db_update_apart(errors, &matched, ctx,
			    migration->into ? migration->into : migration->collection, all->updates,
			    all->n_updates);
	for (size_t i = 0; i < all->n_updates && !e; i++) {
		if (errors[i] == ERR_DUPLICATE)
			e = leave(batch, ctx, migration, all->updated[i], taken);
		else
			e = errors[i];
		missed -= errors[i] == ERR_DUPLICATE;
	}
	if (e)
		return e;
	batch->changed += (size_t)matched;
	return (size_t)matched < missed ? ERR_RETRY : OK;
}

static enum err run_once(struct migration_batch *batch, struct ctx *ctx,
			 const struct migration *migration, const bson_t *after)
{
	struct documents *all = arena_alloc(ctx->arena, sizeof *all);
	enum err e;

	batch->left = 0;
	batch->left_ids = ctx_bson(ctx, bson_new());
	if (!all || !batch->left_ids)
		return ERR_UNAVAILABLE;
	e = read_documents(all, ctx, migration, after);
	for (size_t i = 0; i < all->n && !e; i++)
		e = decide(all, batch, ctx, migration, all->docs[i]);
	if (!e)
		e = write_updates(batch, all, ctx, migration);
	batch->seen = all->n;
	if (e || !all->n)
		return e;
	batch->last = id_of(ctx, all->docs[all->n - 1]);
	return batch->last ? OK : ERR_UNAVAILABLE;
}

enum err migration_batch_run(struct migration_batch *batch, struct ctx *ctx,
			     const struct migration *migration, const bson_t *after)
{
	enum err e = ERR_RETRY;

	*batch = (struct migration_batch){0};
	for (int i = 0; i < TRIES && e == ERR_RETRY; i++)
		e = run_once(batch, ctx, migration, after);
	if (e == ERR_DUPLICATE) /* the function's; to the caller it means the lock */
		return ERR_INTERNAL;
	if (e != ERR_RETRY)
		return e;
	log_event(LOG_ERROR, ctx,
		  "migration %s: documents of %s.%s were not as they had been read, %d times",
		  migration->id, ctx->db->name, migration->collection, TRIES);
	return ERR_INTERNAL;
}
