#include "stock_fixture.h"

#include "fcgi/product/stock_marks.h"

enum { HOUR_MS = 60 * 60 * 1000, DAY_MS = 24 * HOUR_MS };

/* Puts holds of orders from `first` on into a product, each a second newer than the one before. */
static void put_holds(struct ctx *ctx, int first, int n, int64_t quantity, int64_t at)
{
	bson_t *update = bson_new(), push, holds, each, hold;
	char digits[16];
	const char *key;

	BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
	BSON_APPEND_DOCUMENT_BEGIN(&push, "holds", &holds);
	BSON_APPEND_ARRAY_BEGIN(&holds, "$each", &each);
	for (int i = 0; i < n; i++) {
		bson_oid_t order = id_of(first + i);

		bson_uint32_to_string((uint32_t)i, &key, digits, sizeof digits);
		BSON_APPEND_DOCUMENT_BEGIN(&each, key, &hold);
		BCON_APPEND(&hold, "order_id", BCON_OID(&order), "quantity", BCON_INT64(quantity),
			    "at", BCON_DATE_TIME(at + i * 1000));
		bson_append_document_end(&each, &hold);
	}
	bson_append_array_end(&holds, &each);
	bson_append_document_end(&push, &holds);
	bson_append_document_end(update, &push);
	change_product(ctx, MILK, update);
}

static void pulls_marks_that_are_too_old(void **state)
{
	struct ctx *ctx = *state;
	int64_t now = clock_now_ms(), limit = now - (int64_t)MARK_DAYS * DAY_MS;

	put_holds(ctx, 1, 1, 0, limit - HOUR_MS);
	put_holds(ctx, 2, 1, 0, limit + HOUR_MS);
	put_holds(ctx, 3, 1, 5, limit - HOUR_MS); /* waits to be settled */
	put_holds(ctx, 4, 1, 0, now);
	stock_marks_prune(ctx);
	assert_int_equal(held_by(ctx, MILK, 1), -1);
	assert_int_equal(held_by(ctx, MILK, 2), 0);
	assert_int_equal(held_by(ctx, MILK, 3), 5);
	assert_int_equal(held_by(ctx, MILK, 4), 0);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

static void keeps_the_newest_marks_where_there_are_too_many(void **state)
{
	struct ctx *ctx = *state;
	int64_t begin = clock_now_ms() - DAY_MS;

	put_holds(ctx, 1, 10, 1, begin);
	put_holds(ctx, 11, PRODUCT_HOLDS, 0, begin);
	stock_marks_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 10 + PRODUCT_MARKS);
	assert_int_equal(held_by(ctx, MILK, 1), 1);
	assert_int_equal(held_by(ctx, MILK, 10 + PRODUCT_HOLDS), 0);
	assert_int_equal(held_by(ctx, MILK, 11 + PRODUCT_HOLDS - PRODUCT_MARKS), 0);
	assert_int_equal(held_by(ctx, MILK, 10 + PRODUCT_HOLDS - PRODUCT_MARKS), -1);
}

/* A late call may still come. */
static void keeps_young_marks_however_many_there_are(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, PRODUCT_HOLDS + 1, 0, clock_now_ms() - HOUR_MS / 10);
	stock_marks_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, PRODUCT_HOLDS + 1);
}

static void leaves_as_many_as_a_product_may_have(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, PRODUCT_HOLDS, 0, clock_now_ms() - DAY_MS);
	stock_marks_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, PRODUCT_HOLDS);
}

static void leaves_orders_that_wait_to_be_settled(void **state)
{
	struct ctx *ctx = *state;

	put_holds(ctx, 1, PRODUCT_HOLDS + 1, 1, clock_now_ms() - (int64_t)30 * DAY_MS);
	stock_marks_prune(ctx);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, PRODUCT_HOLDS + 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(pulls_marks_that_are_too_old),
	    TEST(keeps_the_newest_marks_where_there_are_too_many),
	    TEST(keeps_young_marks_however_many_there_are),
	    TEST(leaves_as_many_as_a_product_may_have),
	    TEST(leaves_orders_that_wait_to_be_settled),
	};

	return cmocka_run_group_tests_name("stock_marks", tests, open_shop, store_close);
}
