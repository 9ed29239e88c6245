/* Releases of reservations, and the tombstones that they leave (stock_store.h). */
#include "stock_release_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_command_store.h"

/*
 * Releasing a reservation takes two statements (stock_store_change()). The first adds the units,
 * unless the stock was set after the order was abandoned; the second applies if it was, and adds
 * nothing. If a set runs between them, the second applies; in the other order, neither would.
 */

/* ---- filters ---- */

/* Matches a product in which the order has a reservation of exactly this line, whose set_at matches
 * `set_at` (NULL: any; ownership is taken). */
static bson_t *reservation_filter(const bson_oid_t *order_id, const struct stock_line *line,
				  bson_t *set_at)
{
	bson_t *reservation =
		   BCON_NEW("order_id", BCON_OID(order_id), "quantity", BCON_INT64(line->quantity)),
	       *filter;

	if (set_at)
		BSON_APPEND_DOCUMENT(reservation, "set_at", set_at);
	filter = BCON_NEW("_id", BCON_OID(&line->product_id), "holds", "{", "$elemMatch",
			  BCON_DOCUMENT(reservation), "}");
	bson_destroy(set_at);
	bson_destroy(reservation);
	return filter;
}

static bson_t *not_set_after(int64_t ms)
{
	return BCON_NEW("$not", "{", "$gt", BCON_DATE_TIME(ms), "}");
}

static bson_t *set_after(int64_t ms)
{
	return BCON_NEW("$gt", BCON_DATE_TIME(ms));
}

/* ---- without a tombstone ---- */

static bson_t *remove_reservation(const bson_oid_t *order_id, int64_t added)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(added), "}", "$pull", "{", "holds", "{",
			"order_id", BCON_OID(order_id), "}", "}");
}

/* Releases the lines whose product's stock was set while they were reserved. */
static enum err release_after_set(struct ctx *ctx, const bson_oid_t *order_id,
				  const struct list *lines, int64_t abandoned_ms)
{
	const struct stock_line *line = lines->items;
	struct stock_command command;
	enum err e = stock_command_begin(&command, ctx, 2 * lines->n);

	for (size_t i = 0; i < lines->n && !e; i++) {
		e = stock_command_add(&command,
				      reservation_filter(order_id, &line[i],
							 not_set_after(abandoned_ms)),
				      remove_reservation(order_id, line[i].quantity), false);
		if (!e)
			e = stock_command_add(&command,
					      reservation_filter(order_id, &line[i],
								 set_after(abandoned_ms)),
					      remove_reservation(order_id, 0), false);
	}
	return e ? e : stock_command_run(&command);
}

/* A second command is sent only where a line did not match: the product's stock was set, or the
 * line was released before. The first command filters by equality: any other condition costs the
 * server 1.5 times as much. */
enum err stock_store_release_plain(struct ctx *ctx, const bson_oid_t *order_id,
				   const struct list *lines, int64_t abandoned_ms)
{
	const struct stock_line *line = lines->items;
	struct stock_command command;
	int64_t matched = 0;
	enum err e = stock_command_begin(&command, ctx, lines->n);

	for (size_t i = 0; i < lines->n && !e; i++)
		e = stock_command_add(&command,
				      reservation_filter(order_id, &line[i],
							 abandoned_ms ? BCON_NEW("$eq", BCON_NULL)
								      : NULL),
				      remove_reservation(order_id, line[i].quantity), false);
	if (!e)
		e = db_update_each(&matched, ctx, product_collection, command.statements,
				   command.n);
	if (e || !abandoned_ms || (size_t)matched == lines->n)
		return e;
	return release_after_set(ctx, order_id, lines, abandoned_ms);
}

/* ---- the products of a release ---- */

struct release {
	struct ctx *ctx;
	const bson_oid_t *order_id;
	const struct list *lines;
	enum stock_release_kind how;
	int64_t abandoned_ms; /* 0: not known */
	struct list products; /* struct release_product, by _id */
};

/* A product whose tombstones are counted. */
struct release_product {
	bson_oid_t _id;
	int64_t tombstones;
	bool released; /* this order has a tombstone here */
};

static const struct field release_product_fields[] = {
    {FIELD(struct release_product, _id)},
    {FIELD(struct release_product, tombstones)},
    {FIELD(struct release_product, released)},
};
static const struct shape release_product_doc =
    SHAPE(struct release_product, release_product_fields);

/* {$size: {$filter: {input: holds, cond: {$eq: ["$$this.quantity", 0]}}}} */
static const bson_t *count_tombstones(struct ctx *ctx)
{
	return ctx_bson(ctx, BCON_NEW("$size", "{", "$filter", "{", "input", "{", "$ifNull", "[",
				      "$holds", "[", "]", "]", "}", "cond", "{", "$eq", "[",
				      "$$this.quantity", BCON_INT64(0), "]", "}", "}", "}"));
}

static enum err read_products(struct release *r)
{
	const bson_t *count = count_tombstones(r->ctx);
	const bson_t *by_id = ctx_bson(r->ctx, BCON_NEW("_id", BCON_INT32(1)));
	const bson_t *fields;
	const struct stock_line *line = r->lines->items;
	bson_oid_t *ids = arena_array(r->ctx->arena, r->lines->n, sizeof *ids);
	bson_t *filter = ctx_bson(r->ctx, bson_new());

	if (!count || !by_id || !ids || !filter)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < r->lines->n; i++)
		ids[i] = line[i].product_id;
	db_append_ids(filter, "_id", ids, r->lines->n);
	/* released: whether one of `holds` is the order's tombstone */
	fields = ctx_bson(r->ctx,
			  BCON_NEW("tombstones", BCON_DOCUMENT(count), "released", "{",
				   "$anyElementTrue", "[", "{", "$map", "{", "input", "{",
				   "$ifNull", "[", "$holds", "[", "]", "]", "}", "in", "{", "$and",
				   "[", "{", "$eq", "[", "$$this.order_id", BCON_OID(r->order_id),
				   "]", "}", "{", "$eq", "[", "$$this.quantity", BCON_INT64(0), "]",
				   "}", "]", "}", "}", "}", "]", "}"));
	if (!fields)
		return ERR_NO_MEMORY;
	return db_find(&r->products, r->ctx, product_collection, &release_product_doc,
		       &(struct db_query){.filter = filter,
					  .sort = by_id,
					  .fields = fields,
					  .limit = r->lines->n});
}

/* Finds the products without room. Then nothing is written, so that a postponed release occupies no
 * room in the other products. */
static enum err find_full(struct list *full, const struct release *r)
{
	const struct release_product *product = r->products.items;
	bson_oid_t *ids = arena_array(r->ctx->arena, r->products.n, sizeof *ids);

	if (!ids)
		return ERR_NO_MEMORY;
	*full = (struct list){ids, 0};
	for (size_t i = 0; i < r->products.n; i++) {
		if (!product[i].released && product[i].tombstones >= TOMBSTONES_MAX)
			ids[full->n++] = product[i]._id;
	}
	return full->n ? ERR_STOCK_RELEASE_POSTPONED : OK;
}

/* ---- with a tombstone ---- */

/* Adds the limit to the filter, so that it holds against concurrent releases. */
static bson_t *with_room(struct ctx *ctx, bson_t *filter)
{
	const bson_t *count = count_tombstones(ctx);

	if (!count) {
		bson_destroy(filter);
		return NULL;
	}
	BCON_APPEND(filter, "$expr", "{", "$lt", "[", BCON_DOCUMENT(count),
		    BCON_INT64(TOMBSTONES_MAX), "]", "}");
	return filter;
}

static bson_t *unreserved_filter(const struct release *r, const struct stock_line *line)
{
	return with_room(r->ctx, BCON_NEW("_id", BCON_OID(&line->product_id), "holds.order_id", "{",
					  "$ne", BCON_OID(r->order_id), "}"));
}

/* Until then a late call may arrive. */
static int64_t expiry(const struct release *r)
{
	return clock_now_ms() + (r->how == RELEASE_SOLD ? TOMBSTONE_RETURN_MS : TOMBSTONE_MS);
}

/* Turns the matched reservation into the tombstone. */
static bson_t *to_tombstone(const struct release *r, int64_t added)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(added), "}", "$set", "{",
			"holds.$.quantity", BCON_INT64(0), "holds.$.at",
			BCON_DATE_TIME(clock_now_ms()), "holds.$.until", BCON_DATE_TIME(expiry(r)),
			"}");
}

static bson_t *add_tombstone(const struct release *r, const struct stock_line *line)
{
	int64_t returned = r->how == RELEASE_SOLD ? line->quantity : 0;

	return BCON_NEW("$inc", "{", "stock", BCON_INT64(returned), "}", "$push", "{", "holds", "{",
			"order_id", BCON_OID(r->order_id), "quantity", BCON_INT64(0), "at",
			BCON_DATE_TIME(clock_now_ms()), "until", BCON_DATE_TIME(expiry(r)), "}",
			"}");
}

/* Adds a tombstone where there is no reservation, then converts a reservation, then adds a
 * tombstone again: a reservation may be confirmed or released between the first two statements, and
 * in any other order a reserve call could succeed between them. The last statement ends the command
 * if the line still has no tombstone. */
static enum err add_line(struct stock_command *command, const struct release *r,
			 const struct stock_line *line)
{
	const struct stock_line tombstone = {line->product_id, 0};
	int64_t ms = r->abandoned_ms;
	enum err e =
	    stock_command_add(command, unreserved_filter(r, line), add_tombstone(r, line), false);

	/* Two statements, see the top of this file: one adds the units, the other doesn't. */
	if (!e)
		e = stock_command_add(command,
				      with_room(r->ctx,
						reservation_filter(r->order_id, line,
								   ms ? not_set_after(ms) : NULL)),
				      to_tombstone(r, line->quantity), false);
	if (!e && ms)
		e = stock_command_add(command,
				      with_room(r->ctx, reservation_filter(r->order_id, line,
									   set_after(ms))),
				      to_tombstone(r, 0), false);
	if (!e)
		e = stock_command_add(command, unreserved_filter(r, line), add_tombstone(r, line),
				      false);
	if (!e)
		e = stock_command_add(command, reservation_filter(r->order_id, &tombstone, NULL),
				      bson_new(), true);
	return e;
}

/* In order of the product ids, so that two releases can't deadlock. A line that this release writes
 * matches two statements; one that a concurrent release of the order wrote matches fewer. */
static enum err release_all(bool *all_written, const struct release *r)
{
	const struct release_product *product = r->products.items;
	struct stock_command command;
	int64_t matched = 0, wanted = 0;
	enum err e = stock_command_begin(&command, r->ctx, 5 * r->products.n);

	for (size_t i = 0; i < r->products.n && !e; i++) {
		const struct stock_line *line = r->lines->items;

		if (product[i].released)
			continue;
		while (!bson_oid_equal(&line->product_id, &product[i]._id))
			line++;
		e = add_line(&command, r, line);
		wanted += 2;
	}
	if (!e && wanted)
		e = db_update_each(&matched, r->ctx, product_collection, command.statements,
				   command.n);
	*all_written = matched >= wanted;
	return e;
}

/* After a concurrent release: OK where all products have the tombstone, else
 * ERR_STOCK_RELEASE_POSTPONED. */
static enum err check_again(struct list *full, struct release *r)
{
	const struct release_product *product;
	bool all = true;
	enum err e = read_products(r);

	if (e)
		return e;
	product = r->products.items;
	for (size_t i = 0; i < r->products.n; i++)
		all &= product[i].released;
	if (all)
		return OK;
	e = find_full(full, r);
	return e ? e : ERR_STOCK_RELEASE_POSTPONED;
}

enum err stock_store_release(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			     const struct list *lines, enum stock_release_kind how,
			     int64_t abandoned_ms)
{
	struct release r = {ctx, order_id, lines, how, abandoned_ms, {NULL, 0}};
	bool all_written;
	enum err e;

	*full = (struct list){NULL, 0};
	if (how == RELEASE_ANSWERED)
		return stock_store_release_plain(ctx, order_id, lines, abandoned_ms);
	e = read_products(&r);
	if (!e)
		e = find_full(full, &r);
	if (!e)
		e = release_all(&all_written, &r);
	if (!e && !all_written)
		e = check_again(full, &r);
	return e;
}
