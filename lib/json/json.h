/*
 * Strict JSON. json-c lets pass what RFC 8259 forbids (see json_check), so a text is
 * checked first and parsed then.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum {
	JSON_DEPTH_MAX = 16,
	JSON_NODES_MAX = 10000,         /* values and names */
	JSON_LARGE_NODES_MAX = 4000000, /* a catalogue of 100,000 products fits */
	JSON_NAMES_MAX = 64,  /* in one object: the check for duplicates is quadratic in it */
	JSON_NUMBER_MAX = 32, /* characters of a number */
};

/*
 * Checks that `len` bytes are one JSON text as RFC 8259 has it, in valid UTF-8, with no duplicate
 * name in an object (escapes resolved), no U+0000 and no lone surrogate, within the
 * ceilings above. Written by hand because the parsers at hand accept duplicates, NaN, leading
 * zeros, control characters, overlong UTF-8 or trailing garbage.
 * Source: RFC 8259, RFC 3629. ERR_INVALID, with the offset of the fault in *at.
 */
enum err json_check(size_t *at, const char *text, size_t len) MUST_CHECK;

/* In words why json_check() refuses a text; NULL: it takes it. It checks again: for the text of an
 * error alone. */
const char *json_reason(const char *text, size_t len);

/* Checks and parses; the object lives as long as the arena's content. As everywhere in json-c, a
 * NULL object is JSON's null. ERR_INVALID as above, ERR_NO_MEMORY without memory. */
enum err json_parse(struct json_object **object, size_t *at, struct arena *arena, const char *text,
		    size_t len) MUST_CHECK;

/* The same for an answer of one of our own services: JSON_LARGE_NODES_MAX holds instead. */
enum err json_parse_large(struct json_object **object, size_t *at, struct arena *arena,
			  const char *text, size_t len) MUST_CHECK;

/* json_object_put() as arena_defer() takes it. */
void json_release(void *object);

/* Adds a member, or an element; takes the value over. False without memory, and a value or an
 * object that is NULL for want of it counts as that. */
bool json_add(struct json_object *object, const char *name, struct json_object *value);
bool json_append(struct json_object *array, struct json_object *value);

/* The text of an object without white space, in memory of the object; *len may be NULL.
 * NULL without memory. */
const char *json_text(size_t *len, struct json_object *object);

#endif
