#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/cart_order/cart_put_store.h"
#include "fcgi/cart_order/pricing.h"
#include "fcgi/cart_order/stock_client.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static bson_oid_t id_of(unsigned char n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = n;
	return id;
}

/* A line with the facts of the time when it was put in the cart. */
static struct cart_line line_of(unsigned char n, int64_t quantity)
{
	return (struct cart_line){.product_id = id_of(n),
				  .quantity = quantity,
				  .facts = {.name = "as it was", .price = {1}}};
}

static struct reserved_product taken_of(unsigned char n, int64_t paise)
{
	return (struct reserved_product){id_of(n), {.name = "as it is now", .price = {paise}}};
}

static enum err price(struct order *order, struct cart_line *lines, struct reserved_product *taken,
		      size_t n)
{
	return order_price(order, arena, &(struct list){lines, n}, &(struct list){taken, n});
}

static void test_total_is_exact(void **state)
{
	struct cart_line lines[] = {line_of(2, 99), line_of(1, 2)};
	struct reserved_product taken[] = {taken_of(2, 5), taken_of(1, 6000)};
	struct order order = {.user_id = "u-1", .created_at = {7}};

	(void)state;
	assert_int_equal(price(&order, lines, taken, 2), OK);
	assert_int_equal(order.total.paise, 99 * 5 + 2 * 6000);
	/* the rest of it is the caller's */
	assert_string_equal(order.user_id, "u-1");
	assert_int_equal(order.created_at.ms, 7);
}

static void test_items_have_the_reserved_names_and_prices(void **state)
{
	struct cart_line lines[] = {line_of(2, 3), line_of(1, 1)};
	struct reserved_product taken[] = {taken_of(2, 5), taken_of(1, 6000)};
	const struct order_item *items;
	bson_oid_t first = id_of(2);
	struct order order = {0};

	(void)state;
	assert_int_equal(price(&order, lines, taken, 2), OK);
	items = order.items.items;
	assert_int_equal(order.items.n, 2);
	assert_true(bson_oid_equal(&items[0].product_id, &first));
	assert_string_equal(items[0].facts.name, "as it is now");
	assert_int_equal(items[0].quantity, 3);
	assert_int_equal(items[0].facts.price.paise, 5);
	assert_int_equal(items[1].quantity, 1);
	assert_int_equal(items[1].facts.price.paise, 6000);
}

static void test_pricing_replaces_earlier_items(void **state)
{
	struct cart_line lines[] = {line_of(1, 1), line_of(2, 1)};
	struct reserved_product taken[] = {taken_of(1, 100), taken_of(2, 200)};
	struct order order = {0};

	(void)state;
	assert_int_equal(price(&order, lines, taken, 2), OK);
	assert_int_equal(price(&order, lines, taken, 1), OK);
	assert_int_equal(order.total.paise, 100);
	assert_int_equal(order.items.n, 1);
}

static void test_price_zero(void **state)
{
	struct cart_line lines[] = {line_of(1, 99)};
	struct reserved_product taken[] = {taken_of(1, 0)};
	struct order order = {.total = {5}};

	(void)state;
	assert_int_equal(price(&order, lines, taken, 1), OK);
	assert_int_equal(order.total.paise, 0);
}

static void test_overflowing_total_is_refused(void **state)
{
	struct cart_line lines[] = {line_of(5, 1), line_of(2, 1)};
	struct cart_line many[] = {line_of(5, INT64_MAX)};
	struct reserved_product taken[] = {taken_of(5, MONEY_MAX_PAISE), taken_of(2, 1)};
	struct order order = {.total = {42}};

	(void)state;
	assert_int_equal(price(&order, lines, taken, 2), ERR_INTERNAL);
	assert_int_equal(price(&order, many, taken, 1), ERR_INTERNAL);
	assert_int_equal(order.total.paise, 42);
	assert_int_equal(order.items.n, 0);
	assert_int_equal(price(&order, lines, taken, 1), OK);
	assert_int_equal(order.total.paise, MONEY_MAX_PAISE);
}

static void test_out_of_memory(void **state)
{
	struct cart_line lines[] = {line_of(1, 1)};
	struct reserved_product taken[] = {taken_of(1, 1)};
	struct order order = {0};

	(void)state;
	while (arena_alloc(arena, 1024))
		;
	while (arena_alloc(arena, 1))
		;
	assert_int_equal(price(&order, lines, taken, 1), ERR_NO_MEMORY);
	assert_int_equal(order.items.n, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_total_is_exact),
	    TEST(test_items_have_the_reserved_names_and_prices),
	    TEST(test_pricing_replaces_earlier_items),
	    TEST(test_price_zero),
	    TEST(test_overflowing_total_is_refused),
	    TEST(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("pricing", tests, NULL, NULL);
}
