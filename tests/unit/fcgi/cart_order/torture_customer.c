/* Customers: their initial state, and their state after the calls, read without the tested code. */
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <string.h>

#include "torture_private.h"

#include "clock.h"

enum {
	TOTAL = 2 * 6050 + 3 * 4000, /* paise */
	MAX_TIME_EXPIRED = 50,       /* the server's code */
	LEASE_MAX_MS = 65 * 1000,    /* shorter than the wait for late stock calls */
};

/* The content of the cart. The products are in the order of its lines. */
static const struct {
	const char *id, *name;
	int64_t quantity, price;
} lines[] = {
    {PRODUCT_A, "Milk 1L", 2, 6050},
    {PRODUCT_B, "Bread", 3, 4000},
};

const struct state state_cart = {.lines = 2, .stock = {STOCK, STOCK}};
const struct state state_ordered = {.orders = 1,
				    .stock = {STOCK - 2, STOCK - 3},
				    .placed = 1,
				    .deliveries = 1};
const struct state state_cancelled = {
    .orders = 1, .cancelled = 1, .stock = {STOCK, STOCK}, .withdrawn = 1, .deliveries = 1};

const struct state state_packed = {.orders = 1,
				   .stock = {STOCK - 2, STOCK - 3},
				   .packed = 1,
				   .deliveries = 1};
const struct state state_sold_out = {.lines = 2, .stock = {STOCK, 2}};

/* Writes without waiting for the disk: a round has many. */
static mongoc_client_t *client;

static mongoc_collection_t *collection_of(enum shop_name name, const char *collection)
{
	return mongoc_client_get_collection(client, shop[name].database, collection);
}

static bson_oid_t oid(const char *hex)
{
	bson_oid_t id;

	bson_oid_init_from_string(&id, hex);
	return id;
}

/* Counts the documents that match the filter. Frees the filter. */
static int64_t count(enum shop_name name, const char *collection, bson_t *filter)
{
	mongoc_collection_t *in = collection_of(name, collection);
	bson_error_t error;
	int64_t n = mongoc_collection_count_documents(in, filter, NULL, NULL, NULL, &error);

	mongoc_collection_destroy(in);
	bson_destroy(filter);
	if (n < 0)
		fail_msg("count in %s: %s", collection, error.message);
	return n;
}

/* Updates or inserts one document. Frees the filter and the change. */
static void update(enum shop_name name, const char *collection, bson_t *filter, bson_t *change)
{
	mongoc_collection_t *in = collection_of(name, collection);
	bson_t upsert = BSON_INITIALIZER;
	bson_error_t error;

	BSON_APPEND_BOOL(&upsert, "upsert", true);
	if (!mongoc_collection_update_one(in, filter, change, &upsert, NULL, &error))
		fail_msg("update in %s: %s", collection, error.message);
	mongoc_collection_destroy(in);
	bson_destroy(&upsert);
	bson_destroy(filter);
	bson_destroy(change);
}

static void drop_all(enum shop_name name, const char *collection)
{
	mongoc_collection_t *in = collection_of(name, collection);
	bson_t all = BSON_INITIALIZER;
	bson_error_t error;

	if (!mongoc_collection_delete_many(in, &all, NULL, NULL, &error))
		fail_msg("delete in %s: %s", collection, error.message);
	mongoc_collection_destroy(in);
}

/* ---- what is given ---- */

static void stock_up(size_t i, int64_t stock)
{
	bson_oid_t id = oid(lines[i].id);

	update(SHOP_PRODUCT, "products", BCON_NEW("_id", BCON_OID(&id)),
	       BCON_NEW("$set", "{", "name", BCON_UTF8(lines[i].name), "description",
			BCON_UTF8("Good."), "price", BCON_INT64(lines[i].price), "category",
			BCON_UTF8("Food"), "unit", BCON_UTF8("1"), "image_url",
			BCON_UTF8("/pictures/a.webp"), "available", BCON_BOOL(true), "stock",
			BCON_INT64(stock), "}", "$unset", "{", "holds", BCON_UTF8(""), "}"));
}

static void fill_cart(const char *user_id, size_t i)
{
	bson_oid_t product = oid(lines[i].id), line;

	bson_oid_init(&line, NULL);
	update(SHOP_CART_ORDER, "cart_items", BCON_NEW("_id", BCON_OID(&line)),
	       BCON_NEW("$set", "{", "user_id", BCON_UTF8(user_id), "product_id",
			BCON_OID(&product), "quantity", BCON_INT64(lines[i].quantity), "name",
			BCON_UTF8(lines[i].name), "unit", BCON_UTF8("1"), "image_url",
			BCON_UTF8("/pictures/a.webp"), "price", BCON_INT64(lines[i].price), "}"));
}

void customer_new(struct customer *customer)
{
	bson_oid_t id;

	*customer = (struct customer){0};
	drop_all(SHOP_CART_ORDER, "checkouts"); /* of a round that failed */
	bson_oid_init(&id, NULL);
	bson_oid_to_string(&id, customer->user_id);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		stock_up(i, STOCK);
		fill_cart(customer->user_id, i);
	}
}

void customer_sell_out(void)
{
	stock_up(1, 2);
}

void customer_raise_price(void)
{
	bson_oid_t id = oid(lines[0].id);

	update(SHOP_PRODUCT, "products", BCON_NEW("_id", BCON_OID(&id)),
	       BCON_NEW("$set", "{", "price", BCON_INT64(lines[0].price + 100), "}"));
}

void customer_restore(const struct customer *c)
{
	bson_oid_t id = oid(c->order_id);

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		stock_up(i, STOCK - lines[i].quantity);
	update(SHOP_CART_ORDER, "orders", BCON_NEW("_id", BCON_OID(&id)),
	       BCON_NEW("$unset", "{", "cancelled", BCON_UTF8(""), "}"));
	update(SHOP_DELIVERY, "order_status", BCON_NEW("order_id", BCON_OID(&id)),
	       BCON_NEW("$set", "{", "status", BCON_UTF8("PLACED"), "}", "$push", "{", "history",
			"{", "$each", "[", "]", "$slice", BCON_INT32(1), "}", "}"));
	/* The next round begins anew. */
	drop_all(SHOP_CART_ORDER, "keys");
	drop_all(SHOP_CART_ORDER, "checkouts");
}

void leases_run_out(int64_t ms)
{
	int64_t soon = clock_now_ms() + LEASE_MAX_MS;
	bson_t *command = BCON_NEW("update", BCON_UTF8("checkouts"), "maxTimeMS", BCON_INT64(ms),
				   "updates", "[", "{", "q", "{", "due", "{", "$lt",
				   BCON_DATE_TIME(soon), "}", "}", "u", "{", "$set", "{", "due",
				   BCON_DATE_TIME(1), "}", "}", "multi", BCON_BOOL(true), "}", "]");
	bson_error_t error;

	if (!mongoc_client_command_simple(client, shop[SHOP_CART_ORDER].database, command, NULL,
					  NULL, &error) &&
	    error.code != MAX_TIME_EXPIRED)
		fail_msg("update in checkouts: %s", error.message);
	bson_destroy(command);
}

int64_t checkouts_left(void)
{
	return count(SHOP_CART_ORDER, "checkouts",
		     BCON_NEW("state", "{", "$ne", BCON_UTF8("RETURNED"), "}"));
}

/* ---- what became of it ---- */

static bson_t *of_user(const struct customer *c)
{
	return BCON_NEW("user_id", BCON_UTF8(c->user_id));
}

static bson_t *whole_order(const struct customer *c)
{
	bson_oid_t a = oid(lines[0].id), b = oid(lines[1].id);

	return BCON_NEW("user_id", BCON_UTF8(c->user_id), "total", BCON_INT64(TOTAL), "items", "{",
			"$size", BCON_INT32(2), "}", "items.0.product_id", BCON_OID(&a),
			"items.0.quantity", BCON_INT64(2), "items.0.price", BCON_INT64(6050),
			"items.0.name", BCON_UTF8("Milk 1L"), "items.1.product_id", BCON_OID(&b),
			"items.1.quantity", BCON_INT64(3), "items.1.price", BCON_INT64(4000),
			"items.1.name", BCON_UTF8("Bread"));
}

static void find_order(struct customer *c)
{
	mongoc_collection_t *orders = collection_of(SHOP_CART_ORDER, "orders");
	bson_t *filter = of_user(c);
	mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(orders, filter, NULL, NULL);
	const bson_t *doc;
	bson_iter_t it;

	if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, "_id"))
		bson_oid_to_string(bson_iter_oid(&it), c->order_id);
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(orders);
	bson_destroy(filter);
}

/* A number of the one document that matches the filter; -1 if there is none. Frees the filter. */
static int64_t number_of(enum shop_name name, const char *collection, bson_t *filter,
			 const char *field)
{
	mongoc_collection_t *in = collection_of(name, collection);
	mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(in, filter, NULL, NULL);
	int64_t number = -1;
	const bson_t *doc;
	bson_iter_t it;

	if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, field))
		number = bson_iter_as_int64(&it);
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(in);
	bson_destroy(filter);
	return number;
}

static int64_t stock_of(size_t i)
{
	bson_oid_t id = oid(lines[i].id);

	return number_of(SHOP_PRODUCT, "products", BCON_NEW("_id", BCON_OID(&id)), "stock");
}

int64_t customer_quantity(const struct customer *c)
{
	bson_oid_t id = oid(PRODUCT_A);

	return number_of(SHOP_CART_ORDER, "cart_items",
			 BCON_NEW("user_id", BCON_UTF8(c->user_id), "product_id", BCON_OID(&id)),
			 "quantity");
}

/* Deliveries of the user's; every one of them belongs to an order, which the caller compares. */
static int64_t deliveries_in(const struct customer *c, const char *status, int entries)
{
	bson_t *filter = of_user(c);
	bson_oid_t order_id;

	if (*c->order_id) {
		order_id = oid(c->order_id);
		BSON_APPEND_OID(filter, "order_id", &order_id);
	}
	BSON_APPEND_UTF8(filter, "status", status);
	BCON_APPEND(filter, "history", "{", "$size", BCON_INT32(entries), "}");
	return count(SHOP_DELIVERY, "order_status", filter);
}

void customer_read_state(struct state *state, struct customer *c)
{
	bson_t *cancelled = whole_order(c);

	BSON_APPEND_BOOL(cancelled, "cancelled", true);
	find_order(c);
	*state = (struct state){
	    .orders = count(SHOP_CART_ORDER, "orders", whole_order(c)),
	    .cancelled = count(SHOP_CART_ORDER, "orders", cancelled),
	    .half = count(SHOP_CART_ORDER, "orders", of_user(c)),
	    .lines = count(SHOP_CART_ORDER, "cart_items", of_user(c)),
	    .stock = {stock_of(0), stock_of(1)},
	    .placed = deliveries_in(c, "PLACED", 1),
	    .packed = deliveries_in(c, "PACKED", 2),
	    .withdrawn = deliveries_in(c, "CANCELLED", 2),
	    .deliveries = count(SHOP_DELIVERY, "order_status", of_user(c)),
	    .holds = count(SHOP_PRODUCT, "products",
			   BCON_NEW("holds.quantity", "{", "$gt", BCON_INT32(0), "}")),
	    .checkouts = checkouts_left(),
	};
	state->half -= state->orders;
}

bool state_is(const struct state *state, const struct state *wanted)
{
	return memcmp(state, wanted, sizeof *state) == 0;
}

static void print_state(const char *name, const struct state *s)
{
	print_error("%s: %d orders (%d cancelled), %d half ones, %d cart lines, stock %d and %d, "
		    "%d deliveries (%d placed, %d packed, %d cancelled), %d holds, %d checkouts\n",
		    name, (int)s->orders, (int)s->cancelled, (int)s->half, (int)s->lines,
		    (int)s->stock[0], (int)s->stock[1], (int)s->deliveries, (int)s->placed,
		    (int)s->packed, (int)s->withdrawn, (int)s->holds, (int)s->checkouts);
}

void customer_check(struct customer *c, const struct state *wanted, const char *when)
{
	struct state found;

	customer_read_state(&found, c);
	if (state_is(&found, wanted))
		return;
	print_state("wanted", wanted);
	print_state("found", &found);
	fail_msg("%s: another state than wanted", when);
}

/* ---- calls and their answers ---- */

static void create_as(struct answer *answer, const struct customer *c, const char *also)
{
	char body[128];

	snprintf(body, sizeof body, "{\"user_id\":\"%s\"%s}", c->user_id, also);
	shop_post(answer, "/order/create", c->user_id, "key-1", body);
}

void order_create_as(struct answer *answer, const struct customer *c)
{
	create_as(answer, c, "");
}

void order_create_other(struct answer *answer, const struct customer *c)
{
	create_as(answer, c, ",\"expected_total\":1");
}

void order_create_expecting(struct answer *answer, const struct customer *c)
{
	char also[64];

	snprintf(also, sizeof also, ",\"expected_total\":%d", TOTAL / 100);
	create_as(answer, c, also);
}

void order_cancel_as(struct answer *answer, const struct customer *c)
{
	char path[64];

	snprintf(path, sizeof path, "/order/%s/cancel", c->order_id);
	shop_post(answer, path, c->user_id, "key-2", "");
}

void cart_add_as(struct answer *answer, const struct customer *c, int64_t quantity)
{
	char body[160];

	snprintf(body, sizeof body, "{\"user_id\":\"%s\",\"product_id\":\"%s\",\"quantity\":%d}",
		 c->user_id, PRODUCT_A, (int)quantity);
	shop_post(answer, "/cart/add", c->user_id, "key-3", body);
}

void check_answer(const struct answer *answer, int status, const char *body)
{
	assert_string_equal(answer->body, body);
	assert_int_equal(answer->status, status);
}

void check_unavailable(const struct answer *answer)
{
	check_answer(answer, 503,
		     "{\"detail\":\"Service temporarily unavailable\","
		     "\"code\":\"service_temporarily_unavailable\"}");
}

void check_created(const struct answer *answer, const struct customer *c)
{
	char body[ANSWER_SIZE];

	snprintf(body, sizeof body,
		 "{\"message\":\"Order created\",\"order_id\":\"%s\",\"total\":%d}", c->order_id,
		 TOTAL / 100);
	check_answer(answer, 200, body);
}

void check_cancelled(const struct answer *answer, const struct customer *c)
{
	char body[ANSWER_SIZE];

	snprintf(body, sizeof body, "{\"message\":\"Order cancelled\",\"order_id\":\"%s\"}",
		 c->order_id);
	check_answer(answer, 200, body);
}

/* ---- life ---- */

void customers_begin(const char *uri)
{
	mongoc_write_concern_t *write = mongoc_write_concern_new();

	client = mongoc_client_new(uri);
	assert_non_null(client);
	mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
	mongoc_write_concern_set_w(write, 1);
	mongoc_client_set_write_concern(client, write);
	mongoc_write_concern_destroy(write);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		stock_up(i, STOCK);
}

void customers_end(void)
{
	for (size_t i = 0; i < SHOP_SERVICES; i++) {
		mongoc_database_t *database = mongoc_client_get_database(client, shop[i].database);

		mongoc_database_drop(database, NULL);
		mongoc_database_destroy(database);
	}
	mongoc_client_destroy(client);
}
