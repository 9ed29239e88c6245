/* Selections of the catalogue, and changes for replicas. */
#include "catalogue_fixture.h"

#include "text.h"

/* ---- selections ---- */

static const char *select_names(const struct snapshot *s, const bson_oid_t **next,
				const struct selection *wanted)
{
	struct rendered text;

	assert_int_equal(catalogue_select(&text, next, arena, s, wanted), OK);
	assert_int_equal(strlen(text.etag), ETAG_SIZE - 1);
	return names_of(&text);
}

static void test_select_by_words_and_category(void **state)
{
	static const struct {
		const char *q, *category, *names;
	} cases[] = {
	    {NULL, NULL, "Milk 1L,Brown Bread,Curd"},
	    {"milk", NULL, "Milk 1L"},
	    {"mil", NULL, "Milk 1L"},
	    {"ilk", NULL, "Milk 1L"},
	    {"bread brown", NULL, "Brown Bread"},
	    {"brown  bread", NULL, "Brown Bread"},
	    {"brown milk", NULL, ""},
	    {"dairy", NULL, "Milk 1L,Curd"},
	    {"dairy 1l", NULL, "Milk 1L"},
	    {"good", NULL, ""},
	    {"", NULL, "Milk 1L,Brown Bread,Curd"},
	    {NULL, "dairy", "Milk 1L,Curd"},
	    {NULL, "dair", ""},
	    {"curd", "dairy", "Curd"},
	    {"curd", "bakery", ""},
	    {"milk 1l dairy m i l k a bread", NULL, "Milk 1L"}, /* the ninth word is ignored, */
	    {" milk  1l dairy m i l  k  a bread curd", NULL, "Milk 1L"},
	    {"milk 1l dairy m i l k bread a", NULL, ""}, /* the eighth counts */
	};
	struct snapshot *s = make_three();
	const bson_oid_t *next;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct selection wanted = {.q = cases[i].q,
					   .category = cases[i].category,
					   .limit = 10};

		assert_string_equal(select_names(s, &next, &wanted), cases[i].names);
		assert_null(next);
	}
	snapshot_unref(s);
}

/* Folded as the API does it. */
static const char *select_folded(const struct snapshot *s, const char *q, const char *category)
{
	struct selection wanted = {.limit = 10};
	const bson_oid_t *next;

	if (q)
		assert_int_equal(text_fold(&wanted.q, arena, q), OK);
	if (category)
		assert_int_equal(text_fold(&wanted.category, arena, category), OK);
	return select_names(s, &next, &wanted);
}

static void test_search_folds_texts(void **state)
{
	struct product products[] = {
	    product_of(1, "Cre\u0300me Fra\u00EEche", "Laiterie \u00C9t\u00E9"),
	    product_of(2, "सेब", "फल"),
	    product_of(3, "सब", "Cafe\u0301"),
	};
	struct change changes[] = {{id_of(1), VERSION, &products[0]},
				   {id_of(2), VERSION, &products[1]},
				   {id_of(3), VERSION, &products[2]}};
	struct snapshot *s = catalogue_new(NULL, changes, 3, VERSION, "");

	(void)state;
	assert_non_null(s);
	assert_string_equal(select_folded(s, "creme", NULL), products[0].facts.name);
	assert_string_equal(select_folded(s, "CR\u00C8ME fraiche", NULL), products[0].facts.name);
	assert_string_equal(select_folded(s, "\uFF43\uFF52\uFF45\u3000fra\u00CEche", NULL),
			    products[0].facts.name);
	assert_string_equal(select_folded(s, "ete", NULL), products[0].facts.name);
	assert_string_equal(select_folded(s, NULL, "LAITERIE e\u0301te\u0301"),
			    products[0].facts.name);
	assert_string_equal(select_folded(s, NULL, "caf\u00E9"), products[2].facts.name);
	assert_string_equal(select_folded(s, "सेब", NULL), products[1].facts.name);
	assert_string_equal(select_folded(s, "सब", NULL), products[2].facts.name);
	snapshot_unref(s);
}

/* A manual edit may leave such a text: the other products are still found. */
static void test_text_that_can_not_be_folded(void **state)
{
	char *name = arena_alloc(arena, TEXT_MAX + 2);
	struct product products[] = {product_of(1, name, "Dairy"), product_of(2, "Curd", "Dairy")};
	struct change changes[] = {{id_of(1), VERSION, &products[0]},
				   {id_of(2), VERSION, &products[1]}};
	struct snapshot *s;

	(void)state;
	assert_non_null(name);
	memset(name, 'x', TEXT_MAX + 1);
	s = catalogue_new(NULL, changes, 2, VERSION, "");
	assert_non_null(s);
	assert_string_equal(select_folded(s, "curd", "dairy"), "Curd");
	assert_string_equal(select_folded(s, "xxx", NULL), name);
	snapshot_unref(s);
}

static void test_all_pages(void **state)
{
	struct snapshot *s = make_three();
	const bson_oid_t *next;
	struct selection page = {.limit = 2};
	bson_oid_t second = id_of(2);

	(void)state;
	assert_string_equal(select_names(s, &next, &page), "Milk 1L,Brown Bread");
	assert_non_null(next);
	assert_true(bson_oid_equal(next, &second));
	page.after = next;
	assert_string_equal(select_names(s, &next, &page), "Curd");
	assert_null(next);
	snapshot_unref(s);
}

static void test_full_last_page_has_no_next(void **state)
{
	struct snapshot *s = make_three();
	const bson_oid_t *next;

	(void)state;
	assert_string_equal(select_names(s, &next, &(struct selection){.limit = 3}),
			    "Milk 1L,Brown Bread,Curd");
	assert_null(next);
	assert_string_equal(select_names(s, &next,
					 &(struct selection){.category = "dairy", .limit = 1}),
			    "Milk 1L");
	assert_non_null(next);
	assert_string_equal(
	    select_names(s, &next,
			 &(struct selection){.category = "dairy", .after = next, .limit = 1}),
	    "Curd");
	assert_null(next);
	snapshot_unref(s);
}

/* A cursor is a position in the order: its product may be removed, or may never have existed. */
static void test_cursor_of_a_removed_product(void **state)
{
	struct snapshot *s = make_three(), *next_s = change(s, 2, VERSION + 1, NULL);
	bson_oid_t first = id_of(1), second = id_of(2), last = id_of(3), none = id_of(9);
	const bson_oid_t *next;

	(void)state;
	assert_string_equal(select_names(next_s, &next,
					 &(struct selection){.after = &second, .limit = 9}),
			    "Curd");
	assert_string_equal(select_names(next_s, &next,
					 &(struct selection){.after = &first, .limit = 9}),
			    "Curd");
	assert_string_equal(select_names(s, &next, &(struct selection){.after = &last, .limit = 9}),
			    "");
	assert_string_equal(select_names(s, &next, &(struct selection){.after = &none, .limit = 9}),
			    "");
	assert_null(next);
	snapshot_unref(next_s);
	snapshot_unref(s);
}

/* ---- for another service's copy ---- */

/* "version full products|number of removed ones" */
static const char *since(const struct snapshot *s, int64_t version)
{
	struct json_object *json;
	const char *text;
	size_t len;

	assert_int_equal(catalogue_since(&text, &len, arena, s, version), OK);
	json = parse(text, len);
	return arena_printf(arena, "%s %s %s|%s",
			    json_object_get_string(json_object_object_get(json, "version")),
			    json_object_get_string(json_object_object_get(json, "full")),
			    names_in(json_object_object_get(json, "products")),
			    json_text(NULL, json_object_object_get(json, "gone")));
}

static void test_replica_older_than_the_base_gets_all(void **state)
{
	struct snapshot *s = make_three(), *next = change(s, 2, VERSION + 5, NULL);

	(void)state;
	assert_string_equal(since(s, 0), "100 true Milk 1L,Brown Bread,Curd|[]");
	assert_string_equal(since(s, VERSION - 1), "100 true Milk 1L,Brown Bread,Curd|[]");
	assert_string_equal(since(next, VERSION - 1), "105 true Milk 1L,Curd|[]");
	snapshot_unref(next);
	snapshot_unref(s);
}

#define GONE_MILK "[{\"_id\":\"000000000000000000000001\"}]"

static void test_replica_gets_the_changes(void **state)
{
	struct product curd = product_of(3, "Fresh Curd", "Dairy");
	struct snapshot *a = make_three(), *b = change(a, 3, VERSION + 1, &curd);
	struct snapshot *c = change(b, 1, VERSION + 3, NULL);

	(void)state;
	assert_string_equal(since(a, VERSION), "100 false |[]");
	assert_string_equal(since(b, VERSION), "101 false Fresh Curd|[]");
	assert_string_equal(since(c, VERSION), "103 false Fresh Curd|" GONE_MILK);
	assert_string_equal(since(c, VERSION + 2), "103 false |" GONE_MILK);
	assert_string_equal(since(c, VERSION + 9), "103 false |[]");
	snapshot_unref(c);
	snapshot_unref(b);
	snapshot_unref(a);
}

/* Changes of one transaction share a version: a replica may have only the first of them. */
static void test_changes_of_the_last_version_are_repeated(void **state)
{
	struct product curd = product_of(3, "Fresh Curd", "Dairy");
	struct snapshot *a = make_three(), *b = change(a, 3, VERSION + 1, &curd);
	struct snapshot *c = change(b, 1, VERSION + 1, NULL);

	(void)state;
	assert_string_equal(since(b, VERSION + 1), "101 false Fresh Curd|[]");
	assert_string_equal(since(c, VERSION + 1), "101 false Fresh Curd|" GONE_MILK);
	snapshot_unref(c);
	snapshot_unref(b);
	snapshot_unref(a);
}

/* ---- memory ---- */

enum { MANY = 5000, LITTLE = 96 * 1024 }; /* the whole list takes over a megabyte */

/* Products named "Item 0", "Item 1" …, the first of them of a category of its own. */
static struct snapshot *make_many(void)
{
	static struct product products[MANY];
	static struct change changes[MANY];
	struct snapshot *s;

	for (int i = 0; i < MANY; i++) {
		products[i] =
		    product_of(i, arena_printf(arena, "Item %d", i), i < 3 ? "Few" : "Many");
		changes[i] = (struct change){id_of(i), VERSION, &products[i]};
	}
	s = catalogue_new(NULL, changes, MANY, VERSION, "");
	assert_non_null(s);
	return s;
}

/* Proportional to the selection, whatever the size of the catalogue. */
static void test_memory_depends_on_the_selection(void **state)
{
	static const struct selection few[] = {
	    {.limit = 20},
	    {.q = "item 4999", .limit = CATALOGUE_LIST_MAX},
	    {.q = "nothing", .limit = CATALOGUE_LIST_MAX},
	    {.category = "Few", .limit = CATALOGUE_LIST_MAX},
	};
	struct arena *little = arena_new(LITTLE);
	struct snapshot *s = make_many();
	const bson_oid_t *next;
	struct rendered text;
	const char *json;
	size_t len;

	(void)state;
	assert_non_null(little);
	for (size_t i = 0; i < sizeof few / sizeof few[0]; i++) {
		assert_int_equal(catalogue_select(&text, &next, little, s, &few[i]), OK);
		arena_reset(little);
	}
	assert_int_equal(catalogue_since(&json, &len, little, s, VERSION), OK);
	arena_free(little);
	assert_int_equal(catalogue_select(&text, &next, arena, s,
					  &(struct selection){.limit = CATALOGUE_LIST_MAX}),
			 OK);
	assert_int_equal(json_object_array_length(parse(text.bytes, text.len)), MANY);
	snapshot_unref(s);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_select_by_words_and_category),
	    TEST(test_search_folds_texts),
	    TEST(test_text_that_can_not_be_folded),
	    TEST(test_all_pages),
	    TEST(test_full_last_page_has_no_next),
	    TEST(test_cursor_of_a_removed_product),
	    TEST(test_replica_older_than_the_base_gets_all),
	    TEST(test_replica_gets_the_changes),
	    TEST(test_changes_of_the_last_version_are_repeated),
	    TEST(test_memory_depends_on_the_selection),
	};

	return cmocka_run_group_tests_name("catalogue_read", tests, NULL, NULL);
}
