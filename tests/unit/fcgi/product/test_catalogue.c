#include "catalogue_fixture.h"

/* ---- the whole list ---- */

static void test_products_are_listed_by_id(void **state)
{
	struct snapshot *s = make_three();

	(void)state;
	assert_string_equal(names_of(catalogue_list(s)), "Milk 1L,Brown Bread,Curd");
	snapshot_unref(s);
}

static void test_product_json(void **state)
{
	struct snapshot *s = make_three();
	bson_oid_t id = id_of(1);

	(void)state;
	assert_text(
	    &catalogue_find(s, &id)->json,
	    "{\"_id\":\"000000000000000000000001\",\"name\":\"Milk 1L\","
	    "\"description\":\"Good\",\"price\":60.5,\"category\":\"Dairy\",\"unit\":\"1 L\","
	    "\"image_url\":\"/pictures/x.webp\",\"available\":true,\"stock\":7}");
	snapshot_unref(s);
}

static void test_image_url_has_the_base(void **state)
{
	struct product milk = product_of(1, "Milk", "Dairy");
	struct change one = {id_of(1), VERSION, &milk};
	struct snapshot *s = catalogue_new(NULL, &one, 1, VERSION, "https://shop.example");

	(void)state;
	assert_non_null(s);
	assert_non_null(strstr(catalogue_list(s)->bytes,
			       "\"image_url\":\"https://shop.example/pictures/x.webp\""));
	assert_string_equal(milk.facts.image_url, "/pictures/x.webp");
	snapshot_unref(s);
}

static void test_empty_catalogue(void **state)
{
	struct snapshot *s = catalogue_new(NULL, NULL, 0, VERSION, "");

	(void)state;
	assert_non_null(s);
	assert_text(catalogue_list(s), "[]");
	assert_text(catalogue_categories(s), "[]");
	snapshot_unref(s);
}

static void test_list_is_bounded(void **state)
{
	enum { N = CATALOGUE_LIST_MAX + 1 };
	struct change *changes = arena_array(arena, N, sizeof *changes);
	struct product product = product_of(0, "x", "y");
	struct snapshot *s;

	(void)state;
	for (int i = 0; i < N; i++)
		changes[i] = (struct change){id_of(i), VERSION, &product};
	s = catalogue_new(NULL, changes, N, VERSION, "");
	assert_non_null(s);
	assert_int_equal(json_object_array_length(
			     parse(catalogue_list(s)->bytes, catalogue_list(s)->len)),
			 CATALOGUE_LIST_MAX);
	snapshot_unref(s);
}

static void test_categories_are_unique_and_ordered(void **state)
{
	struct snapshot *s = make_three();
	struct snapshot *without_milk;

	(void)state;
	assert_text(catalogue_categories(s), "[\"Dairy\",\"Bakery\"]");
	without_milk = change(s, 1, VERSION + 1, NULL);
	assert_text(catalogue_categories(without_milk), "[\"Bakery\",\"Dairy\"]");
	snapshot_unref(without_milk);
	snapshot_unref(s);
}

/* ---- changes ---- */

static void test_change_is_in_the_new_snapshot_only(void **state)
{
	struct snapshot *s = make_three(), *next;
	struct product renamed = product_of(2, "White Bread", "Bakery");
	bson_oid_t milk = id_of(1);

	(void)state;
	next = change(s, 2, VERSION + 1, &renamed);
	assert_string_equal(names_of(catalogue_list(next)), "Milk 1L,White Bread,Curd");
	assert_string_equal(names_of(catalogue_list(s)), "Milk 1L,Brown Bread,Curd");
	assert_ptr_equal(catalogue_find(next, &milk), catalogue_find(s, &milk));
	snapshot_unref(s);
	assert_string_equal(names_of(catalogue_list(next)), "Milk 1L,White Bread,Curd");
	snapshot_unref(next);
}

static void test_removed_product_is_not_shown(void **state)
{
	struct snapshot *s = make_three(), *next = change(s, 1, VERSION + 1, NULL);
	const bson_oid_t *cursor;
	bson_oid_t milk = id_of(1);
	struct rendered text;

	(void)state;
	assert_string_equal(names_of(catalogue_list(next)), "Brown Bread,Curd");
	assert_null(catalogue_find(next, &milk));
	assert_non_null(catalogue_find(s, &milk));
	assert_int_equal(catalogue_select(&text, &cursor, arena, next,
					  &(struct selection){.limit = 10}),
			 OK);
	assert_string_equal(names_of(&text), "Brown Bread,Curd");
	snapshot_unref(next);
	snapshot_unref(s);
}

static void test_removed_product_may_return(void **state)
{
	struct product milk = product_of(1, "Milk again", "Dairy");
	struct snapshot *s = make_three(), *gone = change(s, 1, VERSION + 1, NULL);
	struct snapshot *back = change(gone, 1, VERSION + 2, &milk);

	(void)state;
	assert_string_equal(names_of(catalogue_list(back)), "Milk again,Brown Bread,Curd");
	snapshot_unref(back);
	snapshot_unref(gone);
	snapshot_unref(s);
}

static void test_later_of_two_changes_counts(void **state)
{
	struct product first = product_of(1, "first", "a"), second = product_of(1, "second", "a");
	struct change changes[] = {{id_of(1), VERSION, &first},
				   {id_of(1), VERSION + 1, NULL},
				   {id_of(1), VERSION + 2, &second}};
	struct snapshot *s = catalogue_new(NULL, changes, 3, VERSION, "");

	(void)state;
	assert_non_null(s);
	assert_string_equal(names_of(catalogue_list(s)), "second");
	snapshot_unref(s);
}

static void test_etag_changes_with_the_text(void **state)
{
	struct product price = product_of(2, "Brown Bread", "Bakery"), same = price;
	struct snapshot *s = make_three(), *as_before, *cheaper;
	const char *etag = catalogue_list(s)->etag;

	(void)state;
	price.facts.price.paise--;
	as_before = change(s, 2, VERSION + 1, &same);
	cheaper = change(s, 2, VERSION + 1, &price);
	assert_int_equal(strlen(etag), ETAG_SIZE - 1);
	assert_int_equal(etag[0], '"');
	assert_int_equal(etag[ETAG_SIZE - 2], '"');
	assert_string_equal(catalogue_list(as_before)->etag, etag);
	assert_string_not_equal(catalogue_list(cheaper)->etag, etag);
	assert_string_equal(catalogue_categories(cheaper)->etag, catalogue_categories(s)->etag);
	snapshot_unref(cheaper);
	snapshot_unref(as_before);
	snapshot_unref(s);
}

/* Once for all readers of a snapshot, and anew where the list has changed. */
static void test_list_is_compressed_once(void **state)
{
	struct product cheap = product_of(2, "Cheap Bread", "Bakery");
	struct snapshot *s = make_three(), *changed;
	const struct rendered *packed = catalogue_list_gzip(s);

	(void)state;
	assert_non_null(packed);
	assert_memory_equal(packed->bytes, "\x1f\x8b", 2);
	assert_string_equal(packed->etag, catalogue_list(s)->etag);
	assert_ptr_equal(catalogue_list_gzip(s), packed);
	changed = change(s, 2, VERSION + 1, &cheap);
	assert_string_not_equal(catalogue_list_gzip(changed)->etag, packed->etag);
	assert_ptr_not_equal(catalogue_list_gzip(changed)->bytes, packed->bytes);
	snapshot_unref(changed);
	snapshot_unref(s);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_products_are_listed_by_id),
	    TEST(test_product_json),
	    TEST(test_image_url_has_the_base),
	    TEST(test_empty_catalogue),
	    TEST(test_list_is_bounded),
	    TEST(test_categories_are_unique_and_ordered),
	    TEST(test_change_is_in_the_new_snapshot_only),
	    TEST(test_removed_product_is_not_shown),
	    TEST(test_removed_product_may_return),
	    TEST(test_later_of_two_changes_counts),
	    TEST(test_etag_changes_with_the_text),
	    TEST(test_list_is_compressed_once),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
