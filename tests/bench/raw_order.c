/*
 * An order as the services write it: the same documents, indexes and write concerns, without
 * anything around them; each safeguard may be left out, to measure its cost.
 */
#define _POSIX_C_SOURCE 200809L

#include <time.h>

#include "raw.h"

#define REQUEST_ID  "0123456789abcdef0123456789abcdef"
#define TRACEPARENT "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

struct raw_sale {
	bson_oid_t id, product;
	struct raw_user user;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each of these functions destroys its documents. */

static bool insert(struct worker *w, enum raw_collection into, bson_t *doc, const bson_t *opts)
{
	bool done = mongoc_collection_insert_one(w->in[into], doc, opts, NULL, &w->error);

	bson_destroy(doc);
	return done;
}

static bool update(struct worker *w, enum raw_collection in, bson_t *filter, bson_t *change,
		   const bson_t *opts)
{
	bool done = mongoc_collection_update_many(w->in[in], filter, change, opts, NULL, &w->error);

	bson_destroy(filter);
	bson_destroy(change);
	return done;
}

static bool delete(struct worker *w, enum raw_collection from, bson_t *filter, const bson_t *opts)
{
	bool done = mongoc_collection_delete_many(w->in[from], filter, opts, NULL, &w->error);

	bson_destroy(filter);
	return done;
}

static bool find(struct worker *w, enum raw_collection in, bson_t *filter)
{
	mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(w->in[in], filter, NULL, NULL);
	const bson_t *doc;
	bool done;

	while (mongoc_cursor_next(cursor, &doc))
		;
	done = !mongoc_cursor_error(cursor, &w->error);
	mongoc_cursor_destroy(cursor);
	bson_destroy(filter);
	return done;
}

/* ---- the steps ---- */

static bool checkout_open(struct worker *w, const struct raw_sale *s)
{
	return insert(w, RAW_CHECKOUTS,
		      BCON_NEW("_id", BCON_OID(&s->id), "user_id", BCON_UTF8(s->user.hex), "state",
			       BCON_UTF8("RESERVING"), "due", BCON_DATE_TIME(now_ms()), "items",
			       "[", "{", "product_id", BCON_OID(&s->product), "quantity",
			       BCON_INT64(1), "}", "]", "request_id", BCON_UTF8(REQUEST_ID),
			       "traceparent", BCON_UTF8(TRACEPARENT)),
		      NULL);
}

static bool stock_reserve(struct worker *w, const struct raw_sale *s)
{
	return update(w, RAW_PRODUCTS,
		      BCON_NEW("_id", BCON_OID(&s->product), "available", BCON_BOOL(true),
			       "holds.order_id", "{", "$ne", BCON_OID(&s->id), "}", "stock", "{",
			       "$gte", BCON_INT64(1), "}"),
		      BCON_NEW("$inc", "{", "stock", BCON_INT64(-1), "}", "$push", "{", "holds",
			       "{", "order_id", BCON_OID(&s->id), "quantity", BCON_INT64(1), "at",
			       BCON_DATE_TIME(now_ms()), "}", "}"),
		      NULL) &&
	       find(w, RAW_PRODUCTS, BCON_NEW("_id", BCON_OID(&s->product)));
}

/* Removes the cart lines and inserts the order, within the transaction of `opts`, if it has one. */
static bool order_write(struct worker *w, const struct raw_sale *s, const bson_t *opts)
{
	bson_t *order =
	    BCON_NEW("_id", BCON_OID(&s->id), "user_id", BCON_UTF8(s->user.hex), "items", "[", "{",
		     "product_id", BCON_OID(&s->product), "name", BCON_UTF8("Alphonso Mango"),
		     "quantity", BCON_INT64(1), "price", BCON_INT64(49900), "}", "]", "total",
		     BCON_INT64(49900), "created_at", BCON_DATE_TIME(now_ms()), "cancelled",
		     BCON_BOOL(false));

	return delete (w, RAW_LINES, BCON_NEW("user_id", BCON_UTF8(s->user.hex)), opts) &&
	       insert(w, RAW_ORDERS, order, opts);
}

static bool checkout_commit(struct worker *w, const struct raw_sale *s, const bson_t *opts)
{
	return update(w, RAW_CHECKOUTS,
		      BCON_NEW("_id", BCON_OID(&s->id), "state", BCON_UTF8("RESERVING")),
		      BCON_NEW("$set", "{", "state", BCON_UTF8("COMMITTED"), "due",
			       BCON_DATE_TIME(now_ms()), "}"),
		      opts);
}

static bool key_store(struct worker *w, const struct raw_sale *s, const bson_t *opts)
{
	char key[64];

	bson_oid_to_string(&s->id, key);
	return insert(w, RAW_KEYS,
		      BCON_NEW("_id", BCON_UTF8(key), "request",
			       BCON_UTF8("{\"user_id\":\"000000000000000000000000\"}"), "answer",
			       BCON_UTF8(
				   "{\"message\":\"Order created\","
				   "\"order_id\":\"000000000000000000000000\",\"total\":499}"),
			       "created_at", BCON_DATE_TIME(now_ms())),
		      opts);
}

static bool order_commit(struct worker *w, const struct raw_sale *s)
{
	unsigned safeties = w->op->safeties;
	bson_t opts = BSON_INITIALIZER;
	bool done = mongoc_client_session_start_transaction(w->session, NULL, &w->error) &&
		    mongoc_client_session_append(w->session, &opts, &w->error);

	if (done)
		done = (!(safeties & RAW_CHECKOUT) || checkout_commit(w, s, &opts)) &&
		       order_write(w, s, &opts) &&
		       (!(safeties & RAW_KEY) || key_store(w, s, &opts));
	if (done)
		done = mongoc_client_session_commit_transaction(w->session, NULL, &w->error);
	else
		mongoc_client_session_abort_transaction(w->session, NULL);
	bson_destroy(&opts);
	return done;
}

/* The record of the delivery service. */
static bool status_write(struct worker *w, const struct raw_sale *s)
{
	return insert(w, RAW_STATUS,
		      BCON_NEW("order_id", BCON_OID(&s->id), "user_id", BCON_UTF8(s->user.hex),
			       "status", BCON_UTF8("PLACED"), "last_updated",
			       BCON_DATE_TIME(now_ms()), "history", "[", "{", "status",
			       BCON_UTF8("PLACED"), "at", BCON_DATE_TIME(now_ms()), "by",
			       BCON_UTF8("service"), "}", "]"),
		      NULL);
}

/* ---- writes for many orders in one batch, after their answers ---- */

/* {key: {$in: [orders]}} */
static bson_t *unfinished_orders(const struct worker *w, const char *key)
{
	bson_t *filter = bson_new(), in, list;

	BSON_APPEND_DOCUMENT_BEGIN(filter, key, &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
	for (unsigned i = 0; i < w->n_unfinished; i++)
		BSON_APPEND_OID(&list, "0", &w->unfinished[i]);
	bson_append_array_end(&in, &list);
	bson_append_document_end(filter, &in);
	return filter;
}

static bool finish_orders(struct worker *w)
{
	unsigned safeties = w->op->safeties;
	bson_t *ids, *pull;
	bool done = true;

	if (w->n_unfinished < RAW_TOGETHER)
		return true;
	if (safeties & RAW_STOCK) {
		ids = unfinished_orders(w, "order_id");
		pull = BCON_NEW("$pull", "{", "holds", BCON_DOCUMENT(ids), "}");
		bson_destroy(ids);
		done = update(w, RAW_PRODUCTS, unfinished_orders(w, "holds.order_id"), pull, NULL);
	}
	if (done && safeties & RAW_CHECKOUT)
		done = delete (w, RAW_CHECKOUTS, unfinished_orders(w, "_id"), NULL);
	w->n_unfinished = 0;
	return done;
}

bool raw_order(struct worker *w)
{
	unsigned safeties = w->op->safeties;
	struct raw_sale s = {.product = raw_product(w->turn),
			     .user = raw_user(USER_ORDERS, w->number)};
	bool done;

	bson_oid_init(&s.id, NULL);
	done = raw_line_add(w, s.user.hex, &s.product) &&
	       (!(safeties & RAW_CHECKOUT) || checkout_open(w, &s)) &&
	       (!(safeties & RAW_STOCK) || stock_reserve(w, &s)) &&
	       (safeties & RAW_TRANSACTION ? order_commit(w, &s) : order_write(w, &s, NULL)) &&
	       status_write(w, &s);
	if (!done)
		return false;
	w->unfinished[w->n_unfinished++] = s.id;
	return finish_orders(w);
}
