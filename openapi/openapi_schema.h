/* Shapes as JSON Schemas, and what they look like filled in: for openapi.c alone. */
#ifndef OPENAPI_OPENAPI_SCHEMA_H
#define OPENAPI_OPENAPI_SCHEMA_H

#include "json_writer.h"
#include "shape.h"

/* The schema of a shape as a member `name`: a reference where the shape has a name. */
void schema_write(struct json_writer *w, const char *name, const struct shape *shape);

/* Itself, under its own name: of what goes out, or of a body that is read. */
void schema_write_named(struct json_writer *w, const struct shape *shape, bool body);

/* The words of a field, under the name that they have. */
void schema_write_enum(struct json_writer *w, const struct field *field);

/* A parameter's; its example is in it where `example` says so. */
void schema_write_parameter(struct json_writer *w, const struct field *field, bool example);

/* A member of the schema `Error`, of the error `code`. */
void schema_write_detail(struct json_writer *w, const struct field *field, const char *code);

/* Values that fit the schema. A body's has what it must have. */
void example_write(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_body(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_members(struct json_writer *w, const struct shape *shape);
void example_write_field(struct json_writer *w, const char *name, const struct field *field);

#endif
