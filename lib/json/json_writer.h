/*
 * JSON as it is written, value by value, to a stream: for documents that are printed once, whose
 * writer need not hold them. A name belongs to a member of an object; elements of an array have
 * none (NULL).
 */
#ifndef LIB_JSON_WRITER_H
#define LIB_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_WRITER_DEPTH_MAX = 64 };

struct json_writer {
	FILE *out;
	uint64_t arrays; /* of those that are open: bit 0 is the outermost */
	unsigned depth;
	bool behind; /* a value stands before, in the same object or array */
};

void json_write_object(struct json_writer *w, const char *name);
void json_write_array(struct json_writer *w, const char *name);

/* Ends the innermost of them. */
void json_write_end(struct json_writer *w);

/* Valid UTF-8. */
void json_write_text(struct json_writer *w, const char *name, const char *text);
void json_write_int(struct json_writer *w, const char *name, int64_t value);
void json_write_bool(struct json_writer *w, const char *name, bool value);

/* Text that is JSON already. */
void json_write_raw(struct json_writer *w, const char *name, const char *json);

#endif
