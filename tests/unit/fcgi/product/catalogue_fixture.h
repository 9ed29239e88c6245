/* Shared by the tests of the catalogue: three products. */
#ifndef TESTS_FCGI_CATALOGUE_FIXTURE_H
#define TESTS_FCGI_CATALOGUE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/product/catalogue_read.h"
#include "json.h"

enum { VERSION = 100 };

static struct arena *arena;

static inline int begin(void **state)
{
	(void)state;
	arena = arena_new(64 << 20);
	return arena ? 0 : -1;
}

static inline int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static inline bson_oid_t id_of(int n)
{
	bson_oid_t id = {{0}};

	id.bytes[10] = (uint8_t)(n >> 8);
	id.bytes[11] = (uint8_t)n;
	return id;
}

static inline struct product product_of(int n, const char *name, const char *category)
{
	return (struct product){
	    ._id = id_of(n),
	    .facts = {.name = name,
		      .unit = "1 L",
		      .image_url = "/pictures/x.webp",
		      .price = {6050}},
	    .description = "Good",
	    .category = category,
	    .available = true,
	    .stock = 7,
	};
}

/* milk (1), bread (2), curd (3), of two categories */
static inline struct snapshot *make_three(void)
{
	struct product products[] = {
	    product_of(1, "Milk 1L", "Dairy"),
	    product_of(2, "Brown Bread", "Bakery"),
	    product_of(3, "Curd", "Dairy"),
	};
	/* Not in order of the ids: the catalogue sorts them. */
	struct change changes[] = {{id_of(3), VERSION, &products[2]},
				   {id_of(1), VERSION, &products[0]},
				   {id_of(2), VERSION, &products[1]}};
	struct snapshot *s = catalogue_new(NULL, changes, 3, VERSION, "");

	assert_non_null(s);
	return s;
}

static inline struct snapshot *change(struct snapshot *previous, int n, int64_t version,
				      const struct product *product)
{
	struct change one = {id_of(n), version, product};
	struct snapshot *s = catalogue_new(previous, &one, 1, 0, "");

	assert_non_null(s);
	return s;
}

static inline struct json_object *parse(const char *bytes, size_t len)
{
	struct json_object *json = NULL;
	size_t at;

	assert_int_equal(json_parse_large(&json, &at, arena, bytes, len), OK);
	return json;
}

/* The names of an array of products, one after the other: "Milk 1L,Curd". */
static const char *names_in(struct json_object *array)
{
	const char *names = "";
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		names = arena_printf(arena, "%s%s%s", names, i ? "," : "",
				     json_object_get_string(json_object_object_get(item, "name")));
	}
	return names;
}

static const char *names_of(const struct rendered *text)
{
	return names_in(parse(text->bytes, text->len));
}

static inline void assert_text(const struct rendered *text, const char *expected)
{
	assert_int_equal(text->len, strlen(expected));
	assert_memory_equal(text->bytes, expected, text->len);
}

#endif
