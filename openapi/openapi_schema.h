/* Writes shapes as JSON Schemas, and examples of them. Only openapi*.c include this. */
#ifndef OPENAPI_OPENAPI_SCHEMA_H
#define OPENAPI_OPENAPI_SCHEMA_H

#include "json_writer.h"
#include "shape.h"

/* Writes the schema of a shape as the member `name`: a reference if the shape has a name. */
void schema_write(struct json_writer *w, const char *name, const struct shape *shape);

/* Writes the schema of a shape under its own name: of a request's body, or of a response. */
void schema_write_named(struct json_writer *w, const struct shape *shape, bool body);

/* Writes the schema of a field's enum under the name of the enum. */
void schema_write_enum(struct json_writer *w, const struct field *field);

/* Writes the schema of a parameter; with an example if `example` is set. */
void schema_write_parameter(struct json_writer *w, const struct field *field, bool example);

/* Writes a member of the schema `Error` that the error `code` has. */
void schema_write_detail(struct json_writer *w, const struct field *field, const char *code);

/* Write values that match the schema. The example of a body has only the required members. */
void example_write(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_body(struct json_writer *w, const char *name, const struct shape *shape);
void example_write_members(struct json_writer *w, const struct shape *shape);
void example_write_field(struct json_writer *w, const char *name, const struct field *field);

#endif
