/* What the tests of stock share: three products, and orders for them. */
#ifndef TESTS_FCGI_STOCK_FIXTURE_H
#define TESTS_FCGI_STOCK_FIXTURE_H

#include "fcgi/product/indexes.h"
#include "store_fixture.h"

#include "fcgi/product/product_store.h"
#include "fcgi/product/stock_release_store.h"
#include "fcgi/product/stock_reserve_store.h"

#include "clock.h"

/* Products are numbers in these tests, and so are orders. */
enum { MILK = 1, BREAD, CURD, PRODUCTS = CURD, NOTHING = 9, STOCK = 10 };

static inline bson_oid_t id_of(int n)
{
	bson_oid_t id = {{0}};

	id.bytes[10] = (uint8_t)(n >> 8);
	id.bytes[11] = (uint8_t)n;
	return id;
}

static inline bson_t *by_id(struct ctx *ctx, int n)
{
	bson_oid_t id = id_of(n);

	return ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&id)));
}

static inline void change_product(struct ctx *ctx, int n, bson_t *update)
{
	assert_int_equal(db_update(NULL, ctx, product_collection, by_id(ctx, n),
				   ctx_bson(ctx, update), false),
			 OK);
}

static inline void add_product(struct ctx *ctx, int n, const char *name)
{
	struct product product = {._id = id_of(n),
				  .facts = {.name = name,
					    .unit = "1 L",
					    .image_url = "/pictures/x.webp",
					    .price = {6050}},
				  .description = "Good",
				  .category = "Dairy",
				  .available = true,
				  .stock = STOCK};
	bool added;

	assert_int_equal(product_add_missing(&added, ctx, &product), OK);
	assert_true(added);
}

static inline int open_shop(void **state)
{
	(void)state;
	store_open(&product_indexes);
	return 0;
}

/* Each test begins with ten of each product. */
static inline int stock_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, product_collection);
	add_product(*state, MILK, "Milk");
	add_product(*state, BREAD, "Bread");
	add_product(*state, CURD, "Curd");
	return 0;
}

/* ---- stored products ---- */

struct stocked {
	bson_oid_t _id;
	int64_t stock;
	struct list holds;
};

static const struct field stocked_fields[] = {
    {FIELD(struct stocked, _id)},
    {FIELD(struct stocked, stock)},
    {FIELD(struct stocked, holds), .of = &reservation_doc, .optional = true},
};
static const struct shape stocked_doc = SHAPE(struct stocked, stocked_fields);

static inline struct stocked read_stocked(struct ctx *ctx, int n)
{
	struct stocked found = {.stock = -1};

	assert_int_equal(db_find_one(&found, ctx, product_collection, &stocked_doc, by_id(ctx, n)),
			 OK);
	return found;
}

static inline int64_t stock_of(struct ctx *ctx, int n)
{
	return read_stocked(ctx, n).stock;
}

/* What an order has reserved of a product: 0 is a tombstone, -1 neither. */
static inline int64_t reserved_by(struct ctx *ctx, int product, int order)
{
	struct stocked found = read_stocked(ctx, product);
	const struct reservation *reservation = found.holds.items;
	bson_oid_t id = id_of(order);
	int64_t quantity = -1;

	for (size_t i = 0; i < found.holds.n; i++) {
		if (!bson_oid_equal(&reservation[i].order_id, &id))
			continue;
		assert_int_equal(quantity, -1); /* never twice */
		quantity = reservation[i].quantity;
	}
	return quantity;
}

/* Adds reservations or tombstones of orders from `first` on to milk, each a second newer than the
 * one before; in the form of an earlier version where `until` is 0. */
static inline void put_reservations(struct ctx *ctx, int first, int n,
				    const struct reservation *like)
{
	bson_t *update = bson_new(), push, holds, each, reservation;
	char digits[16];
	const char *key;

	BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
	BSON_APPEND_DOCUMENT_BEGIN(&push, "holds", &holds);
	BSON_APPEND_ARRAY_BEGIN(&holds, "$each", &each);
	for (int i = 0; i < n; i++) {
		bson_oid_t order = id_of(first + i);

		bson_uint32_to_string((uint32_t)i, &key, digits, sizeof digits);
		BSON_APPEND_DOCUMENT_BEGIN(&each, key, &reservation);
		BCON_APPEND(&reservation, "order_id", BCON_OID(&order), "quantity",
			    BCON_INT64(like->quantity), "at",
			    BCON_DATE_TIME(like->at.ms + i * 1000));
		if (like->until.ms)
			BSON_APPEND_DATE_TIME(&reservation, "until", like->until.ms + i * 1000);
		bson_append_document_end(&each, &reservation);
	}
	bson_append_array_end(&holds, &each);
	bson_append_document_end(&push, &holds);
	bson_append_document_end(update, &push);
	change_product(ctx, MILK, update);
}

/* `n` tombstones that have not expired, of orders from `first` on. */
static inline void put_tombstones(struct ctx *ctx, int first, int n)
{
	int64_t now = clock_now_ms();

	put_reservations(ctx, first, n,
			 &(struct reservation){.at = {now}, .until = {now + TOMBSTONE_MS}});
}

/* ---- set ---- */

static inline enum err set(struct ctx *ctx, int product, int64_t stock)
{
	bson_oid_t id = id_of(product);
	int64_t left;

	return stock_store_change(&left, ctx, &id,
				  &(struct stock_change){.has_stock = true, .stock = stock});
}

/* ---- orders ---- */

/* Lines from pairs of product and quantity, until a product 0. */
struct lines {
	struct stock_line items[PRODUCTS + 1];
	struct list list;
};

static inline const struct list *lines_of(struct lines *lines, const int (*pairs)[2])
{
	size_t n = 0;

	for (; pairs[n][0]; n++)
		lines->items[n] = (struct stock_line){id_of(pairs[n][0]), pairs[n][1]};
	lines->list = (struct list){lines->items, n};
	return &lines->list;
}

/* LINES({MILK, 2}, {BREAD, 1}) */
#define LINES(...) lines_of(&(struct lines){.list = {0}}, (const int[][2]){__VA_ARGS__, {0, 0}})

struct reserve_outcome {
	enum err result;
	struct list reserved, refused;
};

static inline struct reserve_outcome reserve(struct ctx *ctx, int order, const struct list *lines)
{
	struct reserve_outcome outcome = {.result = OK};
	bson_oid_t id = id_of(order);

	outcome.result = stock_store_reserve(&outcome.reserved, &outcome.refused, ctx, &id, lines);
	return outcome;
}

/* `abandoned_ms`: as in stock_store_release(). */
static inline enum err release_abandoned(struct ctx *ctx, int order, const struct list *lines,
					 enum stock_release_kind how, int64_t abandoned_ms)
{
	bson_oid_t id = id_of(order);
	struct list full;

	return stock_store_release(&full, ctx, &id, lines, how, abandoned_ms);
}

static inline enum err release_order(struct ctx *ctx, int order, const struct list *lines,
				     enum stock_release_kind how)
{
	return release_abandoned(ctx, order, lines, how, 0);
}

/* With a tombstone. */
static inline enum err release_with_tombstone(struct ctx *ctx, int order, const struct list *lines,
					      bool sold)
{
	return release_order(ctx, order, lines, sold ? RELEASE_SOLD : RELEASE_UNANSWERED);
}

static inline enum err confirm_order(struct ctx *ctx, int order)
{
	bson_oid_t id = id_of(order);

	return stock_store_confirm(ctx, &id, 1);
}

static inline void assert_refused(const struct reserve_outcome *outcome, const int *products,
				  size_t n)
{
	const bson_oid_t *refused = outcome->refused.items;

	assert_int_equal(outcome->result, ERR_OUT_OF_STOCK);
	assert_int_equal(outcome->refused.n, n);
	for (size_t i = 0; i < n; i++) {
		bson_oid_t id = id_of(products[i]);

		assert_true(bson_oid_equal(&refused[i], &id));
	}
}

#define REFUSED(outcome, ...)                               \
	assert_refused(outcome, (const int[]){__VA_ARGS__}, \
		       sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

#endif
