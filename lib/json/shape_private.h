/* Parts of a binding. Only shape.c, shape_list.c and shape_bson.c include this. */
#ifndef LIB_SHAPE_PRIVATE_H
#define LIB_SHAPE_PRIVATE_H

#include "shape.h"

/* Store a value in its field of `out`, a string in the field's form. ERR_INVALID, with a validation
 * error in the binding, if the value is outside the field's limits. */
enum err shape_bind_string(void *out, struct binding *b, const struct field *f, const char *s,
			   size_t len) MUST_CHECK;
enum err shape_bind_int(void *out, struct binding *b, const struct field *f,
			int64_t value) MUST_CHECK;

/* Bind the fields of an object, which is the binding's body, or the items of a list. They check all
 * of them before they return ERR_INVALID. Errors as of shape_bind(). */
enum err shape_bind_fields(void *out, struct binding *b, const struct shape *shape) MUST_CHECK;
enum err shape_bind_list(void *out, struct binding *b, const struct field *f,
			 struct json_object *array) MUST_CHECK;

/* Adds a validation error of a field; returns as shape_error(). `msg` may be NULL if its allocation
 * failed; the result is then ERR_NO_MEMORY. */
enum err shape_field_error(struct binding *b, const struct field *f, const char *type,
			   const char *msg) MUST_CHECK;

#endif
