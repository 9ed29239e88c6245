#include "fcgi/product/indexes.h"
#include "store_fixture.h"

#include "fcgi/product/product_store.h"

static int open_all(void **state)
{
	(void)state;
	store_open(&product_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, product_collection);
	return 0;
}

static struct product product_of(unsigned char n, const char *name)
{
	struct product product = {.facts = {.name = name,
					    .unit = "1 L",
					    .image_url = "/pictures/x.webp",
					    .price = {6050}},
				  .description = "Good",
				  .category = "Dairy",
				  .available = true,
				  .stock = 40};

	product._id.bytes[11] = n;
	return product;
}

/* Whether the product was added. */
static bool add(struct ctx *ctx, unsigned char n, const char *name)
{
	struct product product = product_of(n, name);
	bool added;

	assert_int_equal(product_add_missing(&added, ctx, &product), OK);
	return added;
}

static void change(struct ctx *ctx, unsigned char n, bson_t *update)
{
	struct product product = product_of(n, "");
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&product._id)));

	assert_int_equal(db_update(NULL, ctx, product_collection, filter, ctx_bson(ctx, update),
				   false),
			 OK);
}

static void test_empty_collection(void **state)
{
	struct list products = {.n = 1};

	assert_int_equal(product_all(&products, *state), OK);
	assert_int_equal(products.n, 0);
}

static void test_products_are_read_by_id(void **state)
{
	static const unsigned char numbers[] = {3, 1, 2};
	const struct product *all;
	struct list products;

	for (size_t i = 0; i < sizeof numbers; i++)
		assert_true(add(*state, numbers[i], "Milk"));
	assert_int_equal(product_all(&products, *state), OK);
	assert_int_equal(products.n, 3);
	all = products.items;
	for (int i = 0; i < 3; i++)
		assert_int_equal(all[i]._id.bytes[11], i + 1);
}

static void test_all_fields_are_stored(void **state)
{
	const struct product *read, wanted = product_of(1, "Milk \xE2\x82\xB9");
	struct list products;

	assert_true(add(*state, 1, wanted.facts.name));
	assert_int_equal(product_all(&products, *state), OK);
	read = products.items;
	assert_true(bson_oid_equal(&read->_id, &wanted._id));
	assert_string_equal(read->facts.name, wanted.facts.name);
	assert_string_equal(read->description, wanted.description);
	assert_int_equal(read->facts.price.paise, wanted.facts.price.paise);
	assert_string_equal(read->category, wanted.category);
	assert_string_equal(read->facts.unit, wanted.facts.unit);
	assert_string_equal(read->facts.image_url, wanted.facts.image_url);
	assert_true(read->available);
	assert_int_equal(read->stock, wanted.stock);
}

/* A second seed must not overwrite changes by the shop. */
static void test_add_missing_keeps_existing_products(void **state)
{
	struct list products;

	assert_true(add(*state, 1, "Changed"));
	assert_false(add(*state, 1, "Seeded"));
	assert_int_equal(product_all(&products, *state), OK);
	assert_int_equal(products.n, 1);
	assert_string_equal(((const struct product *)products.items)->facts.name, "Changed");
}

static int64_t stock_of_first(struct ctx *ctx)
{
	struct list products;

	assert_int_equal(product_all(&products, ctx), OK);
	return products.n ? ((const struct product *)products.items)->stock : -1;
}

/* A product of a version without stock is sold out until the seed sets its stock. */
static void test_add_missing_sets_a_missing_stock(void **state)
{
	struct ctx *ctx = *state;

	assert_true(add(ctx, 1, "Changed"));
	change(ctx, 1, BCON_NEW("$unset", "{", "stock", "", "}"));
	assert_int_equal(stock_of_first(ctx), 0);
	for (int i = 0; i < 2; i++) {
		struct list products;

		assert_false(add(ctx, 1, "Seeded"));
		assert_int_equal(stock_of_first(ctx), i ? 3 : 40);
		assert_int_equal(product_all(&products, ctx), OK);
		assert_string_equal(((const struct product *)products.items)->facts.name,
				    "Changed");
		change(ctx, 1, BCON_NEW("$set", "{", "stock", BCON_INT64(3), "}"));
	}
	change(ctx, 1, BCON_NEW("$set", "{", "stock", BCON_INT64(0), "}"));
	assert_false(add(ctx, 1, "Seeded"));
	assert_int_equal(stock_of_first(ctx), 0);
}

/* ---- some of them ---- */

static void test_read_some_by_id(void **state)
{
	static const unsigned char numbers[] = {4, 9, 1, 3};
	struct ctx *ctx = *state;
	bson_oid_t ids[4] = {{{0}}};
	const struct product *some;
	struct list products;

	for (unsigned char n = 1; n <= 4; n++)
		assert_true(add(ctx, n, "Milk"));
	change(ctx, 3, BCON_NEW("$unset", "{", "name", "", "}"));
	for (size_t i = 0; i < 4; i++)
		ids[i].bytes[11] = numbers[i];
	assert_int_equal(product_some(&products, ctx, ids, 4), OK);
	assert_int_equal(products.n, 2);
	some = products.items;
	assert_int_equal(some[0]._id.bytes[11], 1);
	assert_int_equal(some[1]._id.bytes[11], 4);
}

/* One malformed product, as a manual edit may leave it, must not hide the others. */
static void test_malformed_products_are_skipped(void **state)
{
	struct ctx *ctx = *state;
	const struct product *all;
	struct list products;

	for (unsigned char n = 1; n <= 5; n++)
		assert_true(add(ctx, n, n == 4 ? "Curd" : "Milk"));
	change(ctx, 1, BCON_NEW("$unset", "{", "unit", BCON_UTF8(""), "}"));
	change(ctx, 3, BCON_NEW("$set", "{", "price", BCON_DOUBLE(60.5), "}"));
	change(ctx, 5, BCON_NEW("$unset", "{", "available", BCON_UTF8(""), "}"));
	assert_int_equal(product_all(&products, ctx), OK);
	assert_int_equal(products.n, 2);
	all = products.items;
	assert_int_equal(all[0]._id.bytes[11], 2);
	assert_string_equal(all[0].facts.name, "Milk");
	assert_int_equal(all[1]._id.bytes[11], 4);
	assert_string_equal(all[1].facts.name, "Curd");
	assert_int_equal(all[1].facts.price.paise, 6050);
}

/* Values that the seed refuses are refused in stored products as well. */
static void test_products_out_of_limits_are_skipped(void **state)
{
	struct ctx *ctx = *state;
	struct list products;

	for (unsigned char n = 1; n <= 6; n++)
		assert_true(add(ctx, n, n == 6 ? "Curd" : "Milk"));
	change(ctx, 1, BCON_NEW("$set", "{", "price", BCON_INT32(-100), "}"));
	change(ctx, 2, BCON_NEW("$set", "{", "price", BCON_DOUBLE(1e18), "}"));
	change(ctx, 3, BCON_NEW("$set", "{", "name", "Mi\u200blk", "}"));
	change(ctx, 4, BCON_NEW("$set", "{", "unit", "1\tL", "}"));
	change(ctx, 5, BCON_NEW("$set", "{", "stock", BCON_INT64(-1), "}"));
	assert_int_equal(product_all(&products, ctx), OK);
	assert_int_equal(products.n, 1);
	assert_string_equal(((const struct product *)products.items)->facts.name, "Curd");
}

static void test_all_products_malformed(void **state)
{
	struct list products = {.n = 1};

	assert_true(add(*state, 1, "Milk"));
	change(*state, 1, BCON_NEW("$unset", "{", "name", BCON_UTF8(""), "}"));
	assert_int_equal(product_all(&products, *state), OK);
	assert_int_equal(products.n, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_empty_collection),
	    TEST(test_products_are_read_by_id),
	    TEST(test_all_fields_are_stored),
	    TEST(test_add_missing_keeps_existing_products),
	    TEST(test_add_missing_sets_a_missing_stock),
	    TEST(test_read_some_by_id),
	    TEST(test_malformed_products_are_skipped),
	    TEST(test_products_out_of_limits_are_skipped),
	    TEST(test_all_products_malformed),
	};

	return cmocka_run_group_tests_name("product_store", tests, open_all, store_close);
}
