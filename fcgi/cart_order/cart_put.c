/* Adding to carts. What comes at the same time for many carts is written in one command, and
 * their sizes are looked at in one. */
#include <string.h>

#include "cart_store.h"
#include "combine.h"
#include "db.h"

enum { TRIES = 5 };

struct put {
	struct combine_job job; /* ERR_DUPLICATE: the unique index refused an upsert */
	const struct cart_line *line;
	bool inserted; /* a line was made */
	size_t lines;  /* of the user's cart, where one was made */
};

static struct put *put_of(struct combine_job *job)
{
	return (struct put *)(void *)job;
}

/* ---- many at once ---- */

static enum err make_statement(struct db_statement *statement, struct ctx *ctx,
			       const struct cart_line *line)
{
	/* A line that would grow too large doesn't match; the upsert then meets the unique index.
	 */
	const bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$lte",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(line->quantity), "}", "$set",
				   "{", "name", BCON_UTF8(line->name), "unit",
				   BCON_UTF8(line->unit), "image_url", BCON_UTF8(line->image_url),
				   "price", BCON_INT64(line->price.paise), "}"));

	*statement = (struct db_statement){.filter = filter, .update = update, .upsert = true};
	return filter && update ? OK : ERR_UNAVAILABLE;
}

static enum err write_lines(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	struct db_statement statements[COMBINE_MAX];
	enum err errors[COMBINE_MAX], e = OK;
	bool inserted[COMBINE_MAX];

	for (size_t i = 0; i < n && !e; i++)
		e = make_statement(&statements[i], ctx, put_of(jobs[i])->line);
	if (!e)
		e = db_upsert_each(errors, inserted, ctx, cart_collection, statements, n);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e ? e : errors[i];
		put_of(jobs[i])->inserted = !jobs[i]->result && inserted[i];
	}
	return e;
}

struct owner {
	const char *user_id;
};

static const struct field owner_fields[] = {{FIELD(struct owner, user_id)}};
static const struct shape owner_doc = SHAPE(struct owner, owner_fields);

/* Those whose carts have a new line. */
static size_t find_grown(const char **users, struct combine_job **jobs, size_t n)
{
	size_t n_grown = 0;

	for (size_t i = 0; i < n; i++) {
		if (put_of(jobs[i])->inserted)
			users[n_grown++] = put_of(jobs[i])->line->user_id;
	}
	return n_grown;
}

static size_t count_lines(const struct list *owners, const char *user_id)
{
	const struct owner *owner = owners->items;
	size_t n = 0;

	for (size_t i = 0; i < owners->n; i++)
		n += strcmp(owner[i].user_id, user_id) == 0;
	return n;
}

static enum err look_apart(struct ctx *ctx, struct combine_job **jobs, size_t n);

/* Counted after the lines are in, so that two that come at the same instant can't both be the
 * hundredth. The index on user and product has all that this reads. */
static enum err look_at_sizes(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	const char *users[COMBINE_MAX] = {NULL};
	size_t n_grown = find_grown(users, jobs, n);
	bson_t *filter = ctx_bson(ctx, bson_new());
	const bson_t *fields =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(0), "user_id", BCON_INT32(1)));
	struct list owners;
	enum err e;

	if (!filter || !fields)
		return ERR_UNAVAILABLE;
	if (!n_grown)
		return OK;
	db_append_texts(filter, "user_id", users, n_grown);
	e = db_find(&owners, ctx, cart_collection, &owner_doc,
		    &(struct db_query){.filter = filter,
				       .fields = fields,
				       .limit = n_grown * CART_LINES_READ});
	if (!e && n > 1 && owners.n == n_grown * CART_LINES_READ)
		return look_apart(ctx, jobs, n);
	for (size_t i = 0; i < n && !e; i++) {
		if (put_of(jobs[i])->inserted)
			put_of(jobs[i])->lines =
			    count_lines(&owners, put_of(jobs[i])->line->user_id);
	}
	return e;
}

/* One with far too many lines leaves no room to see the others' in. */
static enum err look_apart(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++)
		e = look_at_sizes(ctx, &jobs[i], 1);
	return e;
}

static void run_puts(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	enum err e = write_lines(ctx, jobs, n);

	if (!e)
		e = look_at_sizes(ctx, jobs, n);
	for (size_t i = 0; i < n && e; i++) {
		if (put_of(jobs[i])->inserted)
			jobs[i]->result = e;
	}
}

static struct combiner putting = COMBINER(run_puts);

/* ---- one ---- */

/* Of lines that came at the same instant those stay that still fit: all who look see the same. */
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

/* Takes a line that has just come out again where it is one too many. */
static enum err take_back(struct ctx *ctx, const struct cart_line *line)
{
	/* With the quantity that it came with: what another call has added since is acknowledged.
	 */
	const bson_t *added = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id),
						     "product_id", BCON_OID(&line->product_id),
						     "quantity", BCON_INT64(line->quantity)));
	int64_t n;
	enum err e = added ? db_delete(&n, ctx, cart_collection, added) : ERR_UNAVAILABLE;

	return e ? e : n ? ERR_CART_FULL : OK;
}

/* The unique index refused an upsert: the line is too large, or it came and went meanwhile. */
static enum err why_duplicate(struct ctx *ctx, const struct cart_line *line)
{
	const bson_t *too_large =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$gt",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	int64_t n;
	enum err e = too_large ? db_count(&n, ctx, cart_collection, too_large, 1) : ERR_UNAVAILABLE;

	return e ? e : n ? ERR_QUANTITY_LIMIT : ERR_RETRY;
}

enum err cart_put(bool *merged, struct ctx *ctx, const struct cart_line *line)
{
	for (int i = 0; i < TRIES; i++) {
		struct put put = {.job.ctx = ctx, .line = line};
		bool surplus = false;
		enum err e = combine(&putting, &put.job);

		if (e == ERR_DUPLICATE)
			e = why_duplicate(ctx, line);
		if (e == ERR_RETRY)
			continue;
		*merged = !e && !put.inserted;
		if (!e && put.lines > CART_LINES_MAX)
			e = is_surplus(&surplus, ctx, line);
		return !e && surplus ? take_back(ctx, line) : e;
	}
	return ERR_UNAVAILABLE;
}
