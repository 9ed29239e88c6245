#include "fcgi/cart_order/indexes.h"
#include "store_fixture.h"

#include "fcgi/cart_order/order_store.h"

#define USER  "65f0c0ffee0123456789abcd"
#define OTHER "65f0c0ffee0123456789abce"

enum { NOON = 1000000 };

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, order_collection);
	return 0;
}

static bson_oid_t id_of(unsigned char n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = n;
	return id;
}

static void put_order(struct ctx *ctx, const char *user_id, unsigned char n, int64_t at)
{
	struct order_item items[] = {{id_of(1), {.name = "Milk 1L", .price = {6050}}, 2},
				     {id_of(2), {.name = "Bread", .price = {5}}, 1}};
	struct order order = {.user_id = user_id,
			      .items = {items, 2},
			      .total = {12105},
			      .created_at = {at}};

	order._id = id_of(n);
	assert_int_equal(db_insert(ctx, order_collection, &order_doc, &order), OK);
}

/* The numbers of a user's orders, one after the other: "3 2 1". */
static const char *numbers(struct ctx *ctx, const char *user_id, unsigned char after, size_t limit)
{
	bson_oid_t id = id_of(after);
	const char *text = "";
	struct list orders;

	assert_int_equal(orders_of_user(&orders, ctx, user_id, after ? &id : NULL, limit), OK);
	for (size_t i = 0; i < orders.n; i++) {
		const struct order *order = (const struct order *)orders.items + i;

		text = arena_printf(ctx->arena, "%s%s%d", text, i ? " " : "", order->_id.bytes[11]);
	}
	return text;
}

static void test_all_fields_are_stored(void **state)
{
	const struct order_item *items;
	const struct order *order;
	struct list orders;

	put_order(*state, USER, 1, 1772357400250);
	assert_int_equal(orders_of_user(&orders, *state, USER, NULL, 10), OK);
	assert_int_equal(orders.n, 1);
	order = orders.items;
	assert_string_equal(order->user_id, USER);
	assert_int_equal(order->total.paise, 12105);
	assert_int_equal(order->created_at.ms, 1772357400250);
	assert_int_equal(order->items.n, 2);
	items = order->items.items;
	assert_string_equal(items[0].facts.name, "Milk 1L");
	assert_int_equal(items[0].quantity, 2);
	assert_int_equal(items[0].facts.price.paise, 6050);
	assert_int_equal(items[1].product_id.bytes[11], 2);
}

static void test_list_is_newest_first(void **state)
{
	put_order(*state, USER, 1, NOON + 1);
	put_order(*state, USER, 2, NOON + 3);
	put_order(*state, USER, 3, NOON + 2);
	put_order(*state, OTHER, 4, NOON + 4);
	assert_string_equal(numbers(*state, USER, 0, 10), "2 3 1");
	assert_string_equal(numbers(*state, OTHER, 0, 10), "4");
	assert_string_equal(numbers(*state, "nobody", 0, 10), "");
}

static void test_list_is_bounded(void **state)
{
	for (unsigned char n = 1; n <= 5; n++)
		put_order(*state, USER, n, NOON + n);
	assert_string_equal(numbers(*state, USER, 0, 3), "5 4 3");
	assert_string_equal(numbers(*state, USER, 0, 1), "5");
}

static void test_list_continues_after_a_cursor(void **state)
{
	for (unsigned char n = 1; n <= 5; n++)
		put_order(*state, USER, n, NOON + n);
	assert_string_equal(numbers(*state, USER, 4, 2), "3 2");
	assert_string_equal(numbers(*state, USER, 2, 2), "1");
	assert_string_equal(numbers(*state, USER, 1, 2), "");
}

/* Orders of the same millisecond are sorted by id: none is skipped or repeated. */
static void test_pages_of_orders_with_equal_times(void **state)
{
	static const unsigned char order[] = {3, 1, 5, 2, 4};

	for (size_t i = 0; i < sizeof order; i++)
		put_order(*state, USER, order[i], NOON);
	put_order(*state, USER, 9, NOON - 1);
	put_order(*state, USER, 6, NOON + 1);
	assert_string_equal(numbers(*state, USER, 0, 10), "6 5 4 3 2 1 9");
	assert_string_equal(numbers(*state, USER, 6, 2), "5 4");
	assert_string_equal(numbers(*state, USER, 4, 2), "3 2");
	assert_string_equal(numbers(*state, USER, 2, 2), "1 9");
	assert_string_equal(numbers(*state, USER, 9, 2), "");
}

static void test_cursor_of_another_user_is_not_found(void **state)
{
	bson_oid_t others = id_of(1), unknown = id_of(7);
	struct list orders = {.n = 5};

	put_order(*state, OTHER, 1, NOON);
	put_order(*state, USER, 2, NOON - 1);
	assert_int_equal(orders_of_user(&orders, *state, USER, &others, 10), ERR_ORDER_NOT_FOUND);
	assert_int_equal(orders_of_user(&orders, *state, USER, &unknown, 10), ERR_ORDER_NOT_FOUND);
	assert_int_equal(orders.n, 5);
}

/* ---- one order ---- */

static void test_get_order_of_a_user(void **state)
{
	bson_oid_t id = id_of(1), unknown = id_of(2);
	struct order order = {.total = {42}};

	put_order(*state, USER, 1, NOON);
	assert_int_equal(order_get(&order, *state, &id, OTHER), ERR_ORDER_NOT_FOUND);
	assert_int_equal(order_get(&order, *state, &unknown, USER), ERR_ORDER_NOT_FOUND);
	assert_int_equal(order_get(&order, *state, &unknown, NULL), ERR_ORDER_NOT_FOUND);
	assert_int_equal(order.total.paise, 42);
	assert_int_equal(order_get(&order, *state, &id, USER), OK);
	assert_string_equal(order.user_id, USER);
	assert_int_equal(order.items.n, 2);
	assert_int_equal(order.total.paise, 12105);
}

static void test_get_order_of_any_user(void **state)
{
	bson_oid_t id = id_of(1);
	struct order order;

	put_order(*state, OTHER, 1, NOON);
	assert_int_equal(order_get(&order, *state, &id, NULL), OK);
	assert_string_equal(order.user_id, OTHER);
}

/* ---- cancelled ---- */

static bool is_cancelled(struct ctx *ctx, unsigned char n)
{
	bson_oid_t id = id_of(n);
	struct order order;

	assert_int_equal(order_get(&order, ctx, &id, NULL), OK);
	return order.cancelled;
}

static void test_cancel_succeeds_once(void **state)
{
	bson_oid_t id = id_of(1), unknown = id_of(7);

	put_order(*state, USER, 1, NOON);
	put_order(*state, USER, 2, NOON);
	assert_false(is_cancelled(*state, 1));
	assert_int_equal(order_set_cancelled(*state, &id), OK);
	assert_true(is_cancelled(*state, 1));
	assert_int_equal(order_set_cancelled(*state, &id), ERR_NO_DOCUMENT);
	assert_true(is_cancelled(*state, 1));
	assert_false(is_cancelled(*state, 2));
	assert_int_equal(order_set_cancelled(*state, &unknown), ERR_NO_DOCUMENT);
	assert_int_equal(count_documents(*state, order_collection), 2);
}

static enum err cancel_first(struct ctx *ctx, int i)
{
	bson_oid_t id = id_of(1);

	(void)i;
	return order_set_cancelled(ctx, &id);
}

static void test_one_concurrent_cancel_succeeds(void **state)
{
	enum err results[RACERS_MAX];

	put_order(*state, USER, 1, NOON);
	race(results, RACERS_MAX, cancel_first);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_NO_DOCUMENT), RACERS_MAX - 1);
}

/* Orders of a version without cancellation have no member `cancelled`. */
static void test_cancel_of_an_order_of_an_earlier_version(void **state)
{
	bson_oid_t id = id_of(1);
	bson_t *filter = ctx_bson(*state, BCON_NEW("_id", BCON_OID(&id)));
	bson_t *unset = ctx_bson(*state, BCON_NEW("$unset", "{", "cancelled", BCON_INT32(1), "}"));

	put_order(*state, USER, 1, NOON);
	assert_int_equal(db_update(NULL, *state, order_collection, filter, unset, false), OK);
	assert_string_equal(numbers(*state, USER, 0, 10), "1");
	assert_false(is_cancelled(*state, 1));
	assert_int_equal(order_set_cancelled(*state, &id), OK);
	assert_true(is_cancelled(*state, 1));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_fields_are_stored),
	    TEST(test_list_is_newest_first),
	    TEST(test_list_is_bounded),
	    TEST(test_list_continues_after_a_cursor),
	    TEST(test_pages_of_orders_with_equal_times),
	    TEST(test_cursor_of_another_user_is_not_found),
	    TEST(test_get_order_of_a_user),
	    TEST(test_get_order_of_any_user),
	    TEST(test_cancel_succeeds_once),
	    TEST(test_one_concurrent_cancel_succeeds),
	    TEST(test_cancel_of_an_order_of_an_earlier_version),
	};

	return cmocka_run_group_tests_name("order_store", tests, open_all, store_close);
}
