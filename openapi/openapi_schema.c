#include "openapi_schema.h"

#include <string.h>

#define REFERENCE "#/components/schemas/"

enum { ABOUT_MAX = 256 };

static const char *const type_names[] = {
    [FIELD_STRING] = "string", [FIELD_INT] = "integer", [FIELD_BOOL] = "boolean",
    [FIELD_MONEY] = "number",  [FIELD_ID] = "string",   [FIELD_TIME] = "string",
    [FIELD_ENUM] = "string",   [FIELD_LIST] = "array",  [FIELD_TEXTS] = "object",
};

static const char *const formats[] = {
    [FIELD_TIME] = "date-time",
    [FIELD_MONEY] = "double", /* a 32-bit float would lose paise */
    [FIELD_TEXTS] = NULL,
};

/* The names of a type's limits; NULL: it has none. */
static const struct {
	const char *min, *max;
} limit_names[] = {
    [FIELD_STRING] = {"minLength", "maxLength"},
    [FIELD_INT] = {"minimum", "maximum"},
    [FIELD_LIST] = {"minItems", "maxItems"},
    [FIELD_TEXTS] = {NULL, NULL},
};

/* JSON, but strings without quotes. */
static const char *const examples[] = {
    [FIELD_BOOL] = "true",
    [FIELD_MONEY] = "60.5",
    [FIELD_ID] = "665000000000000000000201",
    [FIELD_TIME] = "2026-11-22T23:17:22.313Z",
    [FIELD_TEXTS] = "{}",
};

/* ---- schemas ---- */

static void write_target(struct json_writer *w, const char *to)
{
	char text[128];

	snprintf(text, sizeof text, REFERENCE "%s", to);
	json_write_text(w, "$ref", text);
}

static void write_reference(struct json_writer *w, const char *name, const char *to)
{
	json_write_object(w, name);
	write_target(w, to);
	json_write_end(w);
}

static void write_enum(struct json_writer *w, const char *const *values)
{
	json_write_array(w, "enum");
	for (; *values; values++)
		json_write_text(w, NULL, *values);
	json_write_end(w);
}

/* In a body, null may stand for an absent optional member. */
static void write_type(struct json_writer *w, const struct field *f, bool body)
{
	if (!body || !f->optional || f->no_null || f->given) {
		json_write_text(w, "type", type_names[f->type]);
		return;
	}
	json_write_array(w, "type");
	json_write_text(w, NULL, type_names[f->type]);
	json_write_text(w, NULL, "null");
	json_write_end(w);
}

static void write_about(struct json_writer *w, const struct field *f)
{
	char text[ABOUT_MAX];

	snprintf(text, sizeof text, "%s%s%s", f->about ? f->about : "",
		 f->about && f->type == FIELD_MONEY ? ". " : "",
		 f->type == FIELD_MONEY ? "In rupees, with at most two decimal places" : "");
	if (*text)
		json_write_text(w, "description", text);
}

/* Writes the members of a field's schema. */
static void write_schema(struct json_writer *w, const struct field *f, bool body)
{
	const char *pattern = f->type == FIELD_ID ? "^[0-9a-fA-F]{24}$" : f->pattern;
	const char *format = f->format ? f->format : formats[f->type];
	const char *min = limit_names[f->type].min, *max = limit_names[f->type].max;

	write_type(w, f, body);
	write_about(w, f);
	if (format)
		json_write_text(w, "format", format);
	if (pattern)
		json_write_text(w, "pattern", pattern);
	if (f->values)
		write_enum(w, f->values);
	if (f->type == FIELD_MONEY) {
		json_write_int(w, "minimum", 0);
		json_write_raw(w, "maximum", MONEY_MAX_TEXT);
	}
	if (f->type == FIELD_LIST)
		schema_write(w, "items", f->of);
	if (f->type == FIELD_TEXTS) {
		json_write_object(w, "additionalProperties");
		json_write_text(w, "type", "string");
		json_write_end(w);
	}
	/* 0 is no limit for lengths, nor for an int without a maximum. */
	if (min && (f->min || (f->type == FIELD_INT && f->max)))
		json_write_int(w, min, f->min);
	if (max && f->max)
		json_write_int(w, max, f->max);
}

static void write_field(struct json_writer *w, const char *name, const struct field *f, bool body)
{
	if (f->enum_name) {
		write_reference(w, name, f->enum_name);
		return;
	}
	json_write_object(w, name);
	write_schema(w, f, body);
	json_write_end(w);
}

void schema_write_enum(struct json_writer *w, const struct field *f)
{
	json_write_object(w, f->enum_name);
	json_write_text(w, "type", "string");
	write_enum(w, f->values);
	json_write_end(w);
}

void schema_write_parameter(struct json_writer *w, const struct field *f, bool example)
{
	json_write_object(w, "schema");
	if (f->enum_name)
		write_target(w, f->enum_name);
	else
		write_schema(w, f, false);
	if (example) {
		json_write_array(w, "examples");
		example_write_field(w, NULL, f);
		json_write_end(w);
	}
	json_write_end(w);
}

void schema_write_detail(struct json_writer *w, const struct field *f, const char *code)
{
	struct field described = *f;
	char about[ABOUT_MAX];

	snprintf(about, sizeof about, "With the code %s", code);
	described.about = about;
	write_field(w, f->name, &described, false);
}

void schema_write(struct json_writer *w, const char *name, const struct shape *shape)
{
	if (shape_is_value(shape))
		write_field(w, name, &shape->fields[0], false);
	else
		write_reference(w, name, shape->name);
}

void schema_write_named(struct json_writer *w, const struct shape *shape, bool body)
{
	json_write_object(w, shape->name);
	json_write_text(w, "type", "object");
	json_write_array(w, "required");
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];
		/* Output leaves out only these types (shape_to_json()). */
		bool can_be_absent = f->type == FIELD_STRING || f->type == FIELD_MONEY;

		if (f->from == FROM_BODY && !(f->optional && (body || can_be_absent)))
			json_write_text(w, NULL, f->name);
	}
	json_write_end(w);
	json_write_object(w, "properties");
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].from == FROM_BODY)
			write_field(w, shape->fields[i].name, &shape->fields[i], body);
	}
	json_write_end(w);
	json_write_end(w);
}

/* ---- examples ---- */

void example_write_field(struct json_writer *w, const char *name, const struct field *f)
{
	const char *text = f->example ? f->example : f->values ? f->values[0] : examples[f->type];

	if (f->type == FIELD_LIST) {
		json_write_array(w, name);
		example_write(w, NULL, f->of);
		json_write_end(w);
	} else if (f->type == FIELD_INT && !f->example) {
		json_write_int(w, name, f->min > 1 ? f->min : 1);
	} else if (strcmp(type_names[f->type], "string") == 0) {
		json_write_text(w, name, text);
	} else {
		json_write_raw(w, name, text);
	}
}

static void write_members(struct json_writer *w, const struct shape *shape, bool all)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->from == FROM_BODY && (all || !f->optional))
			example_write_field(w, f->name, f);
	}
}

void example_write_members(struct json_writer *w, const struct shape *shape)
{
	write_members(w, shape, true);
}

void example_write(struct json_writer *w, const char *name, const struct shape *shape)
{
	if (shape_is_value(shape)) {
		example_write_field(w, name, &shape->fields[0]);
		return;
	}
	json_write_object(w, name);
	write_members(w, shape, true);
	json_write_end(w);
}

/* If all members are optional, the example has the first of them, because an empty body is useless.
 */
void example_write_body(struct json_writer *w, const char *name, const struct shape *shape)
{
	const struct field *first = NULL;
	bool all_optional = true;

	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->from != FROM_BODY)
			continue;
		if (!first)
			first = f;
		all_optional = all_optional && f->optional;
	}
	json_write_object(w, name);
	if (first && all_optional)
		example_write_field(w, first->name, first);
	else
		write_members(w, shape, false);
	json_write_end(w);
}
