#include "openapi_schema.h"

#include <string.h>

#define REFERENCE "#/components/schemas/"

static const char *const type_names[] = {
    [FIELD_STRING] = "string", [FIELD_INT] = "integer", [FIELD_BOOL] = "boolean",
    [FIELD_MONEY] = "number",  [FIELD_ID] = "string",   [FIELD_TIME] = "string",
    [FIELD_WORD] = "string",   [FIELD_LIST] = "array",  [FIELD_TEXTS] = "object",
};

/* How a field's limits are called; NULL: it has none. */
static const struct {
	const char *min, *max;
} limit_names[] = {
    [FIELD_STRING] = {"minLength", "maxLength"},
    [FIELD_INT] = {"minimum", "maximum"},
    [FIELD_LIST] = {"minItems", "maxItems"},
    [FIELD_TEXTS] = {NULL, NULL},
};

/* As they stand in JSON. */
static const char *const examples[] = {
    [FIELD_BOOL] = "true",
    [FIELD_MONEY] = "60.5",
    [FIELD_ID] = "665000000000000000000201",
    [FIELD_TIME] = "2026-11-22T23:17:22.313Z",
    [FIELD_TEXTS] = "{}",
};

/* ---- schemas ---- */

static void write_reference(struct json_writer *w, const char *name, const char *to)
{
	char text[128];

	snprintf(text, sizeof text, REFERENCE "%s", to);
	json_write_object(w, name);
	json_write_text(w, "$ref", text);
	json_write_end(w);
}

static void write_limits(struct json_writer *w, const struct field *f)
{
	const char *min = limit_names[f->type].min, *max = limit_names[f->type].max;

	/* No text and no list has less than nothing in it. */
	if (min && (f->min || (f->type == FIELD_INT && f->max)))
		json_write_int(w, min, f->min);
	if (max && f->max)
		json_write_int(w, max, f->max);
}

static void write_words(struct json_writer *w, const char *const *words)
{
	json_write_array(w, "enum");
	for (; *words; words++)
		json_write_text(w, NULL, *words);
	json_write_end(w);
}

static const char *pattern_of(const struct field *f)
{
	return f->type == FIELD_ID ? "^[0-9a-fA-F]{24}$" : f->pattern;
}

static void write_facts(struct json_writer *w, const struct field *f)
{
	const char *format = f->type == FIELD_TIME ? "date-time" : f->format;

	json_write_text(w, "type", type_names[f->type]);
	if (format)
		json_write_text(w, "format", format);
	if (pattern_of(f))
		json_write_text(w, "pattern", pattern_of(f));
	if (f->words)
		write_words(w, f->words);
	if (f->type == FIELD_MONEY)
		json_write_int(w, "minimum", 0);
	if (f->type == FIELD_LIST)
		schema_write(w, "items", f->of);
	if (f->type == FIELD_TEXTS) {
		json_write_object(w, "additionalProperties");
		json_write_text(w, "type", "string");
		json_write_end(w);
	}
	write_limits(w, f);
}

void schema_write_field(struct json_writer *w, const char *name, const struct field *f)
{
	json_write_object(w, name);
	write_facts(w, f);
	json_write_end(w);
}

void schema_write_properties(struct json_writer *w, const struct shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].from == FROM_BODY)
			schema_write_field(w, shape->fields[i].name, &shape->fields[i]);
	}
}

/* Whether a field may be missing: in what comes in, and in what goes out (shape_to_json()). */
static bool may_stay_away(const struct field *f)
{
	return f->optional;
}

static bool may_be_left_out(const struct field *f)
{
	return f->optional && (f->type == FIELD_STRING || f->type == FIELD_MONEY);
}

static void write_required(struct json_writer *w, const struct shape *shape,
			   bool (*may_miss)(const struct field *f))
{
	json_write_array(w, "required");
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (f->from == FROM_BODY && !may_miss(f))
			json_write_text(w, NULL, f->name);
	}
	json_write_end(w);
}

static void write_itself(struct json_writer *w, const char *name, const struct shape *shape,
			 bool (*may_miss)(const struct field *f))
{
	json_write_object(w, name);
	if (shape_is_value(shape)) {
		write_facts(w, &shape->fields[0]);
	} else {
		json_write_text(w, "type", "object");
		write_required(w, shape, may_miss);
		json_write_object(w, "properties");
		schema_write_properties(w, shape);
		json_write_end(w);
	}
	json_write_end(w);
}

void schema_write(struct json_writer *w, const char *name, const struct shape *shape)
{
	if (shape->name)
		write_reference(w, name, shape->name);
	else
		write_itself(w, name, shape, may_be_left_out);
}

void schema_write_body(struct json_writer *w, const char *name, const struct shape *shape)
{
	write_itself(w, name, shape, may_stay_away);
}

void schema_write_named(struct json_writer *w, const struct shape *shape)
{
	write_itself(w, shape->name, shape, may_be_left_out);
}

/* ---- examples ---- */

void example_write_field(struct json_writer *w, const char *name, const struct field *f)
{
	const char *text = f->example ? f->example : f->words ? f->words[0] : examples[f->type];

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

static const struct field *first_of_body(const struct shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].from == FROM_BODY)
			return &shape->fields[i];
	}
	return NULL;
}

static bool needs_nothing(const struct shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].from == FROM_BODY && !shape->fields[i].optional)
			return false;
	}
	return true;
}

/* A body whose fields may all stay away is there for one of them. */
void example_write_body(struct json_writer *w, const char *name, const struct shape *shape)
{
	const struct field *first = first_of_body(shape);

	json_write_object(w, name);
	if (first && needs_nothing(shape))
		example_write_field(w, first->name, first);
	else
		write_members(w, shape, false);
	json_write_end(w);
}
