/* Answers of other services, read through a shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "rest.h"

static struct ctx ctx;

static int begin(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1); /* no log: the errors are intended */
	ctx.arena = arena_new(32 << 20);
	return ctx.arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(ctx.arena);
	return 0;
}

struct item_in {
	int64_t n;
};

static const struct field item_fields[] = {{FIELD(struct item_in, n)}};
static const struct shape item_in = SHAPE(struct item_in, item_fields);

struct page_in {
	bool ok;
	struct money price;
	const char *note;
	struct list items;
};

static const struct field page_fields[] = {
    {FIELD(struct page_in, ok)},
    {FIELD(struct page_in, price), .optional = true},
    {FIELD(struct page_in, note), .optional = true},
    {FIELD(struct page_in, items), .optional = true, .of = &item_in},
};
static const struct shape page_in = SHAPE(struct page_in, page_fields);

static enum err read_text(const void **out, const char *text)
{
	struct rest_answer answer = {200, text, strlen(text)};

	return rest_read(out, &ctx, &answer, &page_in);
}

static void test_answer_is_read_through_shape(void **state)
{
	const struct page_in *page;
	const void *read = NULL;

	(void)state;
	assert_int_equal(read_text(&read, "{\"ok\":true}"), OK);
	page = read;
	assert_true(page->ok);
	assert_int_equal(page->price.paise, MONEY_NONE.paise);
	assert_int_equal(read_text(&read, " {\"ok\":false,\"price\":60.5,\"note\":\"a\",\"more\":"
					  "{},\"items\":[{\"n\":1},{\"n\":2}]} "),
			 OK);
	page = read;
	assert_false(page->ok);
	assert_int_equal(page->price.paise, 6050);
	assert_string_equal(page->note, "a");
	assert_int_equal(page->items.n, 2);
	assert_int_equal(((const struct item_in *)page->items.items)[1].n, 2);
}

/* Such an answer is an error of the other service. */
static void test_mismatched_answer_is_an_error(void **state)
{
	static const char *const bad[] = {
	    "",
	    "{",
	    "{\"ok\":true}x",
	    "null",
	    "[]",
	    "[{\"ok\":true}]",
	    "true",
	    "{}",
	    "{\"ok\":null}",
	    "{\"ok\":1}",
	    "{\"ok\":\"true\"}",
	    "{\"ok\":true,\"ok\":true}",
	    "{\"ok\":true,\"items\":{}}",
	    "{\"ok\":true,\"items\":[{}]}",
	    "{\"ok\":true,\"items\":[1]}",
	    "{\"ok\":true,\"note\":\"\\u0000\"}",
	    "<html>",
	};
	const void *read = &read;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(read_text(&read, bad[i]), ERR_BAD_ANSWER);
		assert_ptr_equal(read, &read);
	}
}

static void test_answer_must_be_an_object(void **state)
{
	static const struct field fields[] = {{FIELD(struct page_in, note), .optional = true}};
	static const struct shape all_optional = SHAPE(struct page_in, fields);
	static const char *const bad[] = {"[]", "null", "1", "\"{}\""};
	struct rest_answer answer = {200, "{}", 2};
	const void *read;

	(void)state;
	assert_int_equal(rest_read(&read, &ctx, &answer, &all_optional), OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		answer.body = bad[i];
		answer.len = strlen(bad[i]);
		assert_int_equal(rest_read(&read, &ctx, &answer, &all_optional), ERR_BAD_ANSWER);
	}
}

struct entry_in {
	bson_oid_t _id;
	const char *name;
	struct money price;
};

static const struct field entry_fields[] = {
    {FIELD(struct entry_in, _id)},
    {FIELD(struct entry_in, name)},
    {FIELD(struct entry_in, price)},
};
static const struct shape entry_in = SHAPE(struct entry_in, entry_fields);

static const struct field lenient_fields[] = {
    {FIELD(struct page_in, ok)},
    {FIELD(struct page_in, items), .of = &entry_in, .lenient = true},
};
static const struct shape lenient_in = SHAPE(struct page_in, lenient_fields);

#define ID(n)           "00000000000000000000000" n
#define ENTRY(id, rest) "{\"_id\":\"" id "\"," rest "}"

/* An invalid item doesn't affect the others. */
static void test_lenient_list_omits_invalid_items(void **state)
{
	static const struct {
		const char *item, *id, *field;
	} bad[] = {
	    {ENTRY(ID("9"), "\"name\":\"a\",\"price\":-1"), ID("9"), "price"},
	    {ENTRY(ID("9"), "\"name\":\"a\",\"price\":10000000000000000"), ID("9"), "price"},
	    {ENTRY(ID("9"), "\"name\":\"a\\u200b\",\"price\":1"), ID("9"), "name"},
	    {ENTRY(ID("9"), "\"name\":\"a\\tb\",\"price\":\"1\""), ID("9"), "name"},
	    {ENTRY(ID("9"), "\"price\":1"), ID("9"), "name"},
	    {ENTRY("x", "\"name\":\"a\",\"price\":1"), NULL, "_id"},
	    {"{}", NULL, "_id"},
	    {"null", NULL, "items"},
	    {"[]", NULL, "items"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *body =
		    arena_printf(ctx.arena, "{\"ok\":true,\"items\":[%s,%s,%s,%s]}", bad[i].item,
				 ENTRY(ID("1"), "\"name\":\"a\",\"price\":1"), bad[i].item,
				 ENTRY(ID("2"), "\"name\":\"b\",\"price\":2"));
		struct rest_answer answer = {200, body, strlen(body)};
		const struct omitted_item *omitted;
		const struct entry_in *entries;
		const void *read;

		assert_int_equal(rest_read_lenient(&read, &omitted, &ctx, &answer, &lenient_in),
				 OK);
		assert_int_equal(((const struct page_in *)read)->items.n, 2);
		entries = ((const struct page_in *)read)->items.items;
		assert_string_equal(entries[0].name, "a");
		assert_string_equal(entries[1].name, "b");
		assert_int_equal(entries[1].price.paise, 200);
		for (int n = 0; n < 2; n++, omitted = omitted->next) {
			assert_string_equal(omitted->list, "items");
			assert_string_equal(omitted->field, bad[i].field);
			if (bad[i].id)
				assert_string_equal(omitted->id, bad[i].id);
			else
				assert_null(omitted->id);
		}
		assert_null(omitted);
	}
}

/* A text that is longer than the library's formatted texts. */
static void test_invalid_text_omits_one_item(void **state)
{
	enum { LONG = 70000 };
	char *name = arena_alloc(ctx.arena, LONG + 1);
	struct rest_answer answer = {.status = 200};
	const struct omitted_item *omitted;
	const void *read;

	(void)state;
	memset(name, 'a', LONG);
	answer.body =
	    arena_printf(ctx.arena,
			 "{\"ok\":true,\"items\":[{\"_id\":\"%s\",\"name\":\"%s\",\"price\":1}]}",
			 ID("9"), name);
	answer.len = strlen(answer.body);
	assert_int_equal(rest_read_lenient(&read, &omitted, &ctx, &answer, &lenient_in), OK);
	assert_int_equal(((const struct page_in *)read)->items.n, 0);
	assert_string_equal(omitted->id, ID("9"));
}

/* An answer may be larger than the body of a request. */
static void test_large_answer_is_read(void **state)
{
	enum { ITEMS = 20000 };
	static const char head[] = "{\"ok\":true,\"items\":[";
	char *text = arena_alloc(ctx.arena, ITEMS * 10 + 64);
	size_t len = strlen(head);
	const void *read;

	(void)state;
	assert_non_null(text);
	memcpy(text, head, len);
	for (int i = 0; i < ITEMS; i++)
		len += (size_t)snprintf(text + len, 16, "%s{\"n\":7}", i ? "," : "");
	snprintf(text + len, 8, "]}");
	assert_int_equal(read_text(&read, text), OK);
	assert_int_equal(((const struct page_in *)read)->items.n, ITEMS);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_answer_is_read_through_shape), TEST(test_mismatched_answer_is_an_error),
	    TEST(test_answer_must_be_an_object),     TEST(test_lenient_list_omits_invalid_items),
	    TEST(test_invalid_text_omits_one_item),  TEST(test_large_answer_is_read),
	};

	return cmocka_run_group_tests_name("rest_read", tests, NULL, NULL);
}
