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

/* ---- the shape ---- */

static const char *const colours[] = {"red", "green", "blue", NULL};

static const char *check_even_length(const char *value)
{
	return strlen(value) % 2 ? "Its length should be even" : NULL;
}

struct part {
	int64_t n;
};

static const struct field part_fields[] = {{FIELD(struct part, n), .min = 1, .max = 9}};
static const struct shape part_shape = SHAPE(struct part, part_fields);

/* Members of every type. Each case binds one of them. */
struct one {
	const char *text, *raw, *lower, *checked, *folded, *code;
	int64_t number, any_number;
	bool flag;
	struct money price;
	bson_oid_t id, product_id;
	int colour;
	struct list parts;
};

static const struct field one_fields[] = {
    {FIELD(struct one, text), .min = 2, .max = 4},
    {FIELD(struct one, raw), .raw = true, .max = 4},
    {FIELD(struct one, lower), .form = text_lower},
    {FIELD(struct one, checked), .check = check_even_length},
    {FIELD(struct one, folded), .form = text_fold, .max = 4},
    {FIELD(struct one, code), .raw = true, .form = text_nfkc, .min = 3, .max = 6},
    {FIELD(struct one, number), .min = 1, .max = 99},
    {FIELD(struct one, any_number)},
    {FIELD(struct one, flag)},
    {FIELD(struct one, price)},
    {FIELD(struct one, id)},
    {FIELD(struct one, product_id), .unknown = ERR_PRODUCT_NOT_FOUND},
    {FIELD(struct one, colour), .values = colours},
    {FIELD(struct one, parts), .of = &part_shape, .min = 1, .max = 3},
};

static enum err bind(void **out, const char *json, const struct shape *shape)
{
	size_t at;

	binding.invalid = NULL;
	assert_int_equal(json_parse(&binding.body, &at, arena, json, strlen(json)), OK);
	return shape_bind(out, &binding, shape);
}

/* Binds {"NAME": VALUE} to the field of that name alone. */
static enum err bind_one(const struct one **out, const char *name, const char *value)
{
	const struct field *f = one_fields;
	void *bound = NULL;
	enum err e;

	while (strcmp(f->name, name) != 0)
		f++;
	e = bind(&bound, arena_printf(arena, "{\"%s\":%s}", name, value),
		 &(struct shape){sizeof(struct one), f, 1});
	*out = bound;
	return e;
}

static const struct one *bound_one(const char *name, const char *value)
{
	const struct one *out;

	assert_int_equal(bind_one(&out, name, value), OK);
	assert_null(binding.invalid);
	return out;
}

static const char *errors(void)
{
	return binding.invalid ? json_text(NULL, binding.invalid) : "none";
}

static void assert_validation_error(const char *name, const char *value, const char *type,
				    const char *msg)
{
	const struct one *out;

	assert_int_equal(bind_one(&out, name, value), ERR_INVALID);
	assert_null(out);
	assert_string_equal(
	    errors(),
	    arena_printf(arena, "[{\"type\":\"%s\",\"loc\":[\"body\",\"%s\"],\"msg\":\"%s\"}]",
			 type, name, msg));
}

/* ---- strings ---- */

static void test_strings_are_trimmed(void **state)
{
	(void)state;
	assert_string_equal(bound_one("text", "\"abcd\"")->text, "abcd");
	assert_string_equal(bound_one("text", "\" \\t\\n ab \\r\\f\"")->text, "ab");
	assert_string_equal(bound_one("text", "\"a b\"")->text, "a b");
	assert_string_equal(bound_one("raw", "\" \\na \"")->raw, " \na ");
	assert_string_equal(bound_one("lower", "\" AbZ\\u00C4 \"")->lower, "abz\xC3\xA4");
	assert_string_equal(bound_one("checked", "\"even\"")->checked, "even");
}

static void test_strings_are_normalized(void **state)
{
	(void)state;
	assert_string_equal(bound_one("text", "\"\\u3000\\u00a0A\\u030ab\\u0085\"")->text,
			    "\u00C5b");
	assert_string_equal(bound_one("text", "\"\\u1112\\u1161\\u11ab\\u212b\"")->text,
			    "\uD55C\u00C5");
	assert_string_equal(bound_one("raw", "\"\\u3000A\\u030a\"")->raw, "\u3000A\u030A");
	assert_string_equal(bound_one("lower", "\"JOSE\\u0301\"")->lower, "jos\u00E9");
	/* Twelve characters, which NFC makes four. */
	assert_string_equal(bound_one("text", "\"a\\u0323\\u0302a\\u0323\\u0302a\\u0323\\u0302"
					      "a\\u0323\\u0302\"")
				->text,
			    "\u1EAD\u1EAD\u1EAD\u1EAD");
	assert_validation_error("text", "\"aaaaaaaaaaaaaaaaa\"", "string_too_long",
				"String should have at most 4 characters");
}

static void test_strings_need_a_visible_character(void **state)
{
	static const char *const values[] = {"\"\\u3164\\u3164\"", "\"\\u2800\\u2800\"",
					     "\"\\u00ad\\u034f\"", "\"\\u0301\\u0301\""};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		assert_validation_error("text", values[i], "string_pattern_mismatch",
					"String should contain a visible character");
	assert_string_equal(bound_one("text", "\"\\u3164ab\"")->text, "\u3164ab");
	assert_string_equal(bound_one("checked", "\"\\u3164x\"")->checked, "\u3164x");
}

/* Limits are in characters, not in bytes. */
static void test_lengths_count_characters(void **state)
{
	(void)state;
	assert_string_equal(bound_one("text", "\"\\u00e4\\u20ac\\ud83d\\ude00x\"")->text,
			    "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80x");
	assert_validation_error("text", "\"\xF0\x9F\x98\x80\"", "string_too_short",
				"String should have at least 2 characters");
}

static void test_string_length_limits(void **state)
{
	(void)state;
	assert_validation_error("text", "\"a\"", "string_too_short",
				"String should have at least 2 characters");
	assert_validation_error("text", "\"  a  \"", "string_too_short",
				"String should have at least 2 characters");
	assert_validation_error("text", "\"\"", "string_too_short",
				"String should have at least 2 characters");
	assert_validation_error("text", "\"abcde\"", "string_too_long",
				"String should have at most 4 characters");
	assert_validation_error("raw", "\"  a  \"", "string_too_long",
				"String should have at most 4 characters");
}

static void test_control_characters_are_refused(void **state)
{
	static const char *const values[] = {"\"a\\nb\"", "\"a\\u0001\"", "\"a\\u007fb\"",
					     "\"a\\u0080b\"", "\"a\\u009fb\""};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		assert_validation_error("text", values[i], "string_pattern_mismatch",
					"String should not contain control characters");
	/* U+00A0 is the first character after C1. */
	assert_string_equal(bound_one("text", "\"a\\u00a0b\"")->text, "a\xC2\xA0"
								      "b");
	assert_string_equal(bound_one("raw", "\"a\\u007f\"")->raw, "a\x7F");
}

static void test_hidden_characters_are_refused(void **state)
{
	(void)state;
	assert_validation_error("text", "\"a\\u202e\"", "string_pattern_mismatch",
				"String should not contain invisible characters");
	assert_validation_error("text", "\"\\ufeffab\"", "string_pattern_mismatch",
				"String should not contain invisible characters");
	assert_string_equal(bound_one("text", "\"क्\\u200dष\"")->text, "क्\xE2\x80\x8Dष");
	assert_string_equal(bound_one("raw", "\"a\\u202e\"")->raw, "a\xE2\x80\xAE");
}

/* The form would drop these characters. */
static void test_characters_are_checked_before_folding(void **state)
{
	static const struct {
		const char *value, *msg;
	} rows[] = {
	    {"\"a\\u200bb\"", "String should not contain invisible characters"},
	    {"\"a\\u202e\"", "String should not contain invisible characters"},
	    {"\"\\ufeffa\"", "String should not contain invisible characters"},
	    {"\"\\u00e9\\tb\"", "String should not contain control characters"},
	    {"\"\\u00e9\\u0085b\"", "String should not contain control characters"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_validation_error("folded", rows[i].value, "string_pattern_mismatch",
					rows[i].msg);
	assert_string_equal(bound_one("folded", "\"\\u3000\\u00c9\\t\"")->folded, "e");
}

/* The form of ß has two characters, that of U+FDFA eighteen; U+0958 has two in NFC. */
static void test_maximum_holds_before_folding(void **state)
{
	(void)state;
	assert_string_equal(bound_one("folded", "\"\\u00df\\u00df\\u00df\\u00df\"")->folded,
			    "ssssssss");
	assert_int_equal(strlen(bound_one("folded", "\"\\ufdfa\\ufdfa\"")->folded), 66);
	assert_string_equal(bound_one("folded", "\"e\\u0301e\\u0301e\\u0301e\\u0301\"")->folded,
			    "eeee");
	assert_validation_error("folded", "\"\\u00df\\u00df\\u00df\\u00df\\u00df\"",
				"string_too_long", "String should have at most 4 characters");
	assert_validation_error("text", "\"\\u0958\\u0958\\u0958\"", "string_too_long",
				"String should have at most 4 characters");
}

/* A form that is longer doesn't help a short input, and ignorable characters don't count. */
static void test_minimum_holds_for_input_and_form(void **state)
{
	static const char *const short_ones[] = {"\"\\ufdfa\"", "\"\\u00bd\\u00bd\"",
						 "\"e\\u0301e\\u0301\"",
						 "\"\\u00ad\\u00ad\\u00ad\"",
						 "\"ab\\u200b\\ufe0f\""};

	(void)state;
	for (size_t i = 0; i < sizeof short_ones / sizeof short_ones[0]; i++)
		assert_validation_error("code", short_ones[i], "string_too_short",
					"String should have at least 3 characters");
	assert_string_equal(bound_one("code", "\"e\\u0301 x\"")->code, "\u00E9 x");
	assert_string_equal(bound_one("code", "\"\\ufb01\\ufb01\\ufb01\"")->code, "fififi");
	assert_validation_error("code", "\"\\ufb01\\ufb01\\ufb01a\"", "string_too_long",
				"String should have at most 6 characters");
}

static void test_field_check_is_called(void **state)
{
	(void)state;
	assert_validation_error("checked", "\"odd\"", "value_error", "Its length should be even");
}

/* ---- other types ---- */

static void test_values_of_every_type(void **state)
{
	const struct part *parts;
	const struct one *one;
	char hex[25];

	(void)state;
	assert_int_equal(bound_one("number", "1")->number, 1);
	assert_int_equal(bound_one("number", "99")->number, 99);
	assert_int_equal(bound_one("any_number", "9223372036854775807")->any_number, INT64_MAX);
	assert_int_equal(bound_one("number", "5.0")->number, 5);
	assert_int_equal(bound_one("number", "1e1")->number, 10);
	assert_int_equal(bound_one("number", "2e0")->number, 2);
	assert_int_equal(bound_one("any_number", "-0")->any_number, 0);
	assert_int_equal(bound_one("any_number", "-0.0")->any_number, 0);
	assert_true(bound_one("any_number", "9007199254740993.0")->any_number ==
		    INT64_C(9007199254740993));
	assert_true(bound_one("flag", "true")->flag);
	assert_false(bound_one("flag", "false")->flag);
	assert_int_equal(bound_one("price", "60")->price.paise, 6000);
	assert_int_equal(bound_one("price", "60.5")->price.paise, 6050);
	assert_int_equal(bound_one("price", "0.05")->price.paise, 5);
	assert_int_equal(bound_one("price", "0")->price.paise, 0);
	assert_int_equal(bound_one("price", "6e1")->price.paise, 6000);
	assert_int_equal(bound_one("price", "3.3000000000000003")->price.paise, 330);
	assert_int_equal(bound_one("price", "-0.0")->price.paise, 0);
	assert_int_equal(bound_one("colour", "\"red\"")->colour, 0);
	assert_int_equal(bound_one("colour", "\"blue\"")->colour, 2);
	bson_oid_to_string(&bound_one("id", "\"" ID "\"")->id, hex);
	assert_string_equal(hex, ID);
	bson_oid_to_string(&bound_one("id", "\"65F0C0FFEE0123456789ABCD\"")->id, hex);
	assert_string_equal(hex, ID);
	one = bound_one("parts", "[{\"n\":4},{\"n\":5}]");
	parts = one->parts.items;
	assert_int_equal(one->parts.n, 2);
	assert_int_equal(parts[0].n, 4);
	assert_int_equal(parts[1].n, 5);
}

static const char NOT_TEXT[] = "Input should be a valid string";
static const char NOT_INT[] = "Input should be a valid integer";
static const char NOT_MONEY[] =
    "Input should be an amount in rupees from 0 to 9999999999999.99 with "
    "at most two decimal places";

/* Values are not converted between types. */
static void test_values_of_wrong_type(void **state)
{
	static const struct {
		const char *name, *value, *type, *msg;
	} cases[] = {
	    {"text", "5", "string_type", NOT_TEXT},
	    {"text", "null", "string_type", NOT_TEXT},
	    {"text", "[\"ab\"]", "string_type", NOT_TEXT},
	    {"id", "5", "string_type", NOT_TEXT},
	    {"product_id", "{}", "string_type", NOT_TEXT},
	    {"colour", "1", "string_type", NOT_TEXT},
	    {"number", "\"5\"", "int_type", NOT_INT},
	    {"number", "5.5", "int_type", NOT_INT},
	    {"number", "1e-1", "int_type", NOT_INT},
	    {"number", "5.00000000000000000001", "int_type", NOT_INT},
	    {"number", "true", "int_type", NOT_INT},
	    {"number", "null", "int_type", NOT_INT},
	    {"flag", "1", "bool_type", "Input should be a valid boolean"},
	    {"flag", "\"true\"", "bool_type", "Input should be a valid boolean"},
	    {"price", "\"60\"", "decimal_type", NOT_MONEY},
	    {"price", "60.555", "decimal_type", NOT_MONEY},
	    {"price", "60.000001", "decimal_type", NOT_MONEY},
	    {"price", "true", "decimal_type", NOT_MONEY},
	    {"price", "99999999999999999999", "decimal_type", NOT_MONEY},
	    {"price", "-1", "decimal_type", NOT_MONEY},
	    {"price", "-0.01", "decimal_type", NOT_MONEY},
	    {"parts", "{}", "list_type", "Input should be a valid list"},
	    {"parts", "\"x\"", "list_type", "Input should be a valid list"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_validation_error(cases[i].name, cases[i].value, cases[i].type, cases[i].msg);
}

static void test_number_limits(void **state)
{
	(void)state;
	assert_validation_error("number", "0", "greater_than_equal",
				"Input should be greater than or equal to 1");
	assert_validation_error("number", "-9223372036854775808", "greater_than_equal",
				"Input should be greater than or equal to 1");
	assert_validation_error("number", "100", "less_than_equal",
				"Input should be less than or equal to 99");
	assert_validation_error("number", "0.0", "greater_than_equal",
				"Input should be greater than or equal to 1");
	assert_validation_error("number", "-2.0", "greater_than_equal",
				"Input should be greater than or equal to 1");
	assert_validation_error("number", "1e2", "less_than_equal",
				"Input should be less than or equal to 99");
	assert_validation_error("number", "1e400", "less_than_equal",
				"Input should be less than or equal to 99");
	assert_validation_error("number", "99999999999999999999999", "less_than_equal",
				"Input should be less than or equal to 99");
	assert_validation_error("any_number", "-1", "greater_than_equal",
				"Input should be greater than or equal to 0");
}

static void test_unknown_enum_values(void **state)
{
	static const char msg[] = "Input should be one of: 'red', 'green', 'blue'";

	(void)state;
	assert_validation_error("colour", "\"pink\"", "enum", msg);
	assert_validation_error("colour", "\"re\"", "enum", msg);
	assert_validation_error("colour", "\"redd\"", "enum", msg);
	assert_validation_error("colour", "\"RED\"", "enum", msg);
	assert_validation_error("colour", "\"\"", "enum", msg);
}

static void test_malformed_id_returns_error_of_field(void **state)
{
	static const char *const ids[] = {"\"\"", "\"" ID "0\"", "\"65f0c0ffee0123456789abc\"",
					  "\"65f0c0ffee0123456789abcg\"", "\" " ID "\""};
	const struct one *out;

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_validation_error("id", ids[i], "value_error",
					"Input should be an id of 24 hexadecimal digits");
		assert_int_equal(bind_one(&out, "product_id", ids[i]), ERR_PRODUCT_NOT_FOUND);
		assert_null(binding.invalid);
	}
}

static void test_invalid_lists(void **state)
{
	const struct one *out;

	(void)state;
	assert_validation_error("parts", "[]", "list_length",
				"List should have another number of items");
	assert_validation_error("parts", "[{\"n\":1},{\"n\":1},{\"n\":1},{\"n\":1}]", "list_length",
				"List should have another number of items");
	assert_validation_error("parts", "[{\"n\":1},5]", "dict_type", "Items should be objects");
	assert_validation_error("parts", "[null]", "dict_type", "Items should be objects");
	assert_int_equal(bind_one(&out, "parts", "[{\"n\":1},{\"n\":10}]"), ERR_INVALID);
	assert_int_equal(bind_one(&out, "parts", "[{\"n\":1},{}]"), ERR_INVALID);
}

/* ---- presence ---- */

struct change {
	int64_t stock, delta;
	bool has_stock, has_delta, available, has_available;
};

static const struct field change_fields[] = {
    {FIELD(struct change, stock), .optional = true, GIVEN(struct change, has_stock), .max = 9},
    {FIELD(struct change, delta), .optional = true, GIVEN(struct change, has_delta), .min = -9,
     .max = 9},
    {FIELD(struct change, available), .optional = true, GIVEN(struct change, has_available)},
};
static const struct shape change_shape = SHAPE(struct change, change_fields);

static enum err bind_change(const struct change **out, const char *body)
{
	size_t at;
	void *bound;
	enum err e;

	binding.invalid = NULL;
	assert_int_equal(json_parse(&binding.body, &at, arena, body, strlen(body)), OK);
	e = shape_bind(&bound, &binding, &change_shape);
	*out = bound;
	return e;
}

static void test_given_is_set_for_present_fields(void **state)
{
	const struct change *out;

	(void)state;
	assert_int_equal(bind_change(&out, "{}"), OK);
	assert_false(out->has_stock || out->has_delta || out->has_available);
	assert_int_equal(bind_change(&out, "{\"stock\":0,\"available\":false}"), OK);
	assert_true(out->has_stock && !out->has_delta && out->has_available);
	assert_int_equal(bind_change(&out, "{\"delta\":-9}"), OK);
	assert_true(!out->has_stock && out->has_delta);
	assert_int_equal(out->delta, -9);
}

/* For these fields null is no absence. */
static void test_null_is_refused_for_given_fields(void **state)
{
	const struct change *out;

	(void)state;
	assert_int_equal(bind_change(&out, "{\"stock\":null}"), ERR_INVALID);
	assert_int_equal(bind_change(&out, "{\"available\":null}"), ERR_INVALID);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_strings_are_normalized),
	    TEST(test_strings_need_a_visible_character),
	    TEST(test_strings_are_trimmed),
	    TEST(test_lengths_count_characters),
	    TEST(test_string_length_limits),
	    TEST(test_control_characters_are_refused),
	    TEST(test_hidden_characters_are_refused),
	    TEST(test_characters_are_checked_before_folding),
	    TEST(test_maximum_holds_before_folding),
	    TEST(test_minimum_holds_for_input_and_form),
	    TEST(test_field_check_is_called),
	    TEST(test_values_of_every_type),
	    TEST(test_values_of_wrong_type),
	    TEST(test_number_limits),
	    TEST(test_unknown_enum_values),
	    TEST(test_malformed_id_returns_error_of_field),
	    TEST(test_invalid_lists),
	    TEST(test_given_is_set_for_present_fields),
	    TEST(test_null_is_refused_for_given_fields),
	};

	return cmocka_run_group_tests_name("shape_bind", tests, NULL, NULL);
}
