/* Stock calls: changes by staff, and the reservations of orders. */
#include "stock_api.h"

#include "json.h"
#include "product_store.h"
#include "stock_release_store.h"
#include "stock_reserve_store.h"

/* ---- PUT /products/{product_id}/stock ---- */

struct put_in {
	bson_oid_t product_id;
	int64_t stock, expected_stock, delta;
	bool has_stock, has_expected, has_delta;
	bool available, has_available;
};

static const struct field put_fields[] = {
    {FIELD(struct put_in, product_id), .from = FROM_PATH, .unknown = ERR_PRODUCT_NOT_FOUND},
    {FIELD(struct put_in, stock), .optional = true, GIVEN(struct put_in, has_stock),
     .max = STOCK_MAX, .about = "Either this or a delta", .example = "500"},
    {FIELD(struct put_in, expected_stock), .optional = true, GIVEN(struct put_in, has_expected),
     .max = STOCK_MAX, .about = "With a stock alone: what it is now, or nothing is set",
     .example = "480"},
    {FIELD(struct put_in, delta), .optional = true, GIVEN(struct put_in, has_delta),
     .min = -STOCK_MAX, .max = STOCK_MAX, .about = "Either this or a stock", .example = "-3"},
    {FIELD(struct put_in, available), .optional = true, GIVEN(struct put_in, has_available)},
};
const struct shape stock_put_in = NAMED_SHAPE("StockUpdate", struct put_in, put_fields);

struct left_out {
	int64_t stock;
};

static const struct field left_fields[] = {{FIELD(struct left_out, stock), .example = "479"}};
const struct shape stock_left_out = SHAPE(struct left_out, left_fields);

enum err stock_put(struct req *rq)
{
	const struct put_in *in = req_input(rq);
	struct stock_change change = {in->has_stock, in->has_expected,   in->has_available,
				      in->stock,     in->expected_stock, in->delta,
				      in->available};
	int64_t left;
	enum err e;

	if (!in->has_stock && !in->has_delta)
		return req_invalid(rq, "body", "stock", "Either stock or delta is required");
	if (in->has_stock && in->has_delta)
		return req_invalid(rq, "body", "delta", "Should not be given together with stock");
	if (in->has_expected && in->has_delta)
		return req_invalid(rq, "body", "expected_stock",
				   "Should not be given together with delta");
	e = stock_store_change(&left, req_ctx(rq), &in->product_id, &change);
	if (e == ERR_STOCK_CHANGED)
		return req_refuse_with(rq, e, "stock", json_object_new_int64(left));
	return e ? e : req_message(rq, "Stock updated");
}

/* ---- lines of an order ---- */

static enum err check_lines(struct req *rq, const struct list *items)
{
	const struct stock_line *line = items->items;

	for (size_t i = 0; i < items->n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (bson_oid_equal(&line[i].product_id, &line[j].product_id))
				return req_invalid(rq, "body", "items",
						   "A product should be in it once");
		}
	}
	return OK;
}

/* ---- reserve ---- */

static struct metric reserves_refused = {
    "stock_refused_total", "reserve calls refused because a product has too little stock",
    METRIC_COUNTER};
static struct metric releases_postponed = {
    "stock_releases_postponed_total",
    "releases postponed because a product has no room for a tombstone", METRIC_COUNTER};
static struct metric *const rows[] = {&reserves_refused, &releases_postponed};
const struct metrics stock_metrics = METRICS(rows);

static enum err refuse_products(struct req *rq, enum err e, const struct list *refused)
{
	struct json_object *ids = json_object_new_array();
	const bson_oid_t *id = refused->items;
	char hex[25];

	metric_add(e == ERR_STOCK_RELEASE_POSTPONED ? &releases_postponed : &reserves_refused, 1);
	for (size_t i = 0; i < refused->n; i++) {
		bson_oid_to_string(&id[i], hex);
		if (!json_append(ids, json_object_new_string(hex))) {
			json_object_put(ids);
			return ERR_NO_MEMORY;
		}
	}
	return req_refuse_with(rq, e, STOCK_REFUSED, ids);
}

enum err stock_reserve_post(struct req *rq)
{
	const struct stock_reserve_request *in = req_input(rq);
	struct stock_reserve_answer out;
	struct list refused;
	enum err e = check_lines(rq, &in->items);

	if (!e)
		e = stock_store_reserve(&out.items, &refused, req_ctx(rq), &in->order_id,
					&in->items);
	if (e == ERR_OUT_OF_STOCK)
		return refuse_products(rq, e, &refused);
	return e ? e : req_reply(rq, &stock_reserve_answer, &out);
}

/* ---- release ---- */

enum err stock_release_post(struct req *rq)
{
	const struct stock_release_request *in = req_input(rq);
	struct list full;
	enum err e = check_lines(rq, &in->items);

	if (!e)
		e = stock_store_release(&full, req_ctx(rq), &in->order_id, &in->items,
					stock_release_of(in), in->abandoned_ms);
	if (e == ERR_STOCK_RELEASE_POSTPONED)
		return refuse_products(rq, e, &full);
	return e ? e : req_message(rq, "Stock released");
}

/* ---- confirm, forget ---- */

static enum err end_orders(struct req *rq,
			   enum err (*end)(struct ctx *ctx, const bson_oid_t *ids, size_t n),
			   const char *message)
{
	const struct stock_orders *in = req_input(rq);
	const struct stock_order *order = in->orders.items;
	bson_oid_t *ids = arena_array(req_ctx(rq)->arena, in->orders.n, sizeof *ids);
	enum err e;

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < in->orders.n; i++)
		ids[i] = order[i].order_id;
	e = end(req_ctx(rq), ids, in->orders.n);
	return e ? e : req_message(rq, message);
}

enum err stock_confirm_post(struct req *rq)
{
	return end_orders(rq, stock_store_confirm, "Stock confirmed");
}

enum err stock_forget_post(struct req *rq)
{
	return end_orders(rq, stock_store_forget, "Tombstones removed");
}
