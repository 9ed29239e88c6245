#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fcgi/cart_order/cart_store.h"
#include "fcgi/cart_order/pricing.h"
#include "fcgi/cart_order/products.h"

static struct arena *arena;
static struct snapshot *products;

static bson_oid_t id_of(unsigned char n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = n;
	return id;
}

static void put_product(unsigned char n, int64_t paise, bool available)
{
	struct product *p = calloc(1, sizeof *p);

	assert_non_null(p);
	p->item.holders = 1;
	p->item.id = id_of(n);
	p->name = "as it is now";
	p->unit = p->image_url = "";
	p->price.paise = paise;
	p->available = available;
	snapshot_put(products, &p->item);
}

/* 1 costs 60, 2 costs 0.05, 3 is not available, 4 is nobody's, 5 costs all there is */
static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	products = snapshot_new(NULL, 4, 1);
	if (!arena || !products)
		return -1;
	put_product(1, 6000, true);
	put_product(2, 5, true);
	put_product(3, 100, false);
	put_product(5, MONEY_MAX_PAISE, true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	snapshot_release(products);
	arena_free(arena);
	return 0;
}

static struct cart_line line_of(unsigned char n, int64_t quantity)
{
	return (struct cart_line){.product_id = id_of(n),
				  .quantity = quantity,
				  .name = "as it was",
				  .price = {1}};
}

static enum err price(struct order *order, struct list *refused, struct cart_line *lines, size_t n)
{
	struct list list = {lines, n};

	return order_price(order, refused, arena, &list, products);
}

static void adds_up_the_lines_exactly(void **state)
{
	struct cart_line lines[] = {line_of(2, 99), line_of(1, 2)};
	struct order order = {.user_id = "u-1"};
	struct list refused;

	(void)state;
	assert_int_equal(price(&order, &refused, lines, 2), OK);
	assert_int_equal(order.total.paise, 99 * 5 + 2 * 6000);
	assert_int_equal(refused.n, 0);
	assert_string_equal(order.user_id, "u-1");
}

static void takes_names_and_prices_as_they_are_now(void **state)
{
	struct cart_line lines[] = {line_of(2, 3), line_of(1, 1)};
	const struct order_item *items;
	bson_oid_t first = id_of(2);
	struct order order = {0};
	struct list refused;

	(void)state;
	assert_int_equal(price(&order, &refused, lines, 2), OK);
	items = order.items.items;
	assert_int_equal(order.items.n, 2);
	assert_true(bson_oid_equal(&items[0].product_id, &first));
	assert_string_equal(items[0].name, "as it is now");
	assert_int_equal(items[0].quantity, 3);
	assert_int_equal(items[0].price.paise, 5);
	assert_int_equal(items[1].price.paise, 6000);
}

static void names_all_products_that_cannot_be_had(void **state)
{
	struct cart_line lines[] = {line_of(3, 1), line_of(1, 1), line_of(4, 1)};
	bson_oid_t unavailable = id_of(3), gone = id_of(4);
	struct order order = {0};
	const bson_oid_t *ids;
	struct list refused;

	(void)state;
	assert_int_equal(price(&order, &refused, lines, 3), ERR_OUT_OF_STOCK);
	assert_int_equal(refused.n, 2);
	ids = refused.items;
	assert_true(bson_oid_equal(&ids[0], &unavailable));
	assert_true(bson_oid_equal(&ids[1], &gone));
	assert_int_equal(order.items.n, 0);
	assert_int_equal(order.total.paise, 0);
}

static void refuses_a_total_that_overflows(void **state)
{
	struct cart_line one[] = {line_of(5, 1)}, two[] = {line_of(5, 1), line_of(2, 1)};
	struct cart_line many[] = {line_of(5, INT64_MAX)};
	struct order order = {0};
	struct list refused;

	(void)state;
	assert_int_equal(price(&order, &refused, one, 1), OK);
	assert_int_equal(order.total.paise, MONEY_MAX_PAISE);
	assert_int_equal(price(&order, &refused, two, 2), ERR_INTERNAL);
	assert_int_equal(price(&order, &refused, many, 1), ERR_INTERNAL);
}

static void says_when_there_is_no_memory(void **state)
{
	struct cart_line lines[] = {line_of(1, 1)};
	struct order order = {0};
	struct list refused;

	(void)state;
	while (arena_alloc(arena, 1024))
		;
	while (arena_alloc(arena, 1))
		;
	assert_int_equal(price(&order, &refused, lines, 1), ERR_UNAVAILABLE);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(adds_up_the_lines_exactly),
	    TEST(takes_names_and_prices_as_they_are_now),
	    TEST(names_all_products_that_cannot_be_had),
	    TEST(refuses_a_total_that_overflows),
	    TEST(says_when_there_is_no_memory),
	};

	return cmocka_run_group_tests_name("pricing", tests, NULL, NULL);
}
