/*
 * The operations of raw.c: the same filters, indexes, write concerns and sizes as the services',
 * and nothing around them.
 *
 * Writes are durable (majority, journaled), as a shop's carts and orders must be. Each
 * worker has users of its own, like each connection of the HTTP load.
 */
#define _POSIX_C_SOURCE 200809L

#include "raw.h"

#include <stdio.h>
#include <string.h>

#define CART_USERS   2  /* of a worker, to whose carts products are added */
#define PRODUCTS     50 /* in a cart: a cart has at most 100 lines */
#define READERS      64 /* carts that are only read */
#define READER_LINES 5
#define QUANTITY_MAX 98 /* of a line before one more is added */

struct raw_user raw_user(enum raw_user_kind kind, uint64_t number)
{
	struct raw_user id;

	snprintf(id.hex, sizeof id.hex, "%08x%016llx", (unsigned)kind + 1u,
		 (unsigned long long)number);
	return id;
}

bson_oid_t raw_product(uint64_t number)
{
	char hex[25];
	bson_oid_t oid;

	snprintf(hex, sizeof hex, "%024llx", (unsigned long long)(number % PRODUCTS));
	bson_oid_init_from_string(&oid, hex);
	return oid;
}

/* ---- reads ---- */

/* Reads all documents of the next filter. */
static bool run_find(struct worker *w)
{
	const struct filters *f = w->filters;
	const bson_t *filter = f->filter[(w->number * 37u + w->turn) % f->count];
	bson_t opts = BSON_INITIALIZER;
	mongoc_cursor_t *cursor;
	const bson_t *doc;
	size_t found = 0;
	bool done;

	BSON_APPEND_INT32(&opts, "batchSize", RAW_FILTERS_MAX); /* one round trip */
	cursor = mongoc_collection_find_with_opts(w->read, filter, &opts, NULL);
	while (mongoc_cursor_next(cursor, &doc))
		found++;
	done = !mongoc_cursor_error(cursor, &w->error);
	if (done && found == 0) {
		bson_set_error(&w->error, 0, 0, "nothing found");
		done = false;
	}
	mongoc_cursor_destroy(cursor);
	bson_destroy(&opts);
	return done;
}

static void filters_add(struct filters *f, bson_t *filter_take)
{
	f->filter[f->count++] = filter_take;
}

static bool prepare_all(struct filters *f)
{
	filters_add(f, bson_new());
	return true;
}

static bool prepare_readers(struct filters *f)
{
	for (unsigned i = 0; i < READERS; i++)
		filters_add(f, BCON_NEW("user_id", BCON_UTF8(raw_user(USER_READS, i).hex)));
	return true;
}

/* ---- writes ---- */

bool raw_line_add(struct worker *w, const char *user, const bson_oid_t *product)
{
	bson_t *filter = BCON_NEW("user_id", BCON_UTF8(user), "product_id", BCON_OID(product),
				  "quantity", "{", "$lte", BCON_INT64(QUANTITY_MAX), "}");
	bson_t *update =
	    BCON_NEW("$inc", "{", "quantity", BCON_INT64(1), "}", "$setOnInsert", "{", "name",
		     BCON_UTF8("Alphonso Mango"), "unit", BCON_UTF8("6 pcs"), "image_url",
		     BCON_UTF8("/pictures/1f96d.webp"), "price", BCON_INT64(49900), "}");
	bson_t *opts = BCON_NEW("upsert", BCON_BOOL(true));
	bool done =
	    mongoc_collection_update_one(w->in[RAW_LINES], filter, update, opts, NULL, &w->error);

	bson_destroy(filter);
	bson_destroy(update);
	bson_destroy(opts);
	return done;
}

static bool run_cart_add(struct worker *w)
{
	uint64_t user = (uint64_t)w->number * CART_USERS + w->turn % CART_USERS;
	bson_oid_t product = raw_product(w->turn / CART_USERS);

	return raw_line_add(w, raw_user(USER_ADDS, user).hex, &product);
}

/* ---- the table ---- */

static const struct operation operations[] = {
    /* name         reads                         key      filters          run */
    {"list", "product_db", "products", NULL, prepare_all, run_find},
    {"product", "product_db", "products", "_id", NULL, run_find},
    {"login", "user_db", "users", "email", NULL, run_find},
    {"cart_read", RAW_DATABASE, "cart_items", NULL, prepare_readers, run_find},
    {"cart_add", NULL, NULL, NULL, NULL, run_cart_add},
    {"order_bare", NULL, NULL, NULL, NULL, raw_order, 0},
    {"order_transaction", NULL, NULL, NULL, NULL, raw_order, RAW_TRANSACTION},
    {"order_checkout", NULL, NULL, NULL, NULL, raw_order, RAW_TRANSACTION | RAW_CHECKOUT},
    {"order", NULL, NULL, NULL, NULL, raw_order, RAW_TRANSACTION | RAW_CHECKOUT | RAW_STOCK},
    {"order_keyed", NULL, NULL, NULL, NULL, raw_order,
     RAW_TRANSACTION | RAW_CHECKOUT | RAW_STOCK | RAW_KEY},
};

const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

/* ---- filters and collections ---- */

/* A filter `{key: value}` for each document's value. */
static bool filters_read(struct filters *f, const char *key, mongoc_collection_t *collection,
			 bson_error_t *error)
{
	bson_t *all = bson_new();
	mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, all, NULL, NULL);
	const bson_t *doc;
	bson_iter_t at;
	bool done;

	while (f->count < RAW_FILTERS_MAX && mongoc_cursor_next(cursor, &doc)) {
		bson_t *filter;

		if (!bson_iter_init_find(&at, doc, key))
			continue;
		filter = bson_new();
		BSON_APPEND_VALUE(filter, key, bson_iter_value(&at));
		filters_add(f, filter);
	}
	done = !mongoc_cursor_error(cursor, error);
	mongoc_cursor_destroy(cursor);
	bson_destroy(all);
	return done;
}

bool filters_init(struct filters *f, const struct operation *op, mongoc_client_t *client,
		  bson_error_t *error)
{
	mongoc_collection_t *collection;
	bool done;

	f->count = 0;
	if (op->prepare)
		return op->prepare(f);
	if (!op->key)
		return true;
	collection = mongoc_client_get_collection(client, op->database, op->collection);
	done = filters_read(f, op->key, collection, error);
	mongoc_collection_destroy(collection);
	if (done && f->count == 0) {
		bson_set_error(error, 0, 0, "%s.%s is empty", op->database, op->collection);
		done = false;
	}
	return done;
}

void filters_dispose(struct filters *f)
{
	while (f->count > 0)
		bson_destroy(f->filter[--f->count]);
}

/* A collection whose writes are durable. */
static mongoc_collection_t *collection_open(mongoc_client_t *client, const char *name)
{
	mongoc_collection_t *c = mongoc_client_get_collection(client, RAW_DATABASE, name);
	mongoc_write_concern_t *durable = mongoc_write_concern_new();

	mongoc_write_concern_set_wmajority(durable, 0);
	mongoc_write_concern_set_journal(durable, true);
	mongoc_collection_set_write_concern(c, durable);
	mongoc_write_concern_destroy(durable);
	return c;
}

static mongoc_client_session_t *session_open(mongoc_client_t *client, bson_error_t *error)
{
	mongoc_session_opt_t *opts = mongoc_session_opts_new();
	mongoc_transaction_opt_t *transaction = mongoc_transaction_opts_new();
	mongoc_read_concern_t *snapshot = mongoc_read_concern_new();
	mongoc_write_concern_t *majority = mongoc_write_concern_new();
	mongoc_client_session_t *session;

	mongoc_read_concern_set_level(snapshot, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
	mongoc_write_concern_set_wmajority(majority, 0);
	mongoc_transaction_opts_set_read_concern(transaction, snapshot);
	mongoc_transaction_opts_set_write_concern(transaction, majority);
	mongoc_session_opts_set_default_transaction_opts(opts, transaction);
	session = mongoc_client_start_session(client, opts, error);
	mongoc_write_concern_destroy(majority);
	mongoc_read_concern_destroy(snapshot);
	mongoc_transaction_opts_destroy(transaction);
	mongoc_session_opts_destroy(opts);
	return session;
}

static const char *const collection_names[RAW_COLLECTIONS] = {
    [RAW_LINES] = "cart_items", [RAW_ORDERS] = "orders",       [RAW_CHECKOUTS] = "checkouts",
    [RAW_KEYS] = "keys",        [RAW_STATUS] = "order_status", [RAW_PRODUCTS] = "products",
};

bool worker_open(struct worker *w, const struct operation *op)
{
	w->op = op;
	if (op->database)
		w->read = mongoc_client_get_collection(w->client, op->database, op->collection);
	for (int i = 0; i < RAW_COLLECTIONS; i++)
		w->in[i] = collection_open(w->client, collection_names[i]);
	w->session = session_open(w->client, &w->error);
	return w->session != NULL;
}

void worker_close(struct worker *w)
{
	if (w->session)
		mongoc_client_session_destroy(w->session);
	for (int i = 0; i < RAW_COLLECTIONS; i++)
		mongoc_collection_destroy(w->in[i]);
	mongoc_collection_destroy(w->read);
}

/* ---- the database ---- */

/* As the seed makes them for the services. They also make the collections, since a transaction
 * shouldn't have to. */
static const char *const index_commands[] = {
    "{\"createIndexes\": \"cart_items\", \"indexes\": [{\"name\": \"line\", \"unique\": true,"
    " \"key\": {\"user_id\": 1, \"product_id\": 1}}]}",
    "{\"createIndexes\": \"orders\", \"indexes\": [{\"name\": \"newest\","
    " \"key\": {\"user_id\": 1, \"created_at\": -1, \"_id\": -1}}]}",
    "{\"createIndexes\": \"order_status\", \"indexes\": [{\"name\": \"order\", \"unique\": true,"
    " \"key\": {\"order_id\": 1}}]}",
    "{\"createIndexes\": \"checkouts\", \"indexes\": [{\"name\": \"open\", \"unique\": true,"
    " \"key\": {\"user_id\": 1}, \"partialFilterExpression\": {\"state\": \"RESERVING\"}},"
    " {\"name\": \"due\", \"key\": {\"state\": 1, \"due\": 1}}]}",
    "{\"createIndexes\": \"keys\", \"indexes\": [{\"name\": \"age\", \"key\": {\"created_at\": 1},"
    " \"expireAfterSeconds\": 172800}]}",
    "{\"createIndexes\": \"products\", \"indexes\": [{\"name\": \"holds\","
    " \"key\": {\"holds.order_id\": 1}}]}",
};

static bool indexes_make(mongoc_client_t *client, bson_error_t *error)
{
	for (size_t i = 0; i < sizeof index_commands / sizeof *index_commands; i++) {
		bson_t *command = bson_new_from_json((const uint8_t *)index_commands[i], -1, error);
		bool done = command && mongoc_client_command_simple(client, RAW_DATABASE, command,
								    NULL, NULL, error);

		bson_destroy(command);
		if (!done)
			return false;
	}
	return true;
}

/* The carts that are only read. */
static bool carts_make(mongoc_client_t *client, bson_error_t *error)
{
	struct worker w = {.client = client,
			   .in = {[RAW_LINES] = collection_open(client, "cart_items")}};
	bool done = true;

	for (unsigned i = 0; done && i < READERS * READER_LINES; i++) {
		bson_oid_t product = raw_product(i % READER_LINES);

		done = raw_line_add(&w, raw_user(USER_READS, i / READER_LINES).hex, &product);
	}
	if (!done)
		*error = w.error;
	mongoc_collection_destroy(w.in[RAW_LINES]);
	return done;
}

/* The products that are ordered, with more stock than a run can sell. */
static bool products_make(mongoc_client_t *client, bson_error_t *error)
{
	mongoc_collection_t *products = collection_open(client, "products");
	bool done = true;

	for (unsigned i = 0; done && i < PRODUCTS; i++) {
		bson_oid_t id = raw_product(i);
		bson_t *product = BCON_NEW(
		    "_id", BCON_OID(&id), "name", BCON_UTF8("Alphonso Mango"), "description",
		    BCON_UTF8("The king of mangoes from Ratnagiri, fragrant and deeply sweet."),
		    "price", BCON_INT64(49900), "category", BCON_UTF8("Fruits"), "unit",
		    BCON_UTF8("6 pcs"), "image_url", BCON_UTF8("/pictures/1f96d.webp"), "available",
		    BCON_BOOL(true), "stock", BCON_INT64(1000000));

		done = mongoc_collection_insert_one(products, product, NULL, NULL, error);
		bson_destroy(product);
	}
	mongoc_collection_destroy(products);
	return done;
}

bool raw_drop(mongoc_client_t *client, bson_error_t *error)
{
	mongoc_database_t *database = mongoc_client_get_database(client, RAW_DATABASE);
	bool done = mongoc_database_drop(database, error);

	mongoc_database_destroy(database);
	return done;
}

bool raw_setup(mongoc_client_t *client, bson_error_t *error)
{
	return raw_drop(client, error) && indexes_make(client, error) &&
	       carts_make(client, error) && products_make(client, error);
}
