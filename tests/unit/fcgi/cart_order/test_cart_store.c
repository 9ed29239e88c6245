#include "cart_fixture.h"
#include "fcgi/cart_order/indexes.h"

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, cart_collection);
	return 0;
}

/* ---- put ---- */

static void test_put_stores_all_fields(void **state)
{
	struct cart_line wanted = make_line(USER, 1, 2);
	const struct cart_line *line;
	struct list lines;

	assert_false(put(*state, USER, 1, 2));
	lines = lines_of(*state, USER);
	assert_int_equal(lines.n, 1);
	line = lines.items;
	assert_string_equal(line->user_id, USER);
	assert_true(bson_oid_equal(&line->product_id, &wanted.product_id));
	assert_int_equal(line->quantity, 2);
	assert_string_equal(line->facts.name, wanted.facts.name);
	assert_string_equal(line->facts.unit, wanted.facts.unit);
	assert_string_equal(line->facts.image_url, wanted.facts.image_url);
	assert_int_equal(line->facts.price.paise, wanted.facts.price.paise);
}

static void test_quantities_of_a_product_add_up(void **state)
{
	struct ctx *ctx = *state;

	assert_false(put(ctx, USER, 1, 2));
	assert_true(put(ctx, USER, 1, 3));
	assert_false(put(ctx, USER, 2, 1));
	assert_int_equal(lines_of(ctx, USER).n, 2);
	assert_int_equal(quantity_of(ctx, USER, 1), 5);
	assert_int_equal(quantity_of(ctx, USER, 2), 1);
}

static void test_carts_are_separate(void **state)
{
	struct ctx *ctx = *state;

	assert_false(put(ctx, USER, 1, 2));
	assert_false(put(ctx, OTHER, 1, 7));
	assert_int_equal(quantity_of(ctx, USER, 1), 2);
	assert_int_equal(quantity_of(ctx, OTHER, 1), 7);
	assert_int_equal(lines_of(ctx, "nobody").n, 0);
}

static void test_put_updates_the_product_facts(void **state)
{
	struct cart_line line = make_line(USER, 1, 1);
	struct list lines;
	bool merged;

	assert_false(put(*state, USER, 1, 1));
	line.facts.name = "Milk, fresh";
	line.facts.price.paise = 7000;
	assert_int_equal(cart_put(&merged, *state, &line), OK);
	lines = lines_of(*state, USER);
	assert_string_equal(line_at(&lines, 0)->facts.name, "Milk, fresh");
	assert_int_equal(line_at(&lines, 0)->facts.price.paise, 7000);
}

static void test_lines_are_listed_in_order_of_insertion(void **state)
{
	static const unsigned char products[] = {9, 2, 5, 1};
	struct list lines;

	for (size_t i = 0; i < sizeof products; i++)
		put(*state, USER, products[i], 1);
	put(*state, USER, 9, 1); /* a merged line keeps its position */
	lines = lines_of(*state, USER);
	for (size_t i = 0; i < sizeof products; i++)
		assert_int_equal(line_at(&lines, i)->product_id.bytes[11], products[i]);
}

static void test_line_quantity_limit(void **state)
{
	struct cart_line more = make_line(USER, 1, 2);
	bool merged;

	put(*state, USER, 1, 98);
	assert_int_equal(cart_put(&merged, *state, &more), ERR_QUANTITY_LIMIT);
	assert_int_equal(quantity_of(*state, USER, 1), 98);
	assert_true(put(*state, USER, 1, 1));
	assert_int_equal(quantity_of(*state, USER, 1), LINE_QUANTITY_MAX);
	assert_false(put(*state, USER, 2, LINE_QUANTITY_MAX));
}

static void fill_cart(struct ctx *ctx, int n)
{
	for (int i = 0; i < n; i++)
		assert_false(put(ctx, USER, (unsigned char)(100 + i), 1));
}

static void test_cart_lines_limit(void **state)
{
	struct cart_line more = make_line(USER, 1, 1);
	bool merged;

	fill_cart(*state, CART_LINES_MAX);
	assert_int_equal(cart_put(&merged, *state, &more), ERR_CART_FULL);
	assert_int_equal(count_documents(*state, cart_collection), CART_LINES_MAX);
	assert_int_equal(quantity_of(*state, USER, 1), 0);
	assert_true(put(*state, USER, 100, 5)); /* an existing line may still grow */
	assert_false(put(*state, OTHER, 1, 1));
}

/* ---- one line ---- */

static struct cart_ref ref_of(const struct cart_line *line, const char *user_id)
{
	return (struct cart_ref){&line->_id, user_id};
}

static void test_increase_stops_at_99(void **state)
{
	struct cart_ref ref;
	struct list lines;

	put(*state, USER, 1, 98);
	lines = lines_of(*state, USER);
	ref = ref_of(lines.items, USER);
	assert_int_equal(cart_line_increase(*state, &ref), OK);
	assert_int_equal(quantity_of(*state, USER, 1), 99);
	assert_int_equal(cart_line_increase(*state, &ref), ERR_QUANTITY_LIMIT);
	assert_int_equal(quantity_of(*state, USER, 1), 99);
}

static void test_decrease_removes_the_last_piece(void **state)
{
	struct cart_ref ref;
	struct list lines;
	bool removed = true;

	put(*state, USER, 1, 2);
	lines = lines_of(*state, USER);
	ref = ref_of(lines.items, USER);
	assert_int_equal(cart_line_decrease(&removed, *state, &ref), OK);
	assert_false(removed);
	assert_int_equal(quantity_of(*state, USER, 1), 1);
	assert_int_equal(cart_line_decrease(&removed, *state, &ref), OK);
	assert_true(removed);
	assert_int_equal(lines_of(*state, USER).n, 0);
	assert_int_equal(cart_line_decrease(&removed, *state, &ref), ERR_ITEM_NOT_FOUND);
}

static void test_remove_deletes_one_line(void **state)
{
	struct cart_ref ref;
	struct list lines;

	put(*state, USER, 1, 50);
	put(*state, USER, 2, 1);
	lines = lines_of(*state, USER);
	ref = ref_of(lines.items, NULL);
	assert_int_equal(cart_line_remove(*state, &ref), OK);
	assert_int_equal(quantity_of(*state, USER, 1), 0);
	assert_int_equal(quantity_of(*state, USER, 2), 1);
	assert_int_equal(cart_line_remove(*state, &ref), ERR_ITEM_NOT_FOUND);
}

static void test_unknown_line_is_not_found(void **state)
{
	bson_oid_t unknown;
	struct cart_ref ref = {&unknown, NULL};
	bool removed;

	bson_oid_init(&unknown, NULL);
	put(*state, USER, 1, 1);
	assert_int_equal(cart_line_increase(*state, &ref), ERR_ITEM_NOT_FOUND);
	assert_int_equal(cart_line_decrease(&removed, *state, &ref), ERR_ITEM_NOT_FOUND);
	assert_int_equal(cart_line_remove(*state, &ref), ERR_ITEM_NOT_FOUND);
	assert_int_equal(quantity_of(*state, USER, 1), 1);
}

/* The line is unchanged, and the error is that of an unknown line. */
static void test_line_of_another_user_is_not_found(void **state)
{
	static const int64_t quantities[] = {1, 50, 99};

	for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
		struct cart_ref ref;
		struct list lines;
		bool removed;

		empty_collection(*state, cart_collection);
		put(*state, USER, 1, quantities[i]);
		lines = lines_of(*state, USER);
		ref = ref_of(lines.items, OTHER);
		assert_int_equal(cart_line_increase(*state, &ref), ERR_ITEM_NOT_FOUND);
		assert_int_equal(cart_line_decrease(&removed, *state, &ref), ERR_ITEM_NOT_FOUND);
		assert_int_equal(cart_line_remove(*state, &ref), ERR_ITEM_NOT_FOUND);
		assert_int_equal(quantity_of(*state, USER, 1), quantities[i]);
	}
}

/* ---- order ---- */

static void test_remove_lines_deletes_exactly_the_read_lines(void **state)
{
	struct list lines;

	put(*state, USER, 1, 2);
	put(*state, USER, 2, 1);
	put(*state, OTHER, 1, 2);
	lines = lines_of(*state, USER);
	put(*state, USER, 3, 1); /* added after the cart was read: it stays */
	assert_int_equal(remove_lines(*state, USER, &lines), OK);
	assert_int_equal(lines_of(*state, USER).n, 1);
	assert_int_equal(quantity_of(*state, USER, 3), 1);
	assert_int_equal(quantity_of(*state, OTHER, 1), 2);
}

static void test_remove_lines_of_a_full_cart(void **state)
{
	struct list lines;

	fill_cart(*state, CART_LINES_MAX);
	lines = lines_of(*state, USER);
	assert_int_equal(remove_lines(*state, USER, &lines), OK);
	assert_int_equal(lines_of(*state, USER).n, 0);
}

static enum err take_own_out(struct ctx *ctx, void *lines)
{
	return remove_lines(ctx, USER, lines);
}

static void test_remove_lines_of_a_changed_cart_fails(void **state)
{
	struct cart_ref ref;
	struct list lines;

	put(*state, USER, 1, 2);
	put(*state, USER, 2, 1);
	lines = lines_of(*state, USER);
	put(*state, USER, 2, 1);
	assert_int_equal(db_transaction(*state, take_own_out, &lines), ERR_RETRY);
	assert_int_equal(quantity_of(*state, USER, 1), 2);
	assert_int_equal(quantity_of(*state, USER, 2), 2);
	lines = lines_of(*state, USER);
	ref = ref_of(lines.items, USER);
	assert_int_equal(cart_line_remove(*state, &ref), OK);
	assert_int_equal(db_transaction(*state, take_own_out, &lines), ERR_RETRY);
	assert_int_equal(lines_of(*state, USER).n, 1);
}

static void test_remove_lines_of_another_user_fails(void **state)
{
	struct list lines;

	put(*state, OTHER, 1, 2);
	lines = lines_of(*state, OTHER);
	assert_int_equal(remove_lines(*state, USER, &lines), ERR_RETRY);
	assert_int_equal(quantity_of(*state, OTHER, 1), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_put_stores_all_fields),
	    TEST(test_quantities_of_a_product_add_up),
	    TEST(test_carts_are_separate),
	    TEST(test_put_updates_the_product_facts),
	    TEST(test_lines_are_listed_in_order_of_insertion),
	    TEST(test_line_quantity_limit),
	    TEST(test_cart_lines_limit),
	    TEST(test_increase_stops_at_99),
	    TEST(test_decrease_removes_the_last_piece),
	    TEST(test_remove_deletes_one_line),
	    TEST(test_unknown_line_is_not_found),
	    TEST(test_line_of_another_user_is_not_found),
	    TEST(test_remove_lines_deletes_exactly_the_read_lines),
	    TEST(test_remove_lines_of_a_full_cart),
	    TEST(test_remove_lines_of_a_changed_cart_fails),
	    TEST(test_remove_lines_of_another_user_fails),
	};

	return cmocka_run_group_tests_name("cart_store", tests, open_all, store_close);
}
