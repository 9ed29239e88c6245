#include "cart_store.h"

#include <stdlib.h>

#include "db.h"

enum {
	PUT_TRIES = 5,
	LINES_READ = 2 * CART_LINES_MAX, /* races may leave a few more than there should be */
};

const char cart_collection[] = "cart_items";

static const struct field fields[] = {
    {FIELD(struct cart_line, _id)},        {FIELD(struct cart_line, user_id)},
    {FIELD(struct cart_line, product_id)}, {FIELD(struct cart_line, quantity)},
    {FIELD(struct cart_line, name)},       {FIELD(struct cart_line, unit)},
    {FIELD(struct cart_line, image_url)},  {FIELD(struct cart_line, price)},
};
const struct shape cart_line_doc = SHAPE(struct cart_line, fields);

static int compare_ids(const void *a, const void *b)
{
	return bson_oid_compare(&((const struct cart_line *)a)->_id,
				&((const struct cart_line *)b)->_id);
}

enum err cart_lines(struct list *lines, struct ctx *ctx, const char *user_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id)));
	enum err e;

	if (!filter)
		return ERR_UNAVAILABLE;
	e = db_find(lines, ctx, cart_collection, &cart_line_doc,
		    &(struct db_query){.filter = filter, .limit = LINES_READ});
	/* Here rather than in the database, which has more to do than we. */
	if (!e && lines->n)
		qsort(lines->items, lines->n, sizeof(struct cart_line), compare_ids);
	return e;
}

/* ---- put ---- */

/* Takes a line that has just come out again where it is one too many. Counted after it is in, so
 * that two that come at the same instant can't both be the hundredth. */
static enum err keep_ceiling(struct ctx *ctx, const struct cart_line *line)
{
	bson_t *cart = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id)));
	/* With the quantity that it came with: what another call has added since is acknowledged.
	 */
	bson_t *added = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
					       BCON_OID(&line->product_id), "quantity",
					       BCON_INT64(line->quantity)));
	int64_t n;
	enum err e;

	if (!cart || !added)
		return ERR_UNAVAILABLE;
	e = db_count(&n, ctx, cart_collection, cart, CART_LINES_MAX + 1);
	if (e || n <= CART_LINES_MAX)
		return e;
	e = db_delete(&n, ctx, cart_collection, added);
	return e ? e : n ? ERR_CART_FULL : OK;
}

/* The unique index refused an upsert: the line is too large, or it came and went meanwhile. */
static enum err why_duplicate(struct ctx *ctx, const struct cart_line *line)
{
	bson_t *too_large =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$gt",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	int64_t n;
	enum err e = too_large ? db_count(&n, ctx, cart_collection, too_large, 1) : ERR_UNAVAILABLE;

	return e ? e : n ? ERR_QUANTITY_LIMIT : ERR_RETRY;
}

enum err cart_put(bool *merged, struct ctx *ctx, const struct cart_line *line)
{
	/* A line that would grow too large doesn't match; the upsert then meets the unique index.
	 */
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(line->user_id), "product_id",
				   BCON_OID(&line->product_id), "quantity", "{", "$lte",
				   BCON_INT64(LINE_QUANTITY_MAX - line->quantity), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(line->quantity), "}", "$set",
				   "{", "name", BCON_UTF8(line->name), "unit",
				   BCON_UTF8(line->unit), "image_url", BCON_UTF8(line->image_url),
				   "price", BCON_INT64(line->price.paise), "}"));
	struct db_updated updated;
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	for (int i = 0; i < PUT_TRIES; i++) {
		e = db_update(&updated, ctx, cart_collection, filter, update, true);
		if (e == ERR_DUPLICATE)
			e = why_duplicate(ctx, line);
		if (e == ERR_RETRY)
			continue;
		*merged = !e && !updated.inserted;
		return !e && updated.inserted ? keep_ceiling(ctx, line) : e;
	}
	return ERR_UNAVAILABLE;
}

/* ---- one line ---- */

/* A filter for the line if its quantity lies in a range. */
static bson_t *line_filter(struct ctx *ctx, const struct cart_ref *ref, int64_t least, int64_t most)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(ref->id), "quantity", "{", "$gte",
						BCON_INT64(least), "$lte", BCON_INT64(most), "}"));

	if (filter && ref->user_id)
		BSON_APPEND_UTF8(filter, "user_id", ref->user_id);
	return filter;
}

static enum err line_exists(struct ctx *ctx, const struct cart_ref *ref)
{
	bson_t *filter = line_filter(ctx, ref, 0, INT64_MAX);
	int64_t n;
	enum err e = filter ? db_count(&n, ctx, cart_collection, filter, 1) : ERR_UNAVAILABLE;

	return e ? e : n ? OK : ERR_ITEM_NOT_FOUND;
}

/* ERR_NO_DOCUMENT where there is no such line in that range. */
static enum err line_change(struct ctx *ctx, const struct cart_ref *ref, int64_t by, int64_t least,
			    int64_t most)
{
	bson_t *filter = line_filter(ctx, ref, least, most);
	bson_t *update = ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(by), "}"));

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	return db_update(NULL, ctx, cart_collection, filter, update, false);
}

static enum err line_delete(struct ctx *ctx, const struct cart_ref *ref, int64_t most)
{
	bson_t *filter = line_filter(ctx, ref, 0, most);
	int64_t n;
	enum err e = filter ? db_delete(&n, ctx, cart_collection, filter) : ERR_UNAVAILABLE;

	return e ? e : n ? OK : ERR_ITEM_NOT_FOUND;
}

enum err cart_line_remove(struct ctx *ctx, const struct cart_ref *ref)
{
	return line_delete(ctx, ref, INT64_MAX);
}

enum err cart_line_increase(struct ctx *ctx, const struct cart_ref *ref)
{
	enum err e = line_change(ctx, ref, 1, 0, LINE_QUANTITY_MAX - 1);

	if (e != ERR_NO_DOCUMENT)
		return e;
	e = line_exists(ctx, ref);
	return e ? e : ERR_QUANTITY_LIMIT;
}

enum err cart_line_decrease(bool *removed, struct ctx *ctx, const struct cart_ref *ref)
{
	enum err e = line_change(ctx, ref, -1, 2, INT64_MAX);

	*removed = false;
	if (e != ERR_NO_DOCUMENT)
		return e;
	e = line_delete(ctx, ref, 1);
	*removed = !e;
	if (e != ERR_ITEM_NOT_FOUND)
		return e;
	/* It isn't there; or it grew between the two. */
	e = line_change(ctx, ref, -1, 2, INT64_MAX);
	return e == ERR_NO_DOCUMENT ? ERR_ITEM_NOT_FOUND : e;
}

/* ---- order ---- */

enum err cart_take_out(struct ctx *ctx, const char *user_id, const struct list *lines)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id)));
	bson_t any, one;
	int64_t n;
	enum err e;

	if (!filter)
		return ERR_UNAVAILABLE;
	BSON_APPEND_ARRAY_BEGIN(filter, "$or", &any);
	for (size_t i = 0; i < lines->n; i++) {
		const struct cart_line *line = (const struct cart_line *)lines->items + i;

		BSON_APPEND_DOCUMENT_BEGIN(&any, "0",
					   &one); /* the server ignores an array's keys */
		BSON_APPEND_OID(&one, "_id", &line->_id);
		BSON_APPEND_INT64(&one, "quantity", line->quantity);
		bson_append_document_end(&any, &one);
	}
	bson_append_array_end(filter, &any);
	e = db_delete(&n, ctx, cart_collection, filter);
	if (e)
		return e;
	return (size_t)n == lines->n ? OK : ERR_RETRY;
}
