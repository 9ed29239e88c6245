/* Binding of whole shapes: all errors at once, and texts of path and query. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "shape.h"
#include "text.h"

#define ID "65f0c0ffee0123456789abcd"

static struct arena *arena;
static struct binding binding;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	binding = (struct binding){.arena = arena};
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* ---- all fields of a body ---- */

static enum err bind(void **out, const char *json, const struct shape *shape)
{
	size_t at;

	binding.invalid = NULL;
	assert_int_equal(json_parse(&binding.body, &at, arena, json, strlen(json)), OK);
	return shape_bind(out, &binding, shape);
}

static const char *errors(void)
{
	return binding.invalid ? json_text(NULL, binding.invalid) : "none";
}

struct order {
	const char *name;
	int64_t n;
	bson_oid_t product_id;
	const char *note;
};

static const struct field order_fields[] = {
    {FIELD(struct order, name), .min = 1},
    {FIELD(struct order, n), .min = 1},
    {FIELD(struct order, product_id), .unknown = ERR_PRODUCT_NOT_FOUND},
    {FIELD(struct order, note), .optional = true, .max = 3},
};
static const struct shape order_shape = SHAPE(struct order, order_fields);

#define MISSING(name) \
	"{\"type\":\"missing\",\"loc\":[\"body\",\"" name "\"],\"msg\":\"Field required\"}"

static void test_all_errors_in_order_of_shape(void **state)
{
	void *out = NULL;

	(void)state;
	assert_int_equal(bind(&out, "{}", &order_shape), ERR_INVALID);
	assert_string_equal(errors(),
			    "[" MISSING("name") "," MISSING("n") "," MISSING("product_id") "]");
	assert_null(out);
	assert_int_equal(bind(&out, "{\"note\":\"long\",\"n\":1}", &order_shape), ERR_INVALID);
	assert_int_equal(json_object_array_length(binding.invalid), 3);
}

/* In any order of the fields, an unknown product is not reported while others are invalid. */
static void test_validation_error_precedes_unknown_id(void **state)
{
	void *out = NULL;

	(void)state;
	assert_int_equal(bind(&out, "{\"name\":\"a\",\"n\":1,\"product_id\":\"x\"}", &order_shape),
			 ERR_PRODUCT_NOT_FOUND);
	assert_int_equal(bind(&out, "{\"name\":\"a\",\"product_id\":\"x\"}", &order_shape),
			 ERR_INVALID);
	assert_int_equal(bind(&out,
			      "{\"name\":\"a\",\"n\":1,\"product_id\":\"x\",\"note\":\"long\"}",
			      &order_shape),
			 ERR_INVALID);
	assert_int_equal(json_object_array_length(binding.invalid), 1);
	assert_null(out);
}

static void test_unknown_fields_are_ignored(void **state)
{
	static const char *const notes[] = {"", ",\"note\":null", ",\"more\":[1,{}]"};
	void *out;

	(void)state;
	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		const char *json =
		    arena_printf(arena, "{\"name\":\"a\",\"n\":1,\"product_id\":\"" ID "\"%s}",
				 notes[i]);

		assert_int_equal(bind(&out, json, &order_shape), OK);
		assert_null(((const struct order *)out)->note);
		assert_string_equal(((const struct order *)out)->name, "a");
	}
}

struct bid {
	struct money price, expected_total, limit;
};

static const struct field bid_fields[] = {
    {FIELD(struct bid, price)},
    {FIELD(struct bid, expected_total), .optional = true},
    {FIELD(struct bid, limit), .optional = true, .no_null = true},
};
static const struct shape bid_shape = SHAPE(struct bid, bid_fields);

/* An absent amount is MONEY_NONE, not zero. */
static void test_absent_amount_differs_from_zero(void **state)
{
	static const struct {
		const char *json;
		int64_t expected;
	} cases[] = {
	    {"{\"price\":1}", -1},
	    {"{\"price\":1,\"expected_total\":null}", -1},
	    {"{\"price\":1,\"expected_total\":0}", 0},
	    {"{\"price\":1,\"expected_total\":0.01}", 1},
	    {"{\"price\":1,\"expected_total\":60.5}", 6050},
	};
	void *out = NULL;

	(void)state;
	assert_int_equal(MONEY_NONE.paise, -1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(bind(&out, cases[i].json, &bid_shape), OK);
		assert_int_equal(((const struct bid *)out)->expected_total.paise,
				 cases[i].expected);
		assert_int_equal(((const struct bid *)out)->price.paise, 100);
		assert_int_equal(((const struct bid *)out)->limit.paise, -1);
	}
}

/* A client can't send MONEY_NONE, and a required amount has no default. */
static void test_negative_amounts_are_refused(void **state)
{
	static const char *const bad[] = {
	    "{\"price\":1,\"expected_total\":-0.01}",
	    "{\"price\":1,\"expected_total\":\"60\"}",
	    "{\"price\":null}",
	    "{\"price\":1,\"limit\":null}",
	    "{}",
	};
	void *out = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(bind(&out, bad[i], &bid_shape), ERR_INVALID);
		assert_int_equal(json_object_array_length(binding.invalid), 1);
	}
	assert_null(out);
}

/* ---- path and query ---- */

static const char *const colours[] = {"red", "green", NULL};

struct page {
	bson_oid_t order_id;
	int64_t limit;
	const char *q;
	int colour;
};

static const struct field page_fields[] = {
    {FIELD(struct page, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {FIELD(struct page, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100},
    {FIELD(struct page, q), .from = FROM_QUERY, .optional = true, .form = text_lower, .max = 5},
    {FIELD(struct page, colour), .from = FROM_QUERY, .optional = true, .values = colours},
};
static const struct shape page_shape = SHAPE(struct page, page_fields);

struct given {
	const char *order_id, *limit, *q, *colour;
};

static const char *given_text(void *source, const struct field *f)
{
	const struct given *given = source;
	const struct {
		const char *name, *value;
	} all[] = {{"order_id", given->order_id},
		   {"limit", given->limit},
		   {"q", given->q},
		   {"colour", given->colour}};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(all[i].name, f->name) == 0)
			return all[i].value;
	}
	return NULL;
}

static enum err bind_page(const struct page **out, struct given *given)
{
	void *bound = NULL;
	enum err e;

	binding = (struct binding){.arena = arena, .text = given_text, .source = given};
	e = shape_bind(&bound, &binding, &page_shape);
	*out = bound;
	return e;
}

static void test_path_and_query(void **state)
{
	const struct page *page;
	char hex[25];

	(void)state;
	assert_int_equal(bind_page(&page, &(struct given){ID, "100", " Milk ", "green"}), OK);
	bson_oid_to_string(&page->order_id, hex);
	assert_string_equal(hex, ID);
	assert_int_equal(page->limit, 100);
	assert_string_equal(page->q, "milk");
	assert_int_equal(page->colour, 1);
	assert_int_equal(bind_page(&page, &(struct given){ID, NULL, NULL, NULL}), OK);
	assert_int_equal(page->limit, 0);
	assert_null(page->q);
	assert_int_equal(bind_page(&page, &(struct given){"x", NULL, NULL, NULL}),
			 ERR_ORDER_NOT_FOUND);
}

static void test_query_numbers_are_integers(void **state)
{
	static const char *const wrong[] = {"",    " 5", "5 ",  "+5",  "5x",    "x",  "0x5",
					    "5.5", "-",  "--5", "5e0", "0.5E1", "1e9"};
	static const char *const right[] = {"5", "005", "5.0"};
	static const char *const out_of_range[] = {
	    "0", "-5", "0.0", "101", "99999999999999999999", "-99999999999999999999"};
	const struct page *page;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(bind_page(&page, &(struct given){ID, wrong[i], NULL, NULL}),
				 ERR_INVALID);
		assert_string_equal(errors(), "[{\"type\":\"int_parsing\",\"loc\":[\"query\","
					      "\"limit\"],\"msg\":\"Input should be a valid "
					      "integer\"}]");
	}
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		assert_int_equal(bind_page(&page, &(struct given){ID, right[i], NULL, NULL}), OK);
		assert_int_equal(page->limit, 5);
	}
	for (size_t i = 0; i < sizeof out_of_range / sizeof out_of_range[0]; i++)
		assert_int_equal(bind_page(&page, &(struct given){ID, out_of_range[i], NULL, NULL}),
				 ERR_INVALID);
}

static void test_invalid_utf8_is_refused(void **state)
{
	const struct page *page;

	(void)state;
	assert_int_equal(bind_page(&page, &(struct given){ID, "\xFF", "\xC3", "\xFF"}),
			 ERR_INVALID);
	assert_int_equal(json_object_array_length(binding.invalid), 3);
	assert_non_null(strstr(errors(), "string_unicode"));
}

/* ---- without memory ---- */

static void test_out_of_memory(void **state)
{
	const struct page *page;

	(void)state;
	while (arena_alloc(arena, 1024))
		;
	while (arena_alloc(arena, 1))
		;
	assert_int_equal(bind_page(&page, &(struct given){ID, NULL, NULL, NULL}), ERR_NO_MEMORY);
	assert_null(page);
}

static void test_has_source(void **state)
{
	(void)state;
	assert_true(shape_has(&page_shape, FROM_PATH));
	assert_true(shape_has(&page_shape, FROM_QUERY));
	assert_false(shape_has(&page_shape, FROM_BODY));
	assert_true(shape_has(&order_shape, FROM_BODY));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_errors_in_order_of_shape),
	    TEST(test_validation_error_precedes_unknown_id),
	    TEST(test_unknown_fields_are_ignored),
	    TEST(test_absent_amount_differs_from_zero),
	    TEST(test_negative_amounts_are_refused),
	    TEST(test_path_and_query),
	    TEST(test_query_numbers_are_integers),
	    TEST(test_invalid_utf8_is_refused),
	    TEST(test_out_of_memory),
	    TEST(test_has_source),
	};

	return cmocka_run_group_tests_name("shape_bind_all", tests, NULL, NULL);
}
