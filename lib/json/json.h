/*
 * Strict JSON. json-c accepts texts that RFC 8259 forbids (see json_check()), so json_parse()
 * checks a text before json-c parses it.
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
	JSON_LARGE_NODES_MAX = 4000000, /* enough for a catalogue of 100,000 products */
	JSON_NAMES_MAX = 64,  /* in one object; the check for duplicates takes quadratic time */
	JSON_NUMBER_MAX = 32, /* characters of a number */
};

/*
 * Checks that `len` bytes are one JSON text according to RFC 8259, in valid UTF-8, within the
 * limits above, and that no object has a duplicate name (escapes resolved), a U+0000 or a lone
 * surrogate. It is a parser of its own because json-c and the other available parsers accept
 * duplicates, NaN, leading zeros, control characters, overlong UTF-8 or trailing garbage.
 * ERR_INVALID, with the offset of the error in *at. Source: RFC 8259, RFC 3629.
 */
enum err json_check(size_t *at, const char *text, size_t len) MUST_CHECK;

/* Why json_check() refuses a text, for people; NULL if the text is valid. Checks the text again, so
 * call it only for error messages. Static memory. */
const char *json_reason(const char *text, size_t len);

/* Checks and parses a text. The arena owns the object. As in json-c, a NULL object is JSON's null.
 * ERR_INVALID as above, ERR_NO_MEMORY if out of memory. */
enum err json_parse(struct json_object **object, size_t *at, struct arena *arena, const char *text,
		    size_t len) MUST_CHECK;

/* The same with the limit JSON_LARGE_NODES_MAX, for texts from a trusted source. */
enum err json_parse_large(struct json_object **object, size_t *at, struct arena *arena,
			  const char *text, size_t len) MUST_CHECK;

/* json_object_put() with the type that arena_defer() takes. */
void json_release(void *object);

/* Add a member or an element, and take ownership of the value. False if out of memory, also if the
 * object, the array or the value is NULL because its own allocation failed. */
bool json_add(struct json_object *object, const char *name, struct json_object *value);
bool json_append(struct json_object *array, struct json_object *value);

/* The text of an object without white space. The object owns it. `len` may be NULL. NULL if out of
 * memory. */
const char *json_text(size_t *len, struct json_object *object);

#endif
