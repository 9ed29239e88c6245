/* The replica of the catalogue, and answers with malformed entries. */
#include "neighbours.h"

#include "fcgi/cart_order/product_replica.h"

#include "log.h"

static int set_up(void **state)
{
	*state = store_begin();
	neighbours_reset();
	log_init("test", LOG_ERROR + 1); /* errors are provoked here */
	return 0;
}

static int tear_down(void **state)
{
	products_end();
	return store_end(state);
}

/* The price of a product in paise; -1 where there is none. */
static int64_t price_of(struct ctx *ctx, unsigned char n)
{
	bson_oid_t id = {{0}};
	struct snapshot *products;
	const struct product *product;

	id.bytes[11] = n;
	assert_int_equal(products_ref(&products, ctx), OK);
	product = products_find(products, &id);
	return product ? product->facts.price.paise : -1;
}

static void refresh_from(struct ctx *ctx, const char *answer)
{
	neighbour_answers(PRODUCTS, answer);
	assert_int_equal(products_renew(ctx, -1), OK);
}

static void test_malformed_product_is_skipped(void **state)
{
	static const char *const bad[] = {"-1", "10000000000000000", "null", "\"60\""};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		products_end(); /* as a new process */
		refresh_from(ctx, products_at(bad[i], "0.5"));
		assert_true(products_known());
		assert_int_equal(price_of(ctx, 1), -1);
		assert_int_equal(price_of(ctx, 2), 50);
	}
	refresh_from(ctx, products_at("60", "0.5"));
	assert_int_equal(price_of(ctx, 1), 6000);
}

#define CHANGED(id, price)                                                                        \
	"{\"_id\":\"" id "\",\"name\":\"a\",\"unit\":\"1\",\"image_url\":\"/a\",\"price\":" price \
	",\"available\":true,\"stock\":9}"

/* The previous price would be wrong. */
static void test_product_that_becomes_malformed_is_removed(void **state)
{
	struct ctx *ctx = *state;

	refresh_from(ctx, products_at("60", "0.5"));
	refresh_from(ctx, "200 {\"version\":1000,\"full\":false,\"products\":[" CHANGED(
			      "000000000000000000000001",
			      "-1") "," CHANGED("000000000000000000000002",
						"0.7") "],\"gone\":[{\"_id\":1}]}");
	assert_int_equal(price_of(ctx, 1), -1);
	assert_int_equal(price_of(ctx, 2), 70);
	/* Of the same version. */
	refresh_from(ctx, "200 {\"version\":1000,\"full\":false,\"products\":[" CHANGED(
			      "000000000000000000000002", "-1") "],\"gone\":[]}");
	assert_int_equal(price_of(ctx, 2), -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_malformed_product_is_skipped),
	    TEST(test_product_that_becomes_malformed_is_removed),
	};

	return cmocka_run_group_tests_name("product_replica", tests, neighbours_open,
					   neighbours_close);
}
