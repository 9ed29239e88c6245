/* Binding of input: from JSON, path and query into a struct, with FastAPI's list of errors. */
#include "shape_private.h"

#include <inttypes.h>
#include <string.h>

#include "decimal.h"
#include "json.h"
#include "text.h"
#include "utf8.h"

static const char *const source_names[] = {
    [FROM_BODY] = "body",
    [FROM_PATH] = "path",
    [FROM_QUERY] = "query",
};

enum err shape_error(struct binding *b, const char *type, const char *where, const char *name,
		     const char *msg)
{
	struct json_object *error = json_object_new_object();
	struct json_object *loc = json_object_new_array();
	bool complete = json_append(loc, json_object_new_string(where)) &&
			(!name || json_append(loc, json_object_new_string(name))) &&
			json_add(error, "type", json_object_new_string(type)) &&
			json_add(error, "loc", json_object_get(loc)) &&
			json_add(error, "msg", json_object_new_string(msg));

	json_object_put(loc);
	if (!b->invalid)
		b->invalid = arena_defer(b->arena, json_release, json_object_new_array());
	if (complete)
		return json_append(b->invalid, error) ? ERR_INVALID : ERR_NO_MEMORY;
	json_object_put(error);
	return ERR_NO_MEMORY;
}

enum err shape_field_error(struct binding *b, const struct field *f, const char *type,
			   const char *msg)
{
	if (!msg)
		return ERR_NO_MEMORY;
	return shape_error(b, type, source_names[f->from], f->name, msg);
}

static void *member(void *out, const struct field *f)
{
	return (char *)out + f->offset;
}

/* ---- strings ---- */

static enum err limit_error(struct binding *b, const struct field *f, const char *type,
			    const char *text, int64_t limit)
{
	const char *unit = f->type != FIELD_STRING ? "" : limit == 1 ? " character" : " characters";

	return shape_field_error(b, f, type,
				 arena_printf(b->arena, "%s %" PRId64 "%s", text, limit, unit));
}

/* Checks the characters of the trimmed input. It refuses a text that no form can make short enough
 * before it reads the characters, so that the field's max bounds the cost of a call. */
static enum err check_sent(struct binding *b, const struct field *f, const char *sent)
{
	const char *wrong = NULL;

	if (f->max && (int64_t)utf8_length(sent) > f->max * TEXT_COMPOSED_MAX)
		return limit_error(b, f, "string_too_long", "String should have at most", f->max);
	if (f->raw)
		return OK;
	if (utf8_has_control(sent))
		wrong = "String should not contain control characters";
	else if (utf8_has_hidden(sent))
		wrong = "String should not contain invisible characters";
	else if (f->min && *sent && !text_is_visible(sent))
		wrong = "String should contain a visible character";
	return wrong ? shape_field_error(b, f, "string_pattern_mismatch", wrong) : OK;
}

enum err shape_bind_string(void *out, struct binding *b, const struct field *f, const char *s,
			   size_t len)
{
	const char *sent, *normal, *formed, *wrong;
	enum err e;

	if (!bson_utf8_validate(s, len, false))
		return shape_field_error(b, f, "string_unicode",
					 "Input should be a valid string of UTF-8 without U+0000");
	if (!f->raw)
		text_trim(&s, &len);
	sent = arena_strndup(b->arena, s, len);
	e = sent ? check_sent(b, f, sent) : ERR_NO_MEMORY;
	if (e)
		return e;
	normal = sent; /* the text whose length counts */
	if (!f->raw)
		e = text_nfc(&normal, b->arena, sent);
	formed = normal;
	if (!e && f->form)
		e = f->form(&formed, b->arena, normal);
	if (f->raw)
		normal = formed;
	if (e == ERR_INVALID)
		return limit_error(b, f, "string_too_long", "String should have at most", TEXT_MAX);
	if (e)
		return e;
	if (f->min &&
	    ((int64_t)text_length(sent) < f->min || (int64_t)text_length(normal) < f->min))
		return limit_error(b, f, "string_too_short", "String should have at least", f->min);
	if (f->max && (int64_t)utf8_length(normal) > f->max)
		return limit_error(b, f, "string_too_long", "String should have at most", f->max);
	wrong = f->check ? f->check(formed) : NULL;
	if (wrong)
		return shape_field_error(b, f, "value_error", wrong);
	*(const char **)member(out, f) = formed;
	return OK;
}

static enum err bind_id(void *out, struct binding *b, const struct field *f, const char *s,
			size_t len)
{
	if (bson_oid_is_valid(s, len)) {
		bson_oid_init_from_string(member(out, f), s);
		return OK;
	}
	return f->unknown ? f->unknown
			  : shape_field_error(b, f, "value_error",
					      "Input should be an id of 24 hexadecimal digits");
}

static enum err bind_enum(void *out, struct binding *b, const struct field *f, const char *s,
			  size_t len)
{
	const char *msg = "Input should be one of:";

	for (int i = 0; f->values[i]; i++) {
		if (strlen(f->values[i]) == len && memcmp(f->values[i], s, len) == 0) {
			*(int *)member(out, f) = i;
			return OK;
		}
		msg = msg ? arena_printf(b->arena, "%s%s '%s'", msg, i ? "," : "", f->values[i])
			  : NULL;
	}
	return shape_field_error(b, f, "enum", msg);
}

/* ---- numbers ---- */

enum err shape_bind_int(void *out, struct binding *b, const struct field *f, int64_t value)
{
	if (value < f->min)
		return limit_error(b, f, "greater_than_equal",
				   "Input should be greater than or equal to", f->min);
	if (f->max && value > f->max)
		return limit_error(b, f, "less_than_equal", "Input should be less than or equal to",
				   f->max);
	*(int64_t *)member(out, f) = value;
	return OK;
}

static const char not_int[] = "Input should be a valid integer";

/* Binds the text of an integer in any notation: 2, 2.0, 2e0. */
static enum err bind_int_text(void *out, struct binding *b, const struct field *f, const char *type,
			      const char *s)
{
	struct decimal number;
	int64_t value;

	if (decimal_parse(&number, s) || decimal_to_int(&value, &number))
		return shape_field_error(b, f, type, not_int);
	return shape_bind_int(out, b, f, value);
}

/* ---- fields ---- */

struct json_kind {
	enum json_type json;
	const char *type, *msg; /* of the error for a value of another type */
};

static const struct json_kind json_kinds[] = {
    [FIELD_STRING] = {json_type_string, "string_type", "Input should be a valid string"},
    [FIELD_ID] = {json_type_string, "string_type", "Input should be a valid string"},
    [FIELD_ENUM] = {json_type_string, "string_type", "Input should be a valid string"},
    [FIELD_INT] = {json_type_int, "int_type", "Input should be a valid integer"},
    [FIELD_BOOL] = {json_type_boolean, "bool_type", "Input should be a valid boolean"},
    [FIELD_MONEY] = {json_type_double, "decimal_type",
		     "Input should be an amount in rupees from 0 to " MONEY_MAX_TEXT
		     " with at most two decimal places"},
    [FIELD_TIME] = {json_type_null, "datetime_type", "Input is not taken"},
    [FIELD_LIST] = {json_type_array, "list_type", "Input should be a valid list"},
    [FIELD_TEXTS] = {json_type_null, "dict_type", "Input is not taken"},
};

static enum err bind_json(void *out, struct binding *b, const struct field *f,
			  struct json_object *value)
{
	const struct json_kind *kind = &json_kinds[f->type];
	enum json_type type = json_object_get_type(value);
	bool is_number = type == json_type_int || type == json_type_double;
	struct money amount;
	const char *text;
	size_t len;

	/* Check the type first, because json-c's getters silently convert between types. */
	if (type != kind->json && !(is_number && (f->type == FIELD_INT || f->type == FIELD_MONEY)))
		return shape_field_error(b, f, kind->type, kind->msg);
	if (f->type == FIELD_INT && type == json_type_int)
		return shape_bind_int(out, b, f, json_object_get_int64(value));
	/* json-c keeps the text of a number with a fraction or an exponent. */
	if (f->type == FIELD_INT)
		return bind_int_text(out, b, f, kind->type, json_object_get_string(value));
	if (f->type == FIELD_LIST)
		return shape_bind_list(out, b, f, value);
	if (f->type == FIELD_BOOL) {
		*(bool *)member(out, f) = json_object_get_boolean(value);
		return OK;
	}
	text = json_object_get_string(value);
	if (f->type == FIELD_MONEY) {
		if (text && !money_parse(&amount, text) && amount.paise >= 0) {
			*(struct money *)member(out, f) = amount;
			return OK;
		}
		return shape_field_error(b, f, kind->type, kind->msg);
	}
	len = (size_t)json_object_get_string_len(value);
	return (f->type == FIELD_ID     ? bind_id
		: f->type == FIELD_ENUM ? bind_enum
					: shape_bind_string)(out, b, f, text, len);
}

static enum err bind_field(void *out, struct binding *b, const struct field *f)
{
	struct json_object *value = NULL;
	const char *text = NULL;
	bool present;

	if (f->from == FROM_BODY) {
		present = json_object_object_get_ex(b->body, f->name, &value);
		/* null counts as absent where that is allowed, else as a value of a wrong type. */
		present = present && (value || !f->optional || f->no_null || f->given);
	} else {
		text = b->text(b->source, f);
		present = text != NULL;
	}
	if (!present && f->optional && f->type == FIELD_MONEY)
		*(struct money *)member(out, f) = MONEY_NONE;
	if (!present)
		return f->optional ? OK : shape_field_error(b, f, "missing", "Field required");
	if (f->given)
		*(bool *)(void *)((char *)out + f->given) = true;
	if (f->from == FROM_BODY)
		return bind_json(out, b, f, value);
	/* Unlike a JSON number, a number in a path or query must not have an exponent. */
	if (f->type == FIELD_INT)
		return strpbrk(text, "eE") ? shape_field_error(b, f, "int_parsing", not_int)
					   : bind_int_text(out, b, f, "int_parsing", text);
	if (f->type == FIELD_ID)
		return bind_id(out, b, f, text, strlen(text));
	if (f->type == FIELD_ENUM)
		return bind_enum(out, b, f, text, strlen(text));
	return shape_bind_string(out, b, f, text, strlen(text));
}

enum err shape_bind_fields(void *out, struct binding *b, const struct shape *shape)
{
	enum err result = OK;

	for (size_t i = 0; i < shape->n; i++) {
		enum err e = bind_field(out, b, &shape->fields[i]);

		if (e == ERR_NO_MEMORY)
			return e;
		/* A validation error takes precedence over an unknown id. */
		if (e && (!result || e == ERR_INVALID))
			result = e;
	}
	return result;
}

enum err shape_bind(void **out, struct binding *b, const struct shape *shape)
{
	void *bound = arena_alloc(b->arena, shape->size);
	enum err e;

	if (!bound)
		return ERR_NO_MEMORY;
	e = shape_bind_fields(bound, b, shape);
	if (!e)
		*out = bound;
	return e;
}

bool shape_has(const struct shape *shape, enum field_source from)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].from == from)
			return true;
	}
	return false;
}
