/* The result of a reserve call, read from the database. */
#include "stock_reserve_result_store.h"

#include <string.h>

#include "db.h"
#include "product_store.h"

/* A product, with the reservations of the orders of the batch only. */
struct stocked_product {
	bson_oid_t _id;
	struct product_facts facts; /* order facts only */
	bool available;
	int64_t stock;
	struct list holds;
};

static const struct field stocked_product_fields[] = {
    {FIELD(struct stocked_product, _id)},
    LIMITED_ORDER_FACTS(struct stocked_product, facts),
    {FIELD(struct stocked_product, available)},
    {FIELD(struct stocked_product, stock), .min = INT64_MIN, .optional = true},
    {FIELD(struct stocked_product, holds), .of = &reservation_doc, .optional = true},
};
/* A product whose price is out of the range of product_doc is not sold. */
static const struct shape stocked_product_doc =
    BOUNDED_SHAPE(struct stocked_product, stocked_product_fields);

size_t reserve_batch_count_lines(const struct reserve_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		n += reserve_of(batch->jobs[i])->lines->n;
	return n;
}

/* {available, …, holds: {$filter: {input: "$holds", cond: {$in: ["$$this.order_id", orders]}}}} */
static bson_t *projection(const struct reserve_batch *batch)
{
	bson_t *fields =
	    ctx_bson(batch->ctx, BCON_NEW("available", BCON_INT32(1), "stock", BCON_INT32(1)));
	bson_t orders = BSON_INITIALIZER;

	if (!fields)
		return NULL;
	for (size_t i = 0; i < order_facts.n; i++)
		BSON_APPEND_INT32(fields, order_facts.fields[i].name, 1);
	for (size_t i = 0; i < batch->n; i++) /* the server ignores an array's keys */
		BSON_APPEND_OID(&orders, "0", &reserve_of(batch->jobs[i])->order_id);
	BCON_APPEND(fields, "holds", "{", "$filter", "{", "input", "{", "$ifNull", "[", "$holds",
		    "[", "]", "]", "}", "cond", "{", "$in", "[", "$$this.order_id",
		    BCON_ARRAY(&orders), "]", "}", "}", "}");
	bson_destroy(&orders);
	return fields;
}

enum err reserve_batch_read(struct list *products, const struct reserve_batch *batch)
{
	size_t n_lines = reserve_batch_count_lines(batch), n = 0;
	bson_oid_t *ids = arena_array(batch->ctx->arena, n_lines, sizeof *ids);
	const bson_t *fields = projection(batch);
	bson_t *filter = ctx_bson(batch->ctx, bson_new());

	if (!ids || !filter || !fields)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < batch->n; i++) {
		const struct list *lines = reserve_of(batch->jobs[i])->lines;

		for (size_t j = 0; j < lines->n; j++)
			ids[n++] = ((const struct stock_line *)lines->items)[j].product_id;
	}
	db_append_ids(filter, "_id", ids, n);
	return db_find(products, batch->ctx, product_collection, &stocked_product_doc,
		       &(struct db_query){.filter = filter,
					  .fields = fields,
					  .limit = n_lines,
					  .skip_malformed = true});
}

static const struct stocked_product *find_product(const struct list *products,
						  const bson_oid_t *product_id)
{
	const struct stocked_product *product = products->items;

	for (size_t i = 0; i < products->n; i++) {
		if (bson_oid_equal(&product[i]._id, product_id))
			return &product[i];
	}
	return NULL;
}

static const struct reservation *find_reservation(const struct stocked_product *product,
						  const bson_oid_t *order_id)
{
	const struct reservation *holds = product ? product->holds.items : NULL;

	for (size_t i = 0; product && i < product->holds.n; i++) {
		if (bson_oid_equal(&holds[i].order_id, order_id))
			return &holds[i];
	}
	return NULL;
}

static enum err check_line(struct reserve_call *reserve, const struct stock_line *line,
			   struct reserved_product *reserved, const struct stocked_product *product)
{
	const struct reservation *reservation = find_reservation(product, &reserve->order_id);

	if (reservation && reservation->quantity == line->quantity) {
		reserved->product_id = product->_id;
		reserve->n_reserved++;
		return product_facts_dup(&reserved->facts, reserve->job.ctx->arena,
					 &product->facts);
	}
	reserve->has_tombstone |= reservation && reservation->quantity == 0;
	reserve->is_unreadable |= !product;
	if (!reserve->first_missing ||
	    bson_oid_compare(&line->product_id, reserve->first_missing) < 0)
		reserve->first_missing = &line->product_id;
	if (!product || !product->available || product->stock < line->quantity)
		reserve->refused[reserve->n_refused++] = line->product_id;
	return OK;
}

enum err reserve_check_lines(struct reserve_call *reserve, const struct list *products)
{
	const struct stock_line *line = reserve->lines->items;
	size_t n = reserve->lines->n;
	struct reserved_product *reserved =
	    arena_array(reserve->job.ctx->arena, n, sizeof *reserved);
	enum err e = OK;

	reserve->refused = arena_array(reserve->job.ctx->arena, n, sizeof *reserve->refused);
	if (!reserved || !reserve->refused)
		return ERR_NO_MEMORY;
	reserve->reserved = (struct list){reserved, n};
	reserve->first_missing = NULL;
	reserve->n_refused = reserve->n_reserved = 0;
	for (size_t i = 0; i < n && !e; i++)
		e = check_line(reserve, &line[i], &reserved[i],
			       find_product(products, &line[i].product_id));
	return e;
}

enum err reserve_check(struct reserve_call *reserve, const struct list *products)
{
	enum err e = reserve_check_lines(reserve, products);

	if (e || !reserve->first_missing)
		return e;
	/* The product at which the command ended may have enough stock again: the refusal names it
	 * all the same. */
	if (!reserve->n_refused)
		reserve->refused[reserve->n_refused++] = *reserve->first_missing;
	return reserve->has_tombstone ? ERR_STOCK_RELEASED : ERR_OUT_OF_STOCK;
}
