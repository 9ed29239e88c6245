/* Internal calls: one side reads what the other side writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/contracts/deliveries.h"
#include "fcgi/contracts/product_changes.h"
#include "fcgi/contracts/stock.h"
#include "fcgi/product/catalogue_read.h"
#include "json.h"

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

static bson_oid_t id_of(int n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = (uint8_t)n;
	return id;
}

/* Parses a text into its struct; NULL where it is invalid. */
static const void *receive(const struct shape *shape, const char *text)
{
	struct binding binding = {.arena = arena};
	void *bound = NULL;
	size_t at;

	assert_non_null(text);
	assert_int_equal(json_parse(&binding.body, &at, arena, text, strlen(text)), OK);
	return shape_bind(&bound, &binding, shape) ? NULL : bound;
}

static const void *pass(const struct shape *shape, const void *in)
{
	return receive(shape, shape_to_text(arena, shape, in));
}

/* ---- stock ---- */

static const struct list *one_line(int64_t quantity)
{
	static struct stock_line line;
	static const struct list lines = {&line, 1};

	line = (struct stock_line){id_of(2), quantity};
	return &lines;
}

static void test_reserve_request_round_trip(void **state)
{
	struct stock_reserve_request request = {id_of(1), *one_line(STOCK_QUANTITY_MAX)};
	const struct stock_reserve_request *in = pass(&stock_reserve_request, &request);
	const struct stock_line *line;

	(void)state;
	assert_non_null(in);
	assert_true(bson_oid_equal(&in->order_id, &request.order_id));
	assert_int_equal(in->items.n, 1);
	line = in->items.items;
	assert_true(bson_oid_equal(&line->product_id, &(bson_oid_t){{[11] = 2}}));
	assert_int_equal(line->quantity, STOCK_QUANTITY_MAX);
}

static void test_request_beyond_the_limits_is_refused(void **state)
{
	static bson_oid_t ids[STOCK_ORDERS_MAX + 1];
	struct stock_reserve_request none = {id_of(1), {NULL, 0}};
	struct stock_reserve_request more = {id_of(1), *one_line(STOCK_QUANTITY_MAX + 1)};
	struct stock_orders orders = {{ids, STOCK_ORDERS_MAX}};

	(void)state;
	assert_null(pass(&stock_reserve_request, &none));
	assert_null(pass(&stock_reserve_request, &more));
	assert_non_null(pass(&stock_orders, &orders));
	orders.orders.n++;
	assert_null(pass(&stock_orders, &orders));
}

static void test_answer_has_the_order_facts(void **state)
{
	struct reserved_product product = {id_of(2),
					   {.name = "Milk", .unit = "1 L", .price = {6050}}};
	struct stock_reserve_answer answer = {{&product, 1}};
	const struct stock_reserve_answer *in = pass(&stock_reserve_answer, &answer);
	const struct reserved_product *read_product;

	(void)state;
	assert_non_null(in);
	read_product = in->items.items;
	assert_string_equal(read_product->facts.name, "Milk");
	assert_int_equal(read_product->facts.price.paise, 6050);
	assert_null(read_product->facts.unit);
}

static void test_release_request_has_its_kind(void **state)
{
	static const enum stock_release_kind kinds[] = {RELEASE_UNANSWERED, RELEASE_ANSWERED,
							RELEASE_SOLD};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct stock_release_request request = {id_of(1), *one_line(3), .abandoned_ms = 17};
		const struct stock_release_request *in;

		stock_release_set(&request, kinds[i]);
		in = pass(&stock_release_request, &request);
		assert_non_null(in);
		assert_int_equal(stock_release_of(in), kinds[i]);
		assert_int_equal(in->abandoned_ms, 17);
	}
}

/* An earlier version sends neither member. */
static void test_release_without_members_is_unanswered(void **state)
{
	const struct stock_release_request *in =
	    receive(&stock_release_request,
		    "{\"order_id\":\"000000000000000000000001\",\"sold\":false,\"items\":["
		    "{\"product_id\":\"000000000000000000000002\",\"quantity\":1}]}");

	(void)state;
	assert_non_null(in);
	assert_int_equal(stock_release_of(in), RELEASE_UNANSWERED);
	assert_int_equal(in->abandoned_ms, 0);
}

/* ---- the replica ---- */

static const struct product_facts milk = {"Milk", "1 L", "/pictures/x.webp", {6050}};

/* The catalogue writes its answer without the shape. */
static void test_replica_reads_the_catalogues_changes(void **state)
{
	struct product product = {id_of(1), milk, "Good", "Dairy", true, -3};
	struct change changes[] = {{id_of(1), 8, &product}, {id_of(2), 9, NULL}};
	struct snapshot *first = catalogue_new(NULL, NULL, 0, 7, ""),
			*s = catalogue_new(first, changes, 2, 0, "");
	const struct product_changes *in;
	const struct replicated_product *read_product;
	const struct removed_product *removed;
	const char *text;
	size_t len;

	(void)state;
	assert_non_null(s);
	assert_int_equal(catalogue_since(&text, &len, arena, s, 7), OK);
	in = receive(&product_changes, arena_strndup(arena, text, len));
	assert_non_null(in);
	assert_int_equal(in->version, 9);
	assert_false(in->full);
	assert_int_equal(in->products.n, 1);
	read_product = in->products.items;
	assert_string_equal(read_product->facts.name, milk.name);
	assert_string_equal(read_product->facts.unit, milk.unit);
	assert_string_equal(read_product->facts.image_url, milk.image_url);
	assert_int_equal(read_product->facts.price.paise, milk.price.paise);
	assert_true(read_product->available);
	assert_int_equal(read_product->stock, -3);
	assert_int_equal(in->gone.n, 1);
	removed = in->gone.items;
	assert_true(bson_oid_equal(&removed->_id, &changes[1].id));
	assert_int_equal(catalogue_since(&text, &len, arena, s, 0), OK);
	in = receive(&product_changes, arena_strndup(arena, text, len));
	assert_true(in->full);
	snapshot_unref(s);
	snapshot_unref(first);
}

static void test_product_changes_path(void **state)
{
	(void)state;
	assert_string_equal(product_changes_path(arena, 17), "/internal/products?since=17");
}

/* ---- facts ---- */

static void test_copied_facts_have_their_own_texts(void **state)
{
	struct product_facts from = milk, copy;
	char name[] = "Curd";

	(void)state;
	from.name = name;
	from.image_url = NULL;
	assert_int_equal(product_facts_size(&from), sizeof "Curd" + sizeof "1 L");
	assert_int_equal(product_facts_dup(&copy, arena, &from), OK);
	name[0] = 'x';
	assert_string_equal(copy.name, "Curd");
	assert_string_equal(copy.unit, "1 L");
	assert_null(copy.image_url);
	assert_int_equal(copy.price.paise, 6050);
}

/* ---- deliveries ---- */

static void test_delivery_path(void **state)
{
	bson_oid_t id = id_of(1);

	(void)state;
	assert_string_equal(delivery_path(arena, DELIVERY_ORDER_PATH, &id),
			    "/internal/orders/000000000000000000000001");
	assert_string_equal(delivery_path(arena, DELIVERY_CANCEL_PATH, &id),
			    "/internal/orders/000000000000000000000001/cancel");
}

static void test_cancellation_body_excludes_the_path(void **state)
{
	struct delivery_cancellation out = {"65f0c0ffee0123456789abcd", CANCELLED_BY_ADMIN,
					    id_of(1)};
	const struct delivery_cancellation *in;

	(void)state;
	assert_string_equal(shape_to_text(arena, &delivery_cancellation_body, &out),
			    "{\"user_id\":\"65f0c0ffee0123456789abcd\",\"by\":\"admin\"}");
	in = pass(&delivery_cancellation_body, &out);
	assert_non_null(in);
	assert_int_equal(in->by, CANCELLED_BY_ADMIN);
}

static void test_delivery_order_without_request_ids(void **state)
{
	struct delivery_order order = {id_of(1), "65f0c0ffee0123456789abcd", NULL, NULL};
	struct delivery_orders orders = {{&order, 1}};
	const struct delivery_orders *in = pass(&delivery_orders, &orders);

	(void)state;
	assert_non_null(in);
	assert_null(((const struct delivery_order *)in->orders.items)->request_id);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_reserve_request_round_trip),
	    TEST(test_request_beyond_the_limits_is_refused),
	    TEST(test_answer_has_the_order_facts),
	    TEST(test_release_request_has_its_kind),
	    TEST(test_release_without_members_is_unanswered),
	    TEST(test_replica_reads_the_catalogues_changes),
	    TEST(test_product_changes_path),
	    TEST(test_copied_facts_have_their_own_texts),
	    TEST(test_delivery_path),
	    TEST(test_cancellation_body_excludes_the_path),
	    TEST(test_delivery_order_without_request_ids),
	};

	return cmocka_run_group_tests_name("contracts", tests, NULL, NULL);
}
