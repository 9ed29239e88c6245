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
	log_init("test", LOG_ERROR + 1); /* nothing: it is provoked */
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

static void reads_an_answer_through_a_shape(void **state)
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

/* Whoever answers so didn't do what he was asked for. */
static void an_answer_of_another_form_is_unavailable(void **state)
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
		assert_int_equal(read_text(&read, bad[i]), ERR_UNAVAILABLE);
		assert_ptr_equal(read, &read);
	}
}

static void an_answer_is_an_object(void **state)
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
		assert_int_equal(rest_read(&read, &ctx, &answer, &all_optional), ERR_UNAVAILABLE);
	}
}

/* Of more than a request may have. */
static void reads_a_large_answer(void **state)
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
	    TEST(reads_an_answer_through_a_shape),
	    TEST(an_answer_of_another_form_is_unavailable),
	    TEST(an_answer_is_an_object),
	    TEST(reads_a_large_answer),
	};

	return cmocka_run_group_tests_name("rest_read", tests, NULL, NULL);
}
