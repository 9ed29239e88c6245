/* Additions to carts. A group commit writes concurrent additions in one command, and counts the
 * lines of their carts in another. */
#include "cart_put_store.h"

#include <string.h>

#include "clock.h"
#include "db.h"
#include "group_commit.h"
#include "log.h"
#include "waiting.h"

enum {
	TRIES = 5,
	SHORT_MS = 100, /* of retries under a key that need no place to wait (waiting.h) */
};

static const char cart_lock_collection[] = "cart_locks";

struct put {
	struct group_commit_job job; /* ERR_DUPLICATE: the unique index refused an upsert */
	const struct cart_line *line;
	bool inserted; /* the line is new */
	size_t lines;  /* of the user's cart, where the line is new */
};

static struct put *put_of(struct group_commit_job *job)
{
	return (struct put *)(void *)job;
}

/* ---- a batch ---- */

static enum err make_statement(struct db_statement *statement, struct ctx *ctx,
			       const struct cart_line *line)
{
	/* A line that would exceed the limit doesn't match; then the upsert fails at the unique
	 * index. */
	const bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$lte",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(line->quantity), "}"));
	bson_t facts;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &facts);
	e = shape_to_bson(&facts, &product_facts, &line->facts);
	bson_append_document_end(update, &facts);
	*statement = (struct db_statement){.filter = filter, .update = update, .upsert = true};
	return e;
}

struct owner {
	const char *user_id;
};

static const struct field owner_fields[] = {{FIELD(struct owner, user_id)}};
static const struct shape owner_doc = SHAPE(struct owner, owner_fields);

/* Counts the lines of the carts that have a new one. Counted after the inserts, so that two
 * concurrent lines can't both be the last that fits. The index on user and product contains all
 * that is read. */
static void count_carts(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	const char *users[GROUP_COMMIT_MAX] = {NULL};
	bson_t *filter = ctx_bson(ctx, bson_new());
	const bson_t *fields =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(0), "user_id", BCON_INT32(1)));
	struct list owners = {NULL, 0};
	enum err e = filter && fields ? OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < n; i++)
		users[i] = put_of(jobs[i])->line->user_id;
	if (!e) {
		db_append_texts(filter, "user_id", users, n);
		e = db_find(&owners, ctx, cart_collection, &owner_doc,
			    &(struct db_query){.filter = filter,
					       .fields = fields,
					       .limit = n * CART_LINES_READ});
	}
	/* One cart with far too many lines may have left no room for the others'. */
	if (!e && n > 1 && owners.n == n * CART_LINES_READ)
		e = ERR_RETRY;
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e;
		for (size_t j = 0; j < owners.n && !e; j++)
			put_of(jobs[i])->lines +=
			    strcmp(((const struct owner *)owners.items)[j].user_id, users[i]) == 0;
	}
}

static void run_puts(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct db_statement statements[GROUP_COMMIT_MAX] = {0};
	struct group_commit_job *inserting[GROUP_COMMIT_MAX];
	enum err errors[GROUP_COMMIT_MAX], e = OK;
	bool inserted[GROUP_COMMIT_MAX];
	size_t n_inserting = 0;

	for (size_t i = 0; i < n && !e; i++)
		e = make_statement(&statements[i], ctx, put_of(jobs[i])->line);
	if (!e)
		e = db_upsert_each(errors, inserted, ctx, cart_collection, statements, n);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e ? e : errors[i];
		put_of(jobs[i])->inserted = !jobs[i]->result && inserted[i];
		if (put_of(jobs[i])->inserted)
			inserting[n_inserting++] = jobs[i];
	}
	if (n_inserting)
		group_commit_step(count_carts, ctx, inserting, n_inserting);
}

static struct group_commit putting = GROUP_COMMIT(run_puts);

/* ---- one addition ---- */

/* Of concurrent lines the first ones that fit stay, in order of insertion, which is the same for
 * all calls. */
static enum err is_surplus(bool *surplus, struct ctx *ctx, const struct cart_line *line)
{
	struct list lines;
	enum err e = cart_lines(&lines, ctx, line->user_id);

	*surplus = false;
	for (size_t i = CART_LINES_MAX; !e && i < lines.n; i++) {
		const struct cart_line *other = (const struct cart_line *)lines.items + i;

		*surplus |= bson_oid_equal(&other->product_id, &line->product_id);
	}
	return e;
}

/* Deletes a line that was just inserted and exceeds the cart's limit. */
static enum err revert_put(bool *reverted, struct ctx *ctx, const struct cart_line *line)
{
	/* Only with the inserted quantity: an addition by another call is acknowledged already. */
	const bson_t *added = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id),
						     "product_id", BCON_OID(&line->product_id),
						     "quantity", BCON_INT64(line->quantity)));
	int64_t n = 0;
	enum err e = added ? db_delete(&n, ctx, cart_collection, added) : ERR_NO_MEMORY;

	*reverted = n > 0;
	return e;
}

/* Why the unique index refused an upsert: the line would exceed the limit, or it was inserted and
 * deleted meanwhile. */
static enum err explain_duplicate(struct ctx *ctx, const struct cart_line *line)
{
	const bson_t *too_large =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$gt",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	int64_t n;
	enum err e = too_large ? db_count(&n, ctx, cart_collection, too_large, 1) : ERR_NO_MEMORY;

	return e ? e : n ? ERR_QUANTITY_LIMIT : ERR_RETRY;
}

enum err cart_put(bool *merged, struct ctx *ctx, const struct cart_line *line)
{
	for (int i = 0; i < TRIES; i++) {
		struct put put = {.job.ctx = ctx, .line = line};
		bool surplus = false, reverted = false;
		enum err e = group_commit(&putting, &put.job);

		if (e == ERR_DUPLICATE)
			e = explain_duplicate(ctx, line);
		if (e == ERR_RETRY)
			continue;
		*merged = !e && !put.inserted;
		if (!e && put.lines > CART_LINES_MAX)
			e = is_surplus(&surplus, ctx, line);
		if (!e && surplus)
			e = revert_put(&reverted, ctx, line);
		return reverted ? ERR_CART_FULL : e;
	}
	log_event(LOG_WARNING, ctx, "cart.contended user_id=%s", line->user_id);
	return ERR_UNAVAILABLE;
}

/* ---- one addition, under a key ---- */

struct put_once {
	const struct cart_line *line;
	const struct key *key;
	const struct cart_answers *answers;
	bool has_key;  /* this call could store its answer: no other one has the key */
	bool inserts;  /* the cart has no line of the product */
	bool reverted; /* the new line was deleted again */
};

static const char *answer_of(const struct put_once *once)
{
	return once->inserts ? once->answers->added : once->answers->merged;
}

/* Transactions that insert a line into the same cart conflict in this document, so each of them
 * counts the lines of those before it. */
static enum err lock_cart(struct ctx *ctx, const char *user_id)
{
	const bson_t *of_user = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user_id)));
	const bson_t *touch =
	    ctx_bson(ctx, BCON_NEW("$inc", "{", "n", BCON_INT64(1), "}", "$setOnInsert", "{",
				   "created_at", BCON_DATE_TIME(clock_now_ms()), "}"));
	enum err e = ERR_NO_MEMORY;

	if (of_user && touch)
		e = db_update(NULL, ctx, cart_lock_collection, of_user, touch, true);
	return e == ERR_DUPLICATE ? ERR_RETRY : e;
}

static enum err check_size(struct ctx *ctx, const char *user_id, int64_t most)
{
	const bson_t *of_user = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id)));
	int64_t n;
	enum err e =
	    of_user ? db_count(&n, ctx, cart_collection, of_user, most + 1) : ERR_NO_MEMORY;

	return e ? e : n > most ? ERR_CART_FULL : OK;
}

/* Puts the line and stores the answer, within a transaction. The key is stored first, so that a
 * conflict over it can be distinguished from one over the line or the cart. */
static enum err put_and_store(struct ctx *ctx, void *arg)
{
	struct put_once *once = arg;
	const struct cart_line *line = once->line;
	const bson_t *same = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id),
						    "product_id", BCON_OID(&line->product_id)));
	struct db_statement put;
	int64_t n;
	enum err e = same ? db_count(&n, ctx, cart_collection, same, 1) : ERR_NO_MEMORY;

	once->has_key = false;
	if (e)
		return e;
	once->inserts = n == 0;
	/* The lock's conflict makes this count hold at the commit. A full cart takes no lock:
	 * refused calls would delay one another. */
	if (once->inserts)
		e = check_size(ctx, line->user_id, CART_LINES_MAX - 1);
	if (e)
		return e;
	e = keys_store(ctx, &(struct key_answered){once->key, answer_of(once)}, 1);
	once->has_key = !e;
	if (!e && once->inserts)
		e = lock_cart(ctx, line->user_id);
	if (!e)
		e = make_statement(&put, ctx, line);
	return e ? e : db_update(NULL, ctx, cart_collection, put.filter, put.update, true);
}

static enum err revert_put_and_key(struct ctx *ctx, void *arg)
{
	struct put_once *once = arg;
	enum err e = revert_put(&once->reverted, ctx, once->line);

	return !e && once->reverted ? key_remove(ctx, once->key) : e;
}

/* ERR_RETRY: another call has the key, or changes the line or the cart. */
static enum err put_in_transaction(struct ctx *ctx, struct put_once *once)
{
	enum err e = db_transaction_once(ctx, put_and_store, once);

	if (e == ERR_DUPLICATE && once->has_key)
		return explain_duplicate(ctx, once->line);
	if (e || !once->inserts)
		return e;
	/* A call without a key doesn't lock the cart: its line may have been inserted since the
	 * transaction counted. */
	e = check_size(ctx, once->line->user_id, CART_LINES_MAX);
	if (e != ERR_CART_FULL)
		return e;
	e = db_transaction(ctx, revert_put_and_key, once);
	return !e && once->reverted ? ERR_CART_FULL : e;
}

static enum err retry_until(struct ctx *ctx, struct put_once *once, int64_t until)
{
	enum err e = ERR_RETRY;

	for (int turn = 0; e == ERR_RETRY && clock_mono_ms() < until; turn++) {
		waiting_pause(turn);
		e = put_in_transaction(ctx, once);
	}
	return e;
}

enum err cart_put_once(const char **answer, struct ctx *ctx, const struct cart_line *line,
		       const struct key *key, const struct cart_answers *answers)
{
	struct put_once once = {.line = line, .key = key, .answers = answers};
	int64_t begun;
	enum err e = put_in_transaction(ctx, &once);

	/* Most conflicts are over in SHORT_MS. Only longer waits need a place. */
	if (e == ERR_RETRY) {
		begun = clock_mono_ms();
		e = retry_until(ctx, &once, begun + SHORT_MS);
	}
	if (e == ERR_RETRY && !waiting_enter(ctx, WAITING_ADD, line->user_id, begun + WAITING_MS)) {
		e = retry_until(ctx, &once, begun + WAITING_MS);
		waiting_leave(WAITING_ADD, line->user_id);
	}
	if (e == ERR_RETRY) {
		log_event(LOG_WARNING, ctx, "cart.contended user_id=%s", line->user_id);
		return once.has_key ? ERR_UNAVAILABLE : ERR_IN_PROGRESS;
	}
	if (!e)
		*answer = answer_of(&once);
	return e;
}
