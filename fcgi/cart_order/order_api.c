/* Calls on orders. */
#include <string.h>

#include "auth.h"
#include "cart_order_service.h"
#include "cart_store.h"
#include "clock.h"
#include "db.h"
#include "outbox.h"
#include "pricing.h"
#include "products.h"

enum {
	TRIES = 5, /* of an order whose cart changes meanwhile */
	ORDERS_DEFAULT = 100,
};

/* ---- POST /order/create ---- */

static const struct field user_fields[] = {
    {FIELD(struct user_in, user_id), .check = check_user_id},
};
const struct shape user_body_in = SHAPE(struct user_in, user_fields);

struct created_out {
	const char *message;
	bson_oid_t order_id;
	struct money total;
};

static const struct field created_fields[] = {
    {FIELD(struct created_out, message)},
    {FIELD(struct created_out, order_id)},
    {FIELD(struct created_out, total)},
};
static const struct shape created_out = SHAPE(struct created_out, created_fields);

static enum err refuse_products(struct req *rq, const struct list *refused)
{
	struct json_object *ids = json_object_new_array();
	const bson_oid_t *id = refused->items;
	char hex[25];

	for (size_t i = 0; ids && i < refused->n; i++) {
		bson_oid_to_string(&id[i], hex);
		json_object_array_add(ids, json_object_new_string(hex));
	}
	return req_refuse_with(rq, ERR_OUT_OF_STOCK, "product_ids", ids);
}

/* What the transaction needs. */
struct checkout {
	struct order order;
	struct list lines; /* of the cart, as read */
};

/* Reads and prices the cart. */
static enum err prepare(struct checkout *c, struct req *rq, const char *user_id)
{
	struct ctx *ctx = req_ctx(rq);
	struct snapshot *products;
	struct list refused;
	enum err e = products_hold(&products, ctx);

	if (!e)
		e = cart_lines(&c->lines, ctx, user_id);
	if (e)
		return e;
	if (!c->lines.n)
		return ERR_CART_EMPTY;
	c->order.user_id = user_id;
	c->order.created_at.ms = clock_now_ms();
	bson_oid_init(&c->order._id, NULL);
	e = order_price(&c->order, &refused, ctx->arena, &c->lines, products);
	return e == ERR_OUT_OF_STOCK ? refuse_products(rq, &refused) : e;
}

/* All of it or nothing: the cart's lines out, the order and its outbox entry in. */
static enum err commit(struct ctx *ctx, void *arg)
{
	struct checkout *c = arg;
	enum err e = cart_take_out(ctx, c->order.user_id, &c->lines);

	if (!e)
		e = db_insert(ctx, order_collection, &order_doc, &c->order);
	return e ? e : outbox_add(ctx, &c->order);
}

enum err order_create(struct req *rq)
{
	const struct user_in *in = req_input(rq);
	struct checkout c = {0};
	enum err e = req_may_act_for(rq, in->user_id);

	if (e)
		return e;
	/* A cart that changed between the reading and the transaction is read anew. */
	for (int i = 0; i < TRIES; i++) {
		e = prepare(&c, rq, in->user_id);
		if (!e)
			e = db_transaction(req_ctx(rq), commit, &c);
		if (e != ERR_RETRY)
			break;
	}
	if (e)
		return e == ERR_RETRY ? ERR_UNAVAILABLE : e;
	outbox_tell(req_ctx(rq), &c.order);
	return req_reply(rq, &created_out,
			 &(struct created_out){"Order created", c.order._id, c.order.total});
}

/* ---- GET /orders/{user_id} ---- */

struct history_in {
	const char *user_id;
	int64_t limit;    /* 0: not given */
	bson_oid_t after; /* all zero: not given */
};

static const struct field history_fields[] = {
    {FIELD(struct history_in, user_id), .from = FROM_PATH, .check = check_user_id},
    {FIELD(struct history_in, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100},
    {FIELD(struct history_in, after), .from = FROM_QUERY, .optional = true},
};
const struct shape orders_in = SHAPE(struct history_in, history_fields);

/* As published: without the names that the document has beside these. */
static const struct field item_out_fields[] = {
    {FIELD(struct order_item, product_id)},
    {FIELD(struct order_item, quantity)},
    {FIELD(struct order_item, price)},
};
static const struct shape item_out = SHAPE(struct order_item, item_out_fields);

static const struct field order_out_fields[] = {
    {FIELD(struct order, _id)},
    {FIELD(struct order, user_id)},
    {FIELD(struct order, items), .of = &item_out},
    {FIELD(struct order, total)},
    {FIELD(struct order, created_at)},
};
static const struct shape order_out = SHAPE(struct order, order_out_fields);

enum err orders_get(struct req *rq)
{
	static const bson_oid_t none;
	const struct history_in *in = req_input(rq);
	const bson_oid_t *after = bson_oid_equal(&in->after, &none) ? NULL : &in->after;
	size_t limit = in->limit ? (size_t)in->limit : ORDERS_DEFAULT;
	struct list orders;
	char cursor[25];
	enum err e = req_may_act_for(rq, in->user_id);

	if (e)
		return e;
	/* One more than asked for tells whether there is a next page. */
	e = orders_of_user(&orders, req_ctx(rq), in->user_id, after, limit + 1);
	if (e == ERR_ORDER_NOT_FOUND)
		return req_invalid(rq, "query", "after", "Input should be an order of this user");
	if (!e && orders.n > limit) {
		orders.n = limit;
		bson_oid_to_string(&((const struct order *)orders.items + limit - 1)->_id, cursor);
		e = req_link_next(rq, cursor);
	}
	return e ? e : req_reply_list(rq, &order_out, &orders);
}
