/* The parts of a binding: for shape.c, shape_list.c and shape_bson.c alone. */
#ifndef LIB_SHAPE_PRIVATE_H
#define LIB_SHAPE_PRIVATE_H

#include "shape.h"

/* Puts a value in its field's place in `out`, a string in the form that the field asks for.
 * ERR_INVALID with a fault in the binding where the field's limits exclude it. */
enum err shape_bind_string(void *out, struct binding *b, const struct field *f, const char *s,
			   size_t len) MUST_CHECK;
enum err shape_bind_int(void *out, struct binding *b, const struct field *f,
			int64_t value) MUST_CHECK;

/* An object's fields, and a list's items; as shape_bind(). The body is the object. */
enum err shape_bind_fields(void *out, struct binding *b, const struct shape *shape) MUST_CHECK;
enum err shape_bind_list(void *out, struct binding *b, const struct field *f,
			 struct json_object *array) MUST_CHECK;

/* Adds a fault of a field; as shape_error(). `msg` may be NULL for want of memory. */
enum err shape_field_error(struct binding *b, const struct field *f, const char *type,
			   const char *msg) MUST_CHECK;

#endif
