/*
 * Writes JSON to a stream, value by value, without building the document in memory. Members of an
 * object have a name; for elements of an array the name is NULL.
 */
#ifndef LIB_JSON_WRITER_H
#define LIB_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_WRITER_DEPTH_MAX = 64 };

struct json_writer {
	FILE *out;
	uint64_t arrays; /* which open levels are arrays: bit 0 is the outermost level */
	unsigned depth;
	bool needs_comma; /* the open object or array has a value already */
};

/* Begin an object or an array; at most JSON_WRITER_DEPTH_MAX are open at a time. */
void json_write_object(struct json_writer *w, const char *name);
void json_write_array(struct json_writer *w, const char *name);

/* Ends the innermost open object or array. */
void json_write_end(struct json_writer *w);

/* `name` and `text` are valid UTF-8. */
void json_write_text(struct json_writer *w, const char *name, const char *text);
void json_write_int(struct json_writer *w, const char *name, int64_t value);
void json_write_bool(struct json_writer *w, const char *name, bool value);

/* `json` is valid JSON. */
void json_write_raw(struct json_writer *w, const char *name, const char *json);

#endif
