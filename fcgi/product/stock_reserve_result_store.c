/* What a take holds, as the database has it. */
#include "stock_reserve_result_store.h"

#include <string.h>

#include "db.h"
#include "product_store.h"

/* A product, with what these orders have of it alone. */
struct held {
	bson_oid_t _id;
	struct product_facts facts; /* those of an order */
	bool available;
	int64_t stock;
	struct list holds;
};

static const struct field held_fields[] = {
    {FIELD(struct held, _id)},
    LIMITED_ORDER_FACTS(struct held, facts),
    {FIELD(struct held, available)},
    {FIELD(struct held, stock), .min = INT64_MIN, .optional = true},
    {FIELD(struct held, holds), .of = &hold_doc, .optional = true},
};
/* What has no price that may be sold at, as product_doc has it, is not sold. */
static const struct shape held_doc = BOUNDED_SHAPE(struct held, held_fields);

size_t takes_count_lines(const struct takes *takes)
{
	size_t n = 0;

	for (size_t i = 0; i < takes->n; i++)
		n += take_of(takes->jobs[i])->lines->n;
	return n;
}

/* {_id: {$in: the products of all lines}} */
static bson_t *of_products(const struct takes *takes)
{
	bson_oid_t *ids = arena_array(takes->ctx->arena, takes_count_lines(takes), sizeof *ids);
	bson_t *filter = ctx_bson(takes->ctx, bson_new());
	size_t n = 0;

	if (!ids || !filter)
		return NULL;
	for (size_t i = 0; i < takes->n; i++) {
		const struct list *lines = take_of(takes->jobs[i])->lines;

		for (size_t j = 0; j < lines->n; j++)
			ids[n++] = ((const struct stock_line *)lines->items)[j].product_id;
	}
	db_append_ids(filter, "_id", ids, n);
	return filter;
}

/* {available, …, holds: {$filter: {input: "$holds", cond: {$in: ["$$this.order_id", orders]}}}} */
static bson_t *with_holds(const struct takes *takes)
{
	bson_t *fields =
	    ctx_bson(takes->ctx, BCON_NEW("available", BCON_INT32(1), "stock", BCON_INT32(1)));
	bson_t orders = BSON_INITIALIZER;

	if (!fields)
		return NULL;
	for (size_t i = 0; i < order_facts.n; i++)
		BSON_APPEND_INT32(fields, order_facts.fields[i].name, 1);
	for (size_t i = 0; i < takes->n; i++) /* the server ignores an array's keys */
		BSON_APPEND_OID(&orders, "0", &take_of(takes->jobs[i])->order_id);
	BCON_APPEND(fields, "holds", "{", "$filter", "{", "input", "{", "$ifNull", "[", "$holds",
		    "[", "]", "]", "}", "cond", "{", "$in", "[", "$$this.order_id",
		    BCON_ARRAY(&orders), "]", "}", "}", "}");
	bson_destroy(&orders);
	return fields;
}

enum err takes_read(struct list *held, const struct takes *takes)
{
	const bson_t *filter = of_products(takes), *fields = with_holds(takes);

	if (!filter || !fields)
		return ERR_NO_MEMORY;
	return db_find(held, takes->ctx, product_collection, &held_doc,
		       &(struct db_query){.filter = filter,
					  .fields = fields,
					  .limit = takes_count_lines(takes),
					  .skip_malformed = true});
}

static const struct held *find_held(const struct list *held, const bson_oid_t *product_id)
{
	const struct held *products = held->items;

	for (size_t i = 0; i < held->n; i++) {
		if (bson_oid_equal(&products[i]._id, product_id))
			return &products[i];
	}
	return NULL;
}

static const struct hold *find_hold(const struct held *product, const bson_oid_t *order_id)
{
	const struct hold *holds = product ? product->holds.items : NULL;

	for (size_t i = 0; product && i < product->holds.n; i++) {
		if (bson_oid_equal(&holds[i].order_id, order_id))
			return &holds[i];
	}
	return NULL;
}

static bool is_enough(const struct held *product, int64_t quantity)
{
	return product && product->available && product->stock >= quantity;
}

static enum err check_line(struct take *take, const struct stock_line *line,
			   struct reserved_product *taken, const struct held *product)
{
	const struct hold *hold = find_hold(product, &take->order_id);

	if (hold && hold->quantity == line->quantity) {
		taken->product_id = product->_id;
		take->n_held++;
		return product_facts_dup(&taken->facts, take->job.ctx->arena, &product->facts);
	}
	take->marked |= hold && hold->quantity == 0;
	take->unread |= !product;
	if (!take->ended || bson_oid_compare(&line->product_id, take->ended) < 0)
		take->ended = &line->product_id;
	if (!is_enough(product, line->quantity))
		take->refused[take->n_refused++] = line->product_id;
	return OK;
}

/* There may be enough again by now of what the take ended at. */
static void name_one(struct take *take)
{
	if (!take->n_refused)
		take->refused[take->n_refused++] = *take->ended;
}

enum err take_check_lines(struct take *take, const struct list *held)
{
	const struct stock_line *line = take->lines->items;
	size_t n = take->lines->n;
	struct reserved_product *taken = arena_array(take->job.ctx->arena, n, sizeof *taken);
	enum err e = OK;

	take->refused = arena_array(take->job.ctx->arena, n, sizeof *take->refused);
	if (!taken || !take->refused)
		return ERR_NO_MEMORY;
	take->taken = (struct list){taken, n};
	take->ended = NULL;
	take->n_refused = take->n_held = 0;
	for (size_t i = 0; i < n && !e; i++)
		e = check_line(take, &line[i], &taken[i], find_held(held, &line[i].product_id));
	return e;
}

enum err take_check(struct take *take, const struct list *held)
{
	enum err e = take_check_lines(take, held);

	if (e || !take->ended)
		return e;
	name_one(take);
	return take->marked ? ERR_STOCK_GIVEN_BACK : ERR_OUT_OF_STOCK;
}
