/* One chunk of a migration: reads documents, decides about each of them, and writes the changes. */
#include "clock.h"
#include "db.h"
#include "db_migrate_private.h"
#include "db_private.h"
#include "log.h"

enum {
	ATTEMPTS = 8,  /* for documents that others change between the read and the write */
	PAUSE_MS = 10, /* before the second attempt; doubles with each further one */
};

static const char changed_again[] = "other clients change it all the time: run the seed again";

/* The documents of one attempt, and the updates of those that change. */
struct documents {
	const bson_t *docs[MIGRATION_CHUNK];
	const char *left[MIGRATION_CHUNK]; /* why it stays unchanged, or NULL */
	size_t n;
	struct db_statement updates[MIGRATION_CHUNK];
	size_t updated[MIGRATION_CHUNK]; /* index into docs of each update */
	size_t n_updates;
};

/* What an attempt reads. */
struct todo {
	const bson_t *filter; /* the whole collection; later the documents that were missed */
	const bson_t *after;
	const bson_t *example; /* a document that was missed, for the log; NULL: none was read */
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

static void log_document(enum log_level level, struct ctx *ctx, const struct migration *migration,
			 const bson_t *doc, const char *outcome)
{
	char id[DB_LOG_ID_SIZE];

	log_event(level, ctx,
		  "migration.document id=%s document=%s database=%s collection=%s outcome=%s",
		  migration->id, db_log_id(id, doc), ctx->db->name, migration->collection, outcome);
}

/* ---- read ---- */

/* Reads in order of _id, whatever its type. */
static enum err read_documents(struct documents *all, struct ctx *ctx,
			       const struct migration *migration, const struct todo *todo)
{
	const bson_t *fields =
	    ctx_bson(ctx, bson_new_from_json((const uint8_t *)migration->fields, -1, NULL));
	const bson_t *by_id = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));
	int32_t limit = MIGRATION_CHUNK + (todo->after ? 1 : 0);
	const bson_t *doc;
	struct db_op op;
	bool ok;
	enum err kept, e = db_op_begin(&op, ctx, "find", migration->collection);

	if (e)
		return e;
	/* `min` includes the document `after` itself. */
	ok = fields && by_id && BSON_APPEND_INT64(&op.opts, "limit", limit) &&
	     BSON_APPEND_INT32(&op.opts, "batchSize", limit) &&
	     BSON_APPEND_DOCUMENT(&op.opts, "sort", by_id) &&
	     BSON_APPEND_DOCUMENT(&op.opts, "hint", by_id) &&
	     BSON_APPEND_DOCUMENT(&op.opts, "projection", fields) &&
	     (!todo->after || BSON_APPEND_DOCUMENT(&op.opts, "min", todo->after));
	kept = ok ? OK : ERR_NO_MEMORY;
	op.cursor = mongoc_collection_find_with_opts(op.collection, todo->filter, &op.opts, NULL);
	while (!kept && all->n < MIGRATION_CHUNK && mongoc_cursor_next(op.cursor, &doc)) {
		const bson_t *id = id_of(ctx, doc);

		if (id && todo->after && bson_equal(id, todo->after))
			continue;
		all->docs[all->n] = id ? ctx_bson(ctx, bson_copy(doc)) : NULL;
		if (all->docs[all->n])
			all->n++;
		else
			kept = ERR_NO_MEMORY;
	}
	e = db_op_end(&op, true);
	return e ? e : kept;
}

/* ---- decide and write ---- */

/* Appends the update of a document, or the reason why it stays unchanged. */
static enum err decide(struct documents *all, struct ctx *ctx, const struct migration *migration,
		       size_t place)
{
	const bson_t *doc = all->docs[place];
	struct migration_change change = {.filter = id_of(ctx, doc),
					  .update = ctx_bson(ctx, bson_new())};
	enum err e;

	if (!change.filter || !change.update)
		return ERR_NO_MEMORY;
	e = migration->migrate(&change, ctx, doc);
	if (migration_is_failure(e))
		log_document(LOG_ERROR, ctx, migration, doc, err_info(e)->text);
	if (e)
		return e;
	all->left[place] = change.left;
	if (change.left || bson_empty(change.update))
		return OK;
	all->updated[all->n_updates] = place;
	all->updates[all->n_updates++] = (struct db_statement){.filter = change.filter,
							       .update = change.update,
							       .upsert = migration->into};
	return OK;
}

/* Sends all updates in one unordered command. ERR_RETRY: some documents have changed since they
 * were read. */
static enum err write_updates(struct migration_chunk *chunk, struct documents *all, struct ctx *ctx,
			      const struct migration *migration)
{
	static const char taken[] = "another document has its new form already (unique index)";
	enum err errors[MIGRATION_CHUNK], e;
	size_t expected = all->n_updates;
	int64_t matched;

	if (!all->n_updates)
		return OK;
	e = db_update_apart(errors, &matched, ctx,
			    migration->into ? migration->into : migration->collection, all->updates,
			    all->n_updates);
	for (size_t i = 0; i < all->n_updates && !e; i++) {
		if (errors[i] == ERR_DUPLICATE)
			all->left[all->updated[i]] = taken;
		else
			e = errors[i];
		if (migration_is_failure(e))
			log_document(LOG_ERROR, ctx, migration, all->docs[all->updated[i]],
				     "the database refuses its update");
		expected -= errors[i] == ERR_DUPLICATE;
	}
	if (e)
		return e;
	chunk->changed += (size_t)matched;
	return (size_t)matched < expected ? ERR_RETRY : OK;
}

/* Logs and lists the documents that stay unchanged. */
static enum err list_left(struct migration_chunk *chunk, struct ctx *ctx,
			  const struct migration *migration, const struct documents *all)
{
	for (size_t i = 0; i < all->n; i++) {
		char digits[DB_KEY_SIZE];
		bson_t *one;

		if (!all->left[i])
			continue;
		log_document(LOG_WARNING, ctx, migration, all->docs[i], all->left[i]);
		one = id_of(ctx, all->docs[i]);
		if (!one || !BSON_APPEND_UTF8(one, "reason", all->left[i]) ||
		    !bson_append_document(chunk->left_documents, db_key(digits, chunk->left), -1,
					  one))
			return ERR_UNAVAILABLE;
		chunk->left++;
	}
	return OK;
}

/* ---- attempts ---- */

/* Limits the next attempt to the documents whose updates may not have matched. Those that were
 * changed are read again, and need no further change. */
static enum err prepare_retry(struct migration_chunk *chunk, struct todo *todo, struct ctx *ctx,
			      const struct documents *all)
{
	bson_t *filter = ctx_bson(ctx, bson_new()), in, ids;
	char digits[DB_KEY_SIZE];
	bson_iter_t id;
	size_t n = 0;
	bool ok = filter && BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &in) &&
		  BSON_APPEND_ARRAY_BEGIN(&in, "$in", &ids);

	for (size_t i = 0; i < all->n_updates && ok; i++) {
		size_t place = all->updated[i];

		if (all->left[place])
			continue;
		todo->example = all->docs[place];
		ok = bson_iter_init_find(&id, todo->example, "_id") &&
		     bson_append_iter(&ids, db_key(digits, n++), -1, &id);
	}
	ok = ok && bson_append_array_end(&in, &ids) && bson_append_document_end(filter, &in);
	todo->filter = ok ? filter : NULL;
	todo->after = NULL;
	/* The first attempt reads all documents of the chunk, so it determines its size and end. */
	if (!chunk->last && all->n) {
		chunk->seen = all->n;
		chunk->last = id_of(ctx, all->docs[all->n - 1]);
	}
	return ok && (chunk->last || !all->n) ? OK : ERR_UNAVAILABLE;
}

static enum err run_once(struct migration_chunk *chunk, struct todo *todo, struct ctx *ctx,
			 const struct migration *migration)
{
	struct documents *all = arena_alloc(ctx->arena, sizeof *all);
	enum err e, listed;

	if (!all)
		return ERR_NO_MEMORY;
	e = read_documents(all, ctx, migration, todo);
	for (size_t i = 0; i < all->n && !e; i++) {
		todo->example = all->docs[i];
		e = decide(all, ctx, migration, i);
	}
	if (e)
		return e;
	e = write_updates(chunk, all, ctx, migration);
	if (e && e != ERR_RETRY)
		return e;
	listed = list_left(chunk, ctx, migration, all);
	if (!listed)
		listed = prepare_retry(chunk, todo, ctx, all);
	return listed ? listed : e;
}

enum err migration_chunk_run(struct migration_chunk *chunk, struct ctx *ctx,
			     const struct migration *migration, const bson_t *after)
{
	struct todo todo = {.filter = ctx_bson(ctx, bson_new()), .after = after};
	char id[DB_LOG_ID_SIZE];
	enum err e = ERR_RETRY;

	*chunk = (struct migration_chunk){.left_documents = ctx_bson(ctx, bson_new())};
	if (!todo.filter || !chunk->left_documents)
		return ERR_UNAVAILABLE;
	for (int i = 0; i < ATTEMPTS && e == ERR_RETRY; i++) {
		if (i)
			clock_sleep_ms(PAUSE_MS << (i - 1));
		e = run_once(chunk, &todo, ctx, migration);
	}
	if (e != ERR_RETRY) /* ERR_DUPLICATE of the migration's function would mean the lock */
		return e == ERR_DUPLICATE ? ERR_INTERNAL : e;
	/* The next run of the seed continues with this chunk. */
	if (todo.example)
		log_document(LOG_WARNING, ctx, migration, todo.example, changed_again);
	chunk->why = arena_printf(ctx->arena, "document %s of %s: %s",
				  todo.example ? db_log_id(id, todo.example) : "(none read)",
				  migration->collection, changed_again);
	return ERR_UNAVAILABLE;
}
