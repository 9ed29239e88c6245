/* Shapes as JSON Schemas, and what they look like filled in: for openapi.c alone. */
#ifndef LIB_OPENAPI_SCHEMA_H
#define LIB_OPENAPI_SCHEMA_H

#include "json_writer.h"
#include "shape.h"

/* The schema of a shape as a member `name`: a reference where the shape has a name. */
void schema_write(struct json_writer *w, const char *name, const struct shape *shape);

/* The same, of the fields that come in a body. */
void schema_write_body(struct json_writer *w, const char *name, const struct shape *shape);

/* Itself, under its own name. */
void schema_write_named(struct json_writer *w, const struct shape *shape);

/* Members of an object, or a value's facts: into an object that is open. */
void schema_write_properties(struct json_writer *w, const struct shape *shape);
void schema_write_field(struct json_writer *w, const char *name, const struct field *field);

/* Values that fit the schema. A body's has what it must have. */
void example_write(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_body(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_members(struct json_writer *w, const struct shape *shape);
void example_write_field(struct json_writer *w, const char *name, const struct field *field);

#endif
