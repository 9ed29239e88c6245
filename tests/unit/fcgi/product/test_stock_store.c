/* Reserve, release and confirm, one order at a time. */
#include "stock_fixture.h"

/* ---- reserve ---- */

static void test_reserve_subtracts_all_lines_and_returns_products(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t = reserve(ctx, 1, LINES({CURD, 3}, {MILK, 10}));
	const struct reserved_product *reserved = t.reserved.items;

	assert_int_equal(t.result, OK);
	assert_int_equal(t.reserved.n, 2);
	assert_int_equal(reserved[0].product_id.bytes[11], CURD);
	assert_string_equal(reserved[0].facts.name, "Curd");
	assert_int_equal(reserved[0].facts.price.paise, 6050);
	assert_int_equal(reserved[1].product_id.bytes[11], MILK);
	assert_string_equal(reserved[1].facts.name, "Milk");
	assert_int_equal(stock_of(ctx, CURD), STOCK - 3);
	assert_int_equal(stock_of(ctx, MILK), 0);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(reserved_by(ctx, CURD, 1), 3);
	assert_int_equal(reserved_by(ctx, MILK, 1), 10);
	assert_int_equal(reserved_by(ctx, BREAD, 1), -1);
}

static void test_reserve_returns_current_name_and_price(void **state)
{
	struct ctx *ctx = *state;
	const struct reserved_product *reserved;
	struct reserve_outcome t;

	change_product(ctx, MILK,
		       BCON_NEW("$set", "{", "name", "Fresh Milk", "price", BCON_INT64(7000), "}"));
	t = reserve(ctx, 1, LINES({MILK, 1}));
	reserved = t.reserved.items;
	assert_int_equal(t.result, OK);
	assert_string_equal(reserved->facts.name, "Fresh Milk");
	assert_int_equal(reserved->facts.price.paise, 7000);
}

static void test_reserve_is_idempotent(void **state)
{
	struct ctx *ctx = *state;

	for (int i = 0; i < 3; i++) {
		struct reserve_outcome t = reserve(ctx, 1, LINES({MILK, 6}, {BREAD, 6}));

		assert_int_equal(t.result, OK);
		assert_int_equal(t.reserved.n, 2);
		assert_string_equal(
		    ((const struct reserved_product *)t.reserved.items)[1].facts.name, "Bread");
	}
	assert_int_equal(stock_of(ctx, MILK), 4);
	assert_int_equal(stock_of(ctx, BREAD), 4);
}

static void test_reserve_refuses_when_stock_is_used_up(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 4})).result, OK);
	t = reserve(ctx, 3, LINES({MILK, 4}));
	REFUSED(&t, MILK);
	assert_int_equal(reserve(ctx, 4, LINES({MILK, 2})).result, OK);
	assert_int_equal(stock_of(ctx, MILK), 0);
	t = reserve(ctx, 5, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), 0);
}

static void test_reserve_of_a_product_without_stock_member(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "stock", "", "}"));
	t = reserve(ctx, 1, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	change_product(ctx, MILK, BCON_NEW("$set", "{", "stock", BCON_INT64(1), "}"));
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 1})).result, OK);
}

/* ---- refusals ---- */

/* No order is made at a price that product_doc refuses. */
static void test_reserve_refuses_a_price_out_of_range(void **state)
{
	static const int64_t prices[] = {-100, MONEY_MAX_PAISE + 1};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
		struct reserve_outcome t;

		change_product(ctx, MILK,
			       BCON_NEW("$set", "{", "price", BCON_INT64(prices[i]), "}"));
		t = reserve(ctx, (int)i + 1, LINES({BREAD, 1}, {MILK, 1}));
		REFUSED(&t, MILK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
	}
	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", BCON_INT64(1), "}"));
	assert_int_equal(reserve(ctx, 5, LINES({MILK, 1})).result, OK);
}

static void test_refused_reserve_releases_other_lines(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t = reserve(ctx, 1, LINES({CURD, 5}, {BREAD, 11}, {MILK, 5}));

	REFUSED(&t, BREAD);
	for (int product = MILK; product <= CURD; product++) {
		assert_int_equal(stock_of(ctx, product), STOCK);
		assert_int_equal(reserved_by(ctx, product, 1), -1);
	}
}

static void test_refusal_names_all_missing_products(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t;

	change_product(ctx, CURD, BCON_NEW("$set", "{", "available", BCON_BOOL(false), "}"));
	t = reserve(ctx, 1, LINES({NOTHING, 1}, {CURD, 1}, {MILK, 1}, {BREAD, 99}));
	REFUSED(&t, NOTHING, CURD, BREAD);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, CURD), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
}

static void test_reserve_refuses_an_unavailable_product(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t;

	change_product(ctx, MILK, BCON_NEW("$set", "{", "available", BCON_BOOL(false), "}"));
	t = reserve(ctx, 1, LINES({MILK, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
}

static void test_reserve_refuses_a_product_without_price(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t;

	change_product(ctx, MILK, BCON_NEW("$unset", "{", "price", "", "}"));
	t = reserve(ctx, 1, LINES({MILK, 1}, {BREAD, 1}));
	REFUSED(&t, MILK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
}

/* Orders that are too late for the last unit must not make the product's document grow. */
static void test_refusal_leaves_no_tombstone(void **state)
{
	struct ctx *ctx = *state;
	struct reserve_outcome t = reserve(ctx, 1, LINES({MILK, 11}, {BREAD, 1}));

	REFUSED(&t, MILK);
	t = reserve(ctx, 2, LINES({MILK, 1}, {BREAD, 11}));
	REFUSED(&t, BREAD);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 0);
	assert_int_equal(read_stocked(ctx, BREAD).holds.n, 0);
	change_product(ctx, MILK, BCON_NEW("$set", "{", "stock", BCON_INT64(50), "}"));
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 11}, {BREAD, 1})).result, OK);
}

/* ---- release ---- */

static void test_release_is_idempotent(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 5})).result, OK);
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 1})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(release_with_tombstone(ctx, 1, LINES({BREAD, 5}, {MILK, 4}),
							false),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK - 1);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(reserved_by(ctx, MILK, 1), 0);
		assert_int_equal(reserved_by(ctx, MILK, 2), 1);
	}
}

static void test_reserve_after_release_is_refused(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), false), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, ERR_STOCK_RELEASED);
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {CURD, 1})).result, ERR_STOCK_RELEASED);
	for (int product = MILK; product <= CURD; product++) {
		assert_int_equal(stock_of(ctx, product), STOCK);
		assert_true(reserved_by(ctx, product, 1) <= 0);
	}
}

/* The state after a process died in the middle of a reserve call. */
static void test_release_of_a_partial_reservation(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, OK);
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 7}), false), OK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(reserved_by(ctx, BREAD, 1), 0);
}

static void test_release_ignores_a_deleted_product(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 7})).result, OK);
	assert_int_equal(db_delete(&n, ctx, product_collection, by_id(ctx, MILK)), OK);
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 7}), false), OK);
	assert_int_equal(stock_of(ctx, BREAD), STOCK);
	assert_int_equal(count_documents(ctx, product_collection), PRODUCTS - 1);
}

/* ---- confirm ---- */

static void test_confirm_is_idempotent(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	assert_int_equal(reserve(ctx, 2, LINES({MILK, 1})).result, OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(confirm_order(ctx, 1), OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK - 5);
		assert_int_equal(reserved_by(ctx, MILK, 1), -1);
		assert_int_equal(reserved_by(ctx, BREAD, 1), -1);
		assert_int_equal(reserved_by(ctx, MILK, 2), 1);
	}
}

static void test_confirm_accepts_many_orders(void **state)
{
	enum { N = 1000 };
	struct ctx *ctx = *state;
	bson_oid_t *ids = arena_array(ctx->arena, N, sizeof *ids);

	for (int i = 0; i < N; i++)
		ids[i] = id_of(i);
	for (int order = 1; order <= 3; order++)
		assert_int_equal(reserve(ctx, order, LINES({MILK, 1}, {CURD, 2})).result, OK);
	assert_int_equal(stock_store_confirm(ctx, ids, N), OK);
	assert_int_equal(read_stocked(ctx, MILK).holds.n, 0);
	assert_int_equal(read_stocked(ctx, CURD).holds.n, 0);
	assert_int_equal(stock_of(ctx, MILK), STOCK - 3);
	assert_int_equal(stock_of(ctx, CURD), STOCK - 6);
}

static void test_confirm_keeps_tombstones(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}), false), OK);
	assert_int_equal(confirm_order(ctx, 1), OK);
	assert_int_equal(reserved_by(ctx, MILK, 1), 0);
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, ERR_STOCK_RELEASED);
}

static void test_return_after_confirm_adds_units_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	assert_int_equal(confirm_order(ctx, 1), OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true),
				 OK);
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
		assert_int_equal(confirm_order(ctx, 1), OK);
	}
}

static void test_return_before_confirm_adds_units_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {BREAD, 1})).result, OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {BREAD, 1}), true),
				 OK);
		assert_int_equal(confirm_order(ctx, 1), OK); /* too late */
		assert_int_equal(stock_of(ctx, MILK), STOCK);
		assert_int_equal(stock_of(ctx, BREAD), STOCK);
	}
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, ERR_STOCK_RELEASED);
}

/* A price of the wrong type, as a manual edit may leave it. */
static void test_reserve_refuses_a_malformed_product(void **state)
{
	struct ctx *ctx = *state;

	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", BCON_DOUBLE(60.5), "}"));
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4})).result, ERR_OUT_OF_STOCK);
	assert_int_equal(stock_of(ctx, MILK), STOCK);
	assert_int_equal(reserved_by(ctx, MILK, 1), -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_reserve_subtracts_all_lines_and_returns_products),
	    TEST(test_reserve_returns_current_name_and_price),
	    TEST(test_reserve_is_idempotent),
	    TEST(test_reserve_refuses_when_stock_is_used_up),
	    TEST(test_reserve_of_a_product_without_stock_member),
	    TEST(test_reserve_refuses_a_price_out_of_range),
	    TEST(test_refused_reserve_releases_other_lines),
	    TEST(test_refusal_names_all_missing_products),
	    TEST(test_reserve_refuses_an_unavailable_product),
	    TEST(test_reserve_refuses_a_product_without_price),
	    TEST(test_refusal_leaves_no_tombstone),
	    TEST(test_reserve_refuses_a_malformed_product),
	    TEST(test_release_is_idempotent),
	    TEST(test_reserve_after_release_is_refused),
	    TEST(test_release_of_a_partial_reservation),
	    TEST(test_release_ignores_a_deleted_product),
	    TEST(test_confirm_is_idempotent),
	    TEST(test_confirm_accepts_many_orders),
	    TEST(test_confirm_keeps_tombstones),
	    TEST(test_return_after_confirm_adds_units_once),
	    TEST(test_return_before_confirm_adds_units_once),
	};

	return cmocka_run_group_tests_name("stock_store", tests, open_shop, store_close);
}
