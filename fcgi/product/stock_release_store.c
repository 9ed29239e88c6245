/* Releasing stock, and the tombstones that a release leaves (stock_store.h). */
#include "stock_release_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_command_store.h"

/*
 * A release of a reservation is two statements (stock_store_change()): the first adds its units
 * unless the stock was set after the order was abandoned, the second adds nothing if it was. A set
 * between the two makes the second apply; in the other order neither would.
 */

/* ---- what an order holds ---- */

/* Finds a product if the order holds exactly this line of it, with such a time of a set (NULL: any;
 * taken over). */
static bson_t *holding(const bson_oid_t *order_id, const struct stock_line *line, bson_t *set_at)
{
	bson_t *hold =
		   BCON_NEW("order_id", BCON_OID(order_id), "quantity", BCON_INT64(line->quantity)),
	       *filter;

	if (set_at)
		BSON_APPEND_DOCUMENT(hold, "set_at", set_at);
	filter = BCON_NEW("_id", BCON_OID(&line->product_id), "holds", "{", "$elemMatch",
			  BCON_DOCUMENT(hold), "}");
	bson_destroy(set_at);
	bson_destroy(hold);
	return filter;
}

static bson_t *set_never(void)
{
	return BCON_NEW("$eq", BCON_NULL);
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

static bson_t *drop_hold(const bson_oid_t *order_id, int64_t added)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(added), "}", "$pull", "{", "holds", "{",
			"order_id", BCON_OID(order_id), "}", "}");
}

/* Lines of products whose stock was set while they were reserved. */
static enum err release_after_set(struct ctx *ctx, const bson_oid_t *order_id,
				  const struct list *lines, int64_t abandoned_ms)
{
	const struct stock_line *line = lines->items;
	struct stock_command command;
	enum err e = stock_command_begin(&command, ctx, 2 * lines->n);

	for (size_t i = 0; i < lines->n && !e; i++) {
		e = stock_command_add(&command,
				      holding(order_id, &line[i], not_set_after(abandoned_ms)),
				      drop_hold(order_id, line[i].quantity), false);
		if (!e)
			e = stock_command_add(&command,
					      holding(order_id, &line[i], set_after(abandoned_ms)),
					      drop_hold(order_id, 0), false);
	}
	return e ? e : stock_command_run(&command);
}

/* A second command is sent only where a line did not match: its stock was set, or it was released
 * before. The first one's filter is an equality, since any other costs the server half as much
 * again. */
enum err stock_release_held(struct ctx *ctx, const bson_oid_t *order_id, const struct list *lines,
			    int64_t abandoned_ms)
{
	const struct stock_line *line = lines->items;
	struct stock_command command;
	int64_t matched = 0;
	enum err e = stock_command_begin(&command, ctx, lines->n);

	for (size_t i = 0; i < lines->n && !e; i++)
		e = stock_command_add(&command,
				      holding(order_id, &line[i],
					      abandoned_ms ? set_never() : NULL),
				      drop_hold(order_id, line[i].quantity), false);
	if (!e)
		e = db_update_each(&matched, ctx, product_collection, command.statements,
				   command.n);
	if (e || !abandoned_ms || (size_t)matched == lines->n)
		return e;
	return release_after_set(ctx, order_id, lines, abandoned_ms);
}

/* ---- what the products of a release have ---- */

struct release {
	struct ctx *ctx;
	const bson_oid_t *order_id;
	const struct list *lines;
	enum stock_release how;
	int64_t abandoned_ms; /* 0: not known */
	struct list products; /* struct place, in order of their ids */
};

/* A product as a place for one more tombstone. */
struct place {
	bson_oid_t _id;
	int64_t tombstones;
	bool released; /* one of them is this order's */
};

static const struct field place_fields[] = {
    {FIELD(struct place, _id)},
    {FIELD(struct place, tombstones)},
    {FIELD(struct place, released)},
};
static const struct shape place_doc = SHAPE(struct place, place_fields);

/* {$size: {$filter: {input: holds, cond: {$eq: ["$$this.quantity", 0]}}}} */
static const bson_t *count_tombstones(struct ctx *ctx)
{
	return ctx_bson(ctx, BCON_NEW("$size", "{", "$filter", "{", "input", "{", "$ifNull", "[",
				      "$holds", "[", "]", "]", "}", "cond", "{", "$eq", "[",
				      "$$this.quantity", BCON_INT64(0), "]", "}", "}", "}"));
}

/* {$anyElementTrue: [{$map: {input: holds, in: …}}]} */
static const bson_t *is_released(struct ctx *ctx, const bson_oid_t *order_id)
{
	return ctx_bson(ctx,
			BCON_NEW("$anyElementTrue", "[", "{", "$map", "{", "input", "{", "$ifNull",
				 "[", "$holds", "[", "]", "]", "}", "in", "{", "$and", "[", "{",
				 "$eq", "[", "$$this.order_id", BCON_OID(order_id), "]", "}", "{",
				 "$eq", "[", "$$this.quantity", BCON_INT64(0), "]", "}", "]", "}",
				 "}", "}", "]"));
}

static bson_t *of_products(const struct release *r)
{
	const struct stock_line *line = r->lines->items;
	bson_oid_t *ids = arena_array(r->ctx->arena, r->lines->n, sizeof *ids);
	bson_t *filter = ctx_bson(r->ctx, bson_new());

	if (!ids || !filter)
		return NULL;
	for (size_t i = 0; i < r->lines->n; i++)
		ids[i] = line[i].product_id;
	db_append_ids(filter, "_id", ids, r->lines->n);
	return filter;
}

static enum err read_places(struct release *r)
{
	const bson_t *count = count_tombstones(r->ctx),
		     *released = is_released(r->ctx, r->order_id);
	const bson_t *filter = of_products(r);
	const bson_t *by_id = ctx_bson(r->ctx, BCON_NEW("_id", BCON_INT32(1)));
	const bson_t *fields;

	if (!count || !released || !filter || !by_id)
		return ERR_NO_MEMORY;
	fields = ctx_bson(r->ctx, BCON_NEW("tombstones", BCON_DOCUMENT(count), "released",
					   BCON_DOCUMENT(released)));
	if (!fields)
		return ERR_NO_MEMORY;
	return db_find(&r->products, r->ctx, product_collection, &place_doc,
		       &(struct db_query){.filter = filter,
					  .sort = by_id,
					  .fields = fields,
					  .limit = r->lines->n});
}

static bool is_full(const struct place *p)
{
	return !p->released && p->tombstones >= TOMBSTONES_MAX;
}

/* Those that have no place left: nothing is written then, so that the release doesn't occupy a
 * place in one product while it waits for another. */
static enum err find_full(struct list *full, const struct release *r)
{
	const struct place *place = r->products.items;
	bson_oid_t *ids = arena_array(r->ctx->arena, r->products.n, sizeof *ids);

	if (!ids)
		return ERR_NO_MEMORY;
	*full = (struct list){ids, 0};
	for (size_t i = 0; i < r->products.n; i++) {
		if (is_full(&place[i]))
			ids[full->n++] = place[i]._id;
	}
	return full->n ? ERR_STOCK_PUT_OFF : OK;
}

/* ---- with a tombstone ---- */

/* The limit holds whatever others do at the same time. */
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

static bson_t *neither_held_nor_released(const struct release *r, const struct stock_line *line)
{
	return with_room(r->ctx, BCON_NEW("_id", BCON_OID(&line->product_id), "holds.order_id", "{",
					  "$ne", BCON_OID(r->order_id), "}"));
}

/* Until then a late call may come. */
static int64_t expiry(const struct release *r)
{
	return clock_now_ms() + (r->how == RELEASE_SOLD ? TOMBSTONE_RETURN_MS : TOMBSTONE_MS);
}

/* The hold becomes the tombstone. */
static bson_t *turn_hold(const struct release *r, int64_t added)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(added), "}", "$set", "{",
			"holds.$.quantity", BCON_INT64(0), "holds.$.at",
			BCON_DATE_TIME(clock_now_ms()), "holds.$.until", BCON_DATE_TIME(expiry(r)),
			"}");
}

static bson_t *add_tombstone(const struct release *r, const struct stock_line *line)
{
	int64_t back = r->how == RELEASE_SOLD ? line->quantity : 0;

	return BCON_NEW("$inc", "{", "stock", BCON_INT64(back), "}", "$push", "{", "holds", "{",
			"order_id", BCON_OID(r->order_id), "quantity", BCON_INT64(0), "at",
			BCON_DATE_TIME(clock_now_ms()), "until", BCON_DATE_TIME(expiry(r)), "}",
			"}");
}

/* With the units or without. */
static enum err add_turns(struct stock_command *command, const struct release *r,
			  const struct stock_line *line)
{
	int64_t ms = r->abandoned_ms;
	bson_t *added = holding(r->order_id, line, ms ? not_set_after(ms) : NULL);
	enum err e = stock_command_add(command, with_room(r->ctx, added),
				       turn_hold(r, line->quantity), false);

	if (!e && ms)
		e = stock_command_add(command,
				      with_room(r->ctx, holding(r->order_id, line, set_after(ms))),
				      turn_hold(r, 0), false);
	return e;
}

/* The tombstone where nothing is held, then the hold, then the tombstone again: between the first
 * two a hold may be settled or let go, and in any other order a take could come in between. A line
 * that then has no tombstone ends the command. */
static enum err add_line(struct stock_command *command, const struct release *r,
			 const struct stock_line *line)
{
	const struct stock_line tombstone = {line->product_id, 0};
	enum err e = stock_command_add(command, neither_held_nor_released(r, line),
				       add_tombstone(r, line), false);

	if (!e)
		e = add_turns(command, r, line);
	if (!e)
		e = stock_command_add(command, neither_held_nor_released(r, line),
				      add_tombstone(r, line), false);
	if (!e)
		e = stock_command_add(command, holding(r->order_id, &tombstone, NULL), bson_new(),
				      true);
	return e;
}

static const struct stock_line *line_of(const struct release *r, const bson_oid_t *product_id)
{
	const struct stock_line *line = r->lines->items;

	while (!bson_oid_equal(&line->product_id, product_id))
		line++;
	return line;
}

/* In order of the product ids, so that two releases can't wait for each other for ever. A line that
 * this release writes matches twice, one that another release of the order wrote less. */
static enum err release_all(bool *all_written, const struct release *r)
{
	const struct place *place = r->products.items;
	struct stock_command command;
	int64_t matched = 0, wanted = 0;
	enum err e = stock_command_begin(&command, r->ctx, 5 * r->products.n);

	for (size_t i = 0; i < r->products.n && !e; i++) {
		if (place[i].released)
			continue;
		e = add_line(&command, r, line_of(r, &place[i]._id));
		wanted += 2;
	}
	if (!e && wanted)
		e = db_update_each(&matched, r->ctx, product_collection, command.statements,
				   command.n);
	*all_written = matched >= wanted;
	return e;
}

/* OK, or ERR_STOCK_PUT_OFF: others have written at the same time. */
static enum err look_again(struct list *full, struct release *r)
{
	const struct place *place;
	bool all = true;
	enum err e = read_places(r);

	if (e)
		return e;
	place = r->products.items;
	for (size_t i = 0; i < r->products.n; i++)
		all &= place[i].released;
	if (all)
		return OK;
	e = find_full(full, r);
	return e ? e : ERR_STOCK_PUT_OFF;
}

enum err stock_store_give_back(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			       const struct list *lines, enum stock_release how,
			       int64_t abandoned_ms)
{
	struct release r = {ctx, order_id, lines, how, abandoned_ms, {NULL, 0}};
	bool all_written;
	enum err e;

	*full = (struct list){NULL, 0};
	if (how == RELEASE_ANSWERED)
		return stock_release_held(ctx, order_id, lines, abandoned_ms);
	e = read_places(&r);
	if (!e)
		e = find_full(full, &r);
	if (!e)
		e = release_all(&all_written, &r);
	if (!e && !all_written)
		e = look_again(full, &r);
	return e;
}
