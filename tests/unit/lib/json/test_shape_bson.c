#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shape.h"

#define ID "65f0c0ffee0123456789abcd"

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

static const char *const colours[] = {"red", "green", NULL};

struct part {
	const char *name;
	int64_t n;
};

static const struct field part_fields[] = {
    {FIELD(struct part, name), .optional = true},
    {FIELD(struct part, n)},
};
static const struct shape part_shape = SHAPE(struct part, part_fields);

struct all {
	const char *text;
	int64_t number;
	bool flag;
	struct money price;
	bson_oid_t _id;
	struct timestamp at;
	int colour;
	struct list parts;
};

enum { N_FIELDS = 8 };

/* Optional, so that a test's document needs only the fields under test. */
static const struct field all_fields[N_FIELDS] = {
    {FIELD(struct all, text), .optional = true},
    {FIELD(struct all, number), .optional = true},
    {FIELD(struct all, flag), .optional = true},
    {FIELD(struct all, price), .optional = true},
    {FIELD(struct all, _id), .optional = true},
    {FIELD(struct all, at), .optional = true},
    {FIELD(struct all, colour), .optional = true, .values = colours},
    {FIELD(struct all, parts), .optional = true, .of = &part_shape},
};
static const struct shape all_shape = SHAPE(struct all, all_fields);

/* The document as MongoDB's extended JSON, which has the types. */
static void assert_stored(const struct shape *shape, const void *in, const char *expected)
{
	bson_t *doc = bson_new();
	char *json;

	assert_int_equal(shape_to_bson(doc, shape, in), OK);
	json = bson_as_canonical_extended_json(doc, NULL);
	assert_string_equal(json, expected);
	bson_free(json);
	bson_destroy(doc);
}

static void test_stores_every_type(void **state)
{
	struct part parts[] = {{"a", 1}, {"b", 2}};
	struct all all = {.text = "x",
			  .number = 7,
			  .flag = true,
			  .price = {6050},
			  .at = {1234},
			  .colour = 1,
			  .parts = {parts, 2}};

	(void)state;
	bson_oid_init_from_string(&all._id, ID);
	assert_stored(
	    &all_shape, &all,
	    "{ \"text\" : \"x\", \"number\" : { \"$numberLong\" : \"7\" }, \"flag\" : true, "
	    "\"price\" : { \"$numberLong\" : \"6050\" }, \"_id\" : { \"$oid\" : \"" ID "\" }, "
	    "\"at\" : { \"$date\" : { \"$numberLong\" : \"1234\" } }, \"colour\" : \"green\", "
	    "\"parts\" : [ { \"name\" : \"a\", \"n\" : { \"$numberLong\" : \"1\" } }, "
	    "{ \"name\" : \"b\", \"n\" : { \"$numberLong\" : \"2\" } } ] }");
}

static void test_absent_text_is_not_stored(void **state)
{
	(void)state;
	assert_stored(&part_shape, &(struct part){NULL, 1},
		      "{ \"n\" : { \"$numberLong\" : \"1\" } }");
}

/* Reads a document in extended JSON. */
static enum err load(struct all *out, const char *json)
{
	bson_error_t error;
	bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &error);
	enum err e;

	if (!doc)
		fail_msg("%s", error.message);
	*out = (struct all){0};
	e = shape_from_bson(out, arena, &all_shape, doc);
	bson_destroy(doc); /* the arena owns what was read */
	return e;
}

static void test_round_trip(void **state)
{
	struct part parts[] = {{"a", 1}, {"", -2}};
	struct all in = {.text = "x\xC3\xA4",
			 .number = INT64_MIN,
			 .flag = true,
			 .price = {MONEY_MAX_PAISE},
			 .at = {-1},
			 .colour = 1,
			 .parts = {parts, 2}};
	bson_t *doc = bson_new();
	const struct part *read;
	struct all out = {0};

	(void)state;
	bson_oid_init_from_string(&in._id, ID);
	assert_int_equal(shape_to_bson(doc, &all_shape, &in), OK);
	assert_int_equal(shape_from_bson(&out, arena, &all_shape, doc), OK);
	bson_destroy(doc);
	assert_string_equal(out.text, in.text);
	assert_int_equal(out.number, in.number);
	assert_true(out.flag);
	assert_int_equal(out.price.paise, in.price.paise);
	assert_true(bson_oid_equal(&out._id, &in._id));
	assert_int_equal(out.at.ms, -1);
	assert_int_equal(out.colour, 1);
	assert_int_equal(out.parts.n, 2);
	read = out.parts.items;
	assert_string_equal(read[0].name, "a");
	assert_string_equal(read[1].name, "");
	assert_int_equal(read[1].n, -2);
}

static void test_field_order_and_unknown_fields(void **state)
{
	struct all out;

	(void)state;
	assert_int_equal(load(&out, "{\"more\": {\"text\": \"no\"}, \"flag\": true, \"old\": null, "
				    "\"number\": {\"$numberLong\": \"5\"}, \"text\": \"yes\"}"),
			 OK);
	assert_string_equal(out.text, "yes");
	assert_int_equal(out.number, 5);
	assert_true(out.flag);
}

static void test_absent_optional_fields_are_zero(void **state)
{
	struct all out;

	(void)state;
	assert_int_equal(load(&out, "{}"), OK);
	assert_null(out.text);
	assert_int_equal(out.colour, 0);
	assert_int_equal(out.parts.n, 0);
}

static void test_missing_field_is_an_error(void **state)
{
	struct part parts[] = {{"a", 1}};
	struct all in = {.text = "x", .parts = {parts, 1}}, out = {0};
	struct field required[N_FIELDS];
	struct shape shape = {sizeof(struct all), required, N_FIELDS};
	bson_t *doc = bson_new();

	(void)state;
	for (size_t i = 0; i < N_FIELDS; i++) {
		required[i] = all_fields[i];
		required[i].optional = false;
	}
	assert_int_equal(shape_to_bson(doc, &shape, &in), OK);
	assert_int_equal(shape_from_bson(&out, arena, &shape, doc), OK);
	for (size_t i = 0; i < N_FIELDS; i++) {
		bson_t *partial = bson_new();

		bson_copy_to_excluding_noinit(doc, partial, required[i].name, NULL);
		out = (struct all){0};
		assert_int_equal(shape_from_bson(&out, arena, &shape, partial), ERR_INTERNAL);
		required[i].optional = true;
		out = (struct all){0};
		assert_int_equal(shape_from_bson(&out, arena, &shape, partial), OK);
		required[i].optional = false;
		bson_destroy(partial);
	}
	bson_destroy(doc);
}

struct grown {
	const char *text;
	int64_t number;
	bool flag;
	int colour;
};

static const struct field grown_fields[] = {
    {FIELD(struct grown, text), .absent = "none"},
    {FIELD(struct grown, number), .absent = "-3"},
    {FIELD(struct grown, flag), .absent = "true"},
    {FIELD(struct grown, colour), .values = colours, .absent = "green"},
};
static const struct shape grown_shape = SHAPE(struct grown, grown_fields);

static void test_absent_fields_get_default_of_shape(void **state)
{
	bson_t *older = bson_new(),
	       *newer = BCON_NEW("text", BCON_UTF8("x"), "number", BCON_INT64(1), "flag",
				 BCON_BOOL(false), "colour", BCON_UTF8("red"));
	struct grown out = {0};

	(void)state;
	assert_int_equal(shape_from_bson(&out, arena, &grown_shape, older), OK);
	assert_string_equal(out.text, "none");
	assert_int_equal(out.number, -3);
	assert_true(out.flag);
	assert_int_equal(out.colour, 1);
	out = (struct grown){0};
	assert_int_equal(shape_from_bson(&out, arena, &grown_shape, newer), OK);
	assert_string_equal(out.text, "x");
	assert_int_equal(out.number, 1);
	assert_false(out.flag);
	assert_int_equal(out.colour, 0);
	bson_destroy(older);
	bson_destroy(newer);
}

static void test_unreadable_names_the_field(void **state)
{
	static const struct {
		const char *doc, *field;
	} cases[] = {
	    {"{\"n\": 1}", NULL},
	    {"{\"name\": \"a\"}", "n"},
	    {"{\"name\": 5, \"n\": 1}", "name"},
	    {"{\"name\": \"a\", \"n\": \"1\"}", "n"},
	    {"{}", "n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bson_t *doc = bson_new_from_json((const uint8_t *)cases[i].doc, -1, NULL);
		const char *field = shape_unreadable(arena, &part_shape, doc);

		if (cases[i].field)
			assert_string_equal(field, cases[i].field);
		else
			assert_null(field);
		bson_destroy(doc);
	}
}

/* ---- limits ---- */

struct good {
	const char *name;
	struct money price;
	int64_t stock;
};

static const struct field good_fields[] = {
    {FIELD(struct good, name), .min = 1, .max = 100},
    {FIELD(struct good, price)},
    {FIELD(struct good, stock), .max = 1000},
};
static const struct shape bounded_good = BOUNDED_SHAPE(struct good, good_fields);
static const struct shape any_good = SHAPE(struct good, good_fields);

/* Reads {name, price, stock}, one of them as given, in extended JSON. */
static bson_t *good_with(const char *name, const char *value)
{
	bson_t *doc =
	    BCON_NEW("name", BCON_UTF8("Milk"), "price", BCON_INT64(6050), "stock", BCON_INT64(3));
	const char *json = arena_printf(arena, "{\"%s\": %s}", name, value);
	bson_t *other = bson_new_from_json((const uint8_t *)json, -1, NULL), *made = bson_new();

	assert_non_null(other);
	bson_copy_to_excluding_noinit(doc, made, name, NULL);
	bson_concat(made, other);
	bson_destroy(doc);
	bson_destroy(other);
	return made;
}

static void test_bounded_shape_limits(void **state)
{
	static const struct {
		const char *field, *value;
		bool readable;
	} cases[] = {
	    {"price", "0", true},
	    {"price", "{\"$numberLong\": \"999999999999999\"}", true},
	    {"price", "{\"$numberLong\": \"1000000000000000\"}", false},
	    {"price", "{\"$numberLong\": \"1000000000000000000\"}", false},
	    {"price", "1e18", false},
	    {"price", "-1", false},
	    {"price", "-100", false},
	    {"price", "-100.0", false},
	    {"stock", "0", true},
	    {"stock", "1000", true},
	    {"stock", "1001", false},
	    {"stock", "-1", false},
	    {"stock", "{\"$numberDecimal\": \"-1\"}", false},
	    {"name", "\"\u0928\u092e\u0915\"", true},
	    {"name", "\"\"", false},
	    {"name", "\" \"", false},
	    {"name", "\"a\\tb\"", false},
	    {"name", "\"a\u200bb\"", false},
	    {"name", "\"a\u200eb\"", false},
	    {"name", "\"a\\u0000b\"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bson_t *doc = good_with(cases[i].field, cases[i].value);
		const char *field = shape_unreadable(arena, &bounded_good, doc);
		struct good out = {0};

		assert_int_equal(shape_from_bson(&out, arena, &bounded_good, doc),
				 cases[i].readable ? OK : ERR_INTERNAL);
		if (cases[i].readable)
			assert_null(field);
		else
			assert_string_equal(field, cases[i].field);
		assert_int_equal(shape_from_bson(&out, arena, &any_good, doc), OK);
		bson_destroy(doc);
	}
}

static void test_bounded_text_length_and_form(void **state)
{
	enum { LONG = 70000 };
	static char text[LONG + 1];
	struct good out = {0};
	bson_t *doc = good_with("name", "\" Cafe\u0301 \"");

	(void)state;
	assert_int_equal(shape_from_bson(&out, arena, &bounded_good, doc), OK);
	assert_string_equal(out.name, "Caf\u00e9");
	bson_destroy(doc);
	memset(text, 'a', LONG);
	for (size_t len = 100; len <= LONG; len = len == 100 ? 101 : len == 101 ? LONG : LONG + 1) {
		doc = BCON_NEW("price", BCON_INT64(1), "stock", BCON_INT64(1));
		bson_append_utf8(doc, "name", -1, text, (int)len);
		assert_int_equal(shape_from_bson(&out, arena, &bounded_good, doc),
				 len == 100 ? OK : ERR_INTERNAL);
		bson_destroy(doc);
	}
}

static void test_missing_field_of_item_is_an_error(void **state)
{
	struct all out;

	(void)state;
	assert_int_equal(load(&out, "{\"parts\": [{\"n\": 1}, {\"n\": 2}]}"), OK);
	assert_int_equal(load(&out, "{\"parts\": [{\"n\": 1}, {\"name\": \"b\"}]}"), ERR_INTERNAL);
	assert_int_equal(load(&out, "{\"parts\": [{}]}"), ERR_INTERNAL);
}

/* Shells and scripts write small numbers in 32 bits. */
static void test_int32_is_read(void **state)
{
	struct all out;

	(void)state;
	assert_int_equal(load(&out, "{\"number\": {\"$numberInt\": \"-5\"}, "
				    "\"price\": {\"$numberInt\": \"6000\"}}"),
			 OK);
	assert_int_equal(out.number, -5);
	assert_int_equal(out.price.paise, 6000);
}

/* A multiplication in the shell stores the same integer in another type. */
static void test_integers_of_every_numeric_type(void **state)
{
	static const struct {
		const char *value;
		int64_t number; /* -1: not an integer */
		int64_t paise;
	} rows[] = {
	    {"{\"$numberDouble\": \"6600.0\"}", 6600, 6600},
	    {"{\"$numberDouble\": \"-0.0\"}", 0, 0},
	    {"{\"$numberDouble\": \"9007199254740992.0\"}", 9007199254740992, 9007199254740992},
	    {"{\"$numberDouble\": \"6600.000000000001\"}", -1, 6600},
	    {"{\"$numberDouble\": \"6599.999999999999\"}", -1, 6600},
	    {"{\"$numberDouble\": \"6649.5\"}", -1, -1},
	    {"{\"$numberDouble\": \"1e300\"}", -1, -1},
	    {"{\"$numberDouble\": \"9223372036854775808\"}", -1, -1},
	    {"{\"$numberDouble\": \"NaN\"}", -1, -1},
	    {"{\"$numberDouble\": \"-Infinity\"}", -1, -1},
	    {"{\"$numberDecimal\": \"6600\"}", 6600, 6600},
	    {"{\"$numberDecimal\": \"6600.00\"}", 6600, 6600},
	    {"{\"$numberDecimal\": \"66E+2\"}", 6600, 6600},
	    {"{\"$numberDecimal\": \"6649.5\"}", -1, -1},
	    {"{\"$numberDecimal\": \"1E+6000\"}", -1, -1},
	    {"{\"$numberDecimal\": \"NaN\"}", -1, -1},
	    {"{\"$numberDecimal\": \"Infinity\"}", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *number = arena_printf(arena, "{\"number\": %s}", rows[i].value);
		const char *price = arena_printf(arena, "{\"price\": %s}", rows[i].value);
		struct all out;

		assert_int_equal(load(&out, number), rows[i].number < 0 ? ERR_INTERNAL : OK);
		assert_true(out.number == (rows[i].number < 0 ? 0 : rows[i].number));
		assert_int_equal(load(&out, price), rows[i].paise < 0 ? ERR_INTERNAL : OK);
		assert_true(out.price.paise == (rows[i].paise < 0 ? 0 : rows[i].paise));
	}
}

static void test_lists_of_any_length(void **state)
{
	struct all out;

	(void)state;
	assert_int_equal(load(&out, "{\"parts\": []}"), OK);
	assert_int_equal(out.parts.n, 0);
	assert_int_equal(load(&out, "{\"parts\": [{\"n\": 1}, {\"n\": 2, \"name\": \"b\"}]}"), OK);
	assert_int_equal(out.parts.n, 2);
	assert_null(((const struct part *)out.parts.items)[0].name);
	assert_string_equal(((const struct part *)out.parts.items)[1].name, "b");
}

/* An error is better than a wrong value: another program wrote the data. */
static void test_wrong_type_is_an_error(void **state)
{
	static const char *const documents[] = {
	    "{\"text\": 5}",
	    "{\"text\": null}",
	    "{\"number\": \"5\"}",
	    "{\"number\": 5.5}",
	    "{\"flag\": 1}",
	    "{\"price\": 60.5}",
	    "{\"price\": \"60\"}",
	    "{\"_id\": \"" ID "\"}",
	    "{\"at\": \"2026-03-01\"}",
	    "{\"at\": {\"$numberLong\": \"1234\"}}",
	    "{\"colour\": 1}",
	    "{\"colour\": \"pink\"}",
	    "{\"colour\": \"\"}",
	    "{\"parts\": {}}",
	    "{\"parts\": [5]}",
	    "{\"parts\": [{\"name\": \"a\", \"n\": 1}, {\"name\": 5, \"n\": 1}]}",
	    "{\"parts\": [{\"name\": \"a\", \"n\": \"1\"}]}",
	};
	struct all out;

	(void)state;
	for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
		assert_int_equal(load(&out, documents[i]), ERR_INTERNAL);
}

static void test_out_of_memory(void **state)
{
	struct all out;

	(void)state;
	while (arena_alloc(arena, 1024))
		;
	while (arena_alloc(arena, 1))
		;
	assert_int_equal(load(&out, "{\"text\": \"x\"}"), ERR_NO_MEMORY);
	assert_int_equal(load(&out, "{\"parts\": [{\"n\": 1}]}"), ERR_NO_MEMORY);
	assert_int_equal(load(&out, "{\"number\": 5}"), OK);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_stores_every_type),
	    TEST(test_absent_text_is_not_stored),
	    TEST(test_round_trip),
	    TEST(test_field_order_and_unknown_fields),
	    TEST(test_absent_optional_fields_are_zero),
	    TEST(test_absent_fields_get_default_of_shape),
	    TEST(test_unreadable_names_the_field),
	    TEST(test_bounded_shape_limits),
	    TEST(test_bounded_text_length_and_form),
	    TEST(test_missing_field_is_an_error),
	    TEST(test_missing_field_of_item_is_an_error),
	    TEST(test_int32_is_read),
	    TEST(test_integers_of_every_numeric_type),
	    TEST(test_lists_of_any_length),
	    TEST(test_wrong_type_is_an_error),
	    TEST(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("shape_bson", tests, NULL, NULL);
}
