#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json.h"
#include "shape.h"

#define ID "65f0c0ffee0123456789abcd"

static const char *const colours[] = {"red", "green", NULL};

struct part {
	const char *name;
	struct money price;
};

static const struct field part_fields[] = {
    {FIELD(struct part, name)},
    {FIELD(struct part, price)},
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
	const char *secret; /* no shape has it */
};

static const struct field all_fields[] = {
    {FIELD(struct all, text)},
    {FIELD(struct all, number)},
    {FIELD(struct all, flag)},
    {FIELD(struct all, price)},
    {FIELD(struct all, _id)},
    {FIELD(struct all, at)},
    {FIELD(struct all, colour), .values = colours},
    {FIELD(struct all, parts), .of = &part_shape},
};
static const struct shape all_shape = SHAPE(struct all, all_fields);

static void assert_json(struct json_object *object, const char *expected)
{
	assert_non_null(object);
	assert_string_equal(json_text(NULL, object), expected);
	json_object_put(object);
}

static void test_every_type(void **state)
{
	struct part parts[] = {{"a", {5}}, {"b", {6000}}};
	struct all all = {
	    .text = "x",
	    .number = INT64_MIN,
	    .flag = true,
	    .price = {6050},
	    .at = {1772357400250},
	    .colour = 1,
	    .parts = {parts, 2},
	    .secret = "hash",
	};

	(void)state;
	bson_oid_init_from_string(&all._id, ID);
	assert_json(shape_to_json(&all_shape, &all),
		    "{\"text\":\"x\",\"number\":-9223372036854775808,\"flag\":true,\"price\":60.5,"
		    "\"_id\":\"" ID "\",\"at\":\"2026-03-01T09:30:00.250Z\",\"colour\":\"green\","
		    "\"parts\":[{\"name\":\"a\",\"price\":0.05},{\"name\":\"b\",\"price\":60}]}");
}

static void test_money_is_exact(void **state)
{
	static const struct {
		int64_t paise;
		const char *json;
	} cases[] = {
	    {0, "{\"name\":\"\",\"price\":0}"},
	    {1, "{\"name\":\"\",\"price\":0.01}"},
	    {10, "{\"name\":\"\",\"price\":0.1}"},
	    {110, "{\"name\":\"\",\"price\":1.1}"},
	    {-6050, "{\"name\":\"\",\"price\":-60.5}"},
	    {MONEY_MAX_PAISE, "{\"name\":\"\",\"price\":9999999999999.99}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_json(shape_to_json(&part_shape, &(struct part){"", {cases[i].paise}}),
			    cases[i].json);
}

static void test_texts_are_escaped(void **state)
{
	(void)state;
	assert_json(shape_to_json(&part_shape, &(struct part){"a\"\\\n</b>\xC3\xA4", {0}}),
		    "{\"name\":\"a\\\"\\\\\\n</b>\xC3\xA4\",\"price\":0}");
}

struct note {
	const char *must, *may;
};

static const struct field note_fields[] = {
    {FIELD(struct note, must)},
    {FIELD(struct note, may), .optional = true},
};
static const struct shape note_shape = SHAPE(struct note, note_fields);

static void test_absent_optional_texts_are_left_out(void **state)
{
	(void)state;
	assert_json(shape_to_json(&note_shape, &(struct note){"a", NULL}), "{\"must\":\"a\"}");
	assert_json(shape_to_json(&note_shape, &(struct note){NULL, "b"}),
		    "{\"must\":null,\"may\":\"b\"}");
	assert_json(shape_to_json(&note_shape, &(struct note){"", ""}),
		    "{\"must\":\"\",\"may\":\"\"}");
}

struct bid {
	struct money price, expected_total;
};

static const struct field bid_fields[] = {
    {FIELD(struct bid, price)},
    {FIELD(struct bid, expected_total), .optional = true},
};
static const struct shape bid_shape = SHAPE(struct bid, bid_fields);

static void test_absent_optional_amounts_are_left_out(void **state)
{
	(void)state;
	assert_json(shape_to_json(&bid_shape, &(struct bid){{100}, MONEY_NONE}), "{\"price\":1}");
	assert_json(shape_to_json(&bid_shape, &(struct bid){{100}, {0}}),
		    "{\"price\":1,\"expected_total\":0}");
	assert_json(shape_to_json(&bid_shape, &(struct bid){{100}, {-2}}),
		    "{\"price\":1,\"expected_total\":-0.02}");
	assert_json(shape_to_json(&bid_shape, &(struct bid){MONEY_NONE, {1}}),
		    "{\"price\":-0.01,\"expected_total\":0.01}");
}

static void test_lists(void **state)
{
	struct note notes[] = {{"a", NULL}, {"b", "c"}};

	(void)state;
	assert_json(shape_list_to_json(&note_shape, notes, 2),
		    "[{\"must\":\"a\"},{\"must\":\"b\",\"may\":\"c\"}]");
	assert_json(shape_list_to_json(&note_shape, NULL, 0), "[]");
	assert_json(shape_to_json(&all_shape, &(struct all){.text = ""}),
		    "{\"text\":\"\",\"number\":0,\"flag\":false,\"price\":0,"
		    "\"_id\":\"000000000000000000000000\",\"at\":\"1970-01-01T00:00:00.000Z\","
		    "\"colour\":\"red\",\"parts\":[]}");
}

/* The text is in the arena, independent of the struct. */
static void test_to_text(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	struct note note = {"a\"", NULL};
	const char *first, *second;

	(void)state;
	first = shape_to_text(arena, &note_shape, &note);
	note = (struct note){"b", "c"};
	second = shape_to_text(arena, &note_shape, &note);
	assert_string_equal(first, "{\"must\":\"a\\\"\"}");
	assert_string_equal(second, "{\"must\":\"b\",\"may\":\"c\"}");
	arena_free(arena);
}

static void test_to_text_fails_if_out_of_memory(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	while (arena_alloc(arena, 64))
		;
	while (arena_alloc(arena, 1))
		;
	assert_null(shape_to_text(arena, &note_shape, &(struct note){"a", "b"}));
	arena_free(arena);
}

/* Writing a bound struct gives the same JSON. */
static void test_round_trip(void **state)
{
	static const char json[] = "{\"name\":\"a\",\"price\":0.07}";
	struct arena *arena = arena_new(1 << 16);
	struct binding binding = {.arena = arena};
	void *part = NULL;
	size_t at;

	(void)state;
	assert_int_equal(json_parse(&binding.body, &at, arena, json, sizeof json - 1), OK);
	assert_int_equal(shape_bind(&part, &binding, &part_shape), OK);
	assert_json(shape_to_json(&part_shape, part), json);
	arena_free(arena);
}

struct bag {
	struct list ids, words;
	struct json_object *texts;
};

static void test_nameless_field_is_a_bare_value(void **state)
{
	static const struct field id_fields[] = {{.type = FIELD_ID}};
	static const struct shape id = SHAPE(bson_oid_t, id_fields);
	static const struct field enum_fields[] = {{.type = FIELD_STRING}};
	static const struct shape word = SHAPE(const char *, enum_fields);
	static const struct field bag_fields[] = {
	    {FIELD(struct bag, ids), .of = &id},
	    {FIELD(struct bag, words), .of = &word},
	};
	static const struct shape bag_shape = SHAPE(struct bag, bag_fields);
	const char *words[] = {"a", "b"};
	struct bag bag = {.words = {words, 2}};
	bson_oid_t ids[1];

	(void)state;
	bson_oid_init_from_string(ids, ID);
	bag.ids = (struct list){ids, 1};
	assert_true(shape_is_value(&id));
	assert_false(shape_is_value(&bag_shape));
	assert_json(shape_to_json(&bag_shape, &bag),
		    "{\"ids\":[\"" ID "\"],\"words\":[\"a\",\"b\"]}");
	assert_json(shape_list_to_json(&word, words, 2), "[\"a\",\"b\"]");
	assert_json(shape_to_json(&id, ids), "\"" ID "\"");
}

static void test_objects_of_texts_are_borrowed(void **state)
{
	static const struct field fields[] = {{FIELD(struct bag, texts)}};
	static const struct shape shape = SHAPE(struct bag, fields);
	struct bag bag = {.texts = json_object_new_object()};

	(void)state;
	assert_true(json_add(bag.texts, "a", json_object_new_string("b")));
	assert_json(shape_to_json(&shape, &bag), "{\"texts\":{\"a\":\"b\"}}");
	assert_json(shape_to_json(&shape, &bag), "{\"texts\":{\"a\":\"b\"}}");
	json_object_put(bag.texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_type),
	    cmocka_unit_test(test_money_is_exact),
	    cmocka_unit_test(test_texts_are_escaped),
	    cmocka_unit_test(test_absent_optional_texts_are_left_out),
	    cmocka_unit_test(test_absent_optional_amounts_are_left_out),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_to_text),
	    cmocka_unit_test(test_to_text_fails_if_out_of_memory),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_nameless_field_is_a_bare_value),
	    cmocka_unit_test(test_objects_of_texts_are_borrowed),
	};

	return cmocka_run_group_tests_name("shape_json", tests, NULL, NULL);
}
