/* Storage: from a struct to a BSON document, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "shape_private.h"

enum { NUMBER_SIZE = BSON_DECIMAL128_STRING }; /* enough for a double, too */

/* ---- to BSON ---- */

static bool list_to_bson(bson_t *doc, const struct field *f, const struct list *list)
{
	bson_t array, item;
	const char *key;
	char digits[16];
	bool ok;

	ok = bson_append_array_begin(doc, f->name, -1, &array);
	for (size_t i = 0; ok && i < list->n; i++) {
		size_t len = bson_uint32_to_string((uint32_t)i, &key, digits, sizeof digits);

		ok = bson_append_document_begin(&array, key, (int)len, &item) &&
		     !shape_to_bson(&item, f->of, (const char *)list->items + i * f->of->size) &&
		     bson_append_document_end(&array, &item);
	}
	return ok && bson_append_array_end(doc, &array);
}

static bool field_to_bson(bson_t *doc, const struct field *f, const void *at)
{
	const char *s;

	switch (f->type) {
	case FIELD_STRING:
		s = *(const char *const *)at;
		return !s || bson_append_utf8(doc, f->name, -1, s, -1);
	case FIELD_INT:
		return bson_append_int64(doc, f->name, -1, *(const int64_t *)at);
	case FIELD_BOOL:
		return bson_append_bool(doc, f->name, -1, *(const bool *)at);
	case FIELD_MONEY:
		return bson_append_int64(doc, f->name, -1, ((const struct money *)at)->paise);
	case FIELD_ID:
		return bson_append_oid(doc, f->name, -1, at);
	case FIELD_TIME:
		return bson_append_date_time(doc, f->name, -1, ((const struct timestamp *)at)->ms);
	case FIELD_ENUM:
		return bson_append_utf8(doc, f->name, -1, f->values[*(const int *)at], -1);
	case FIELD_LIST:
		return list_to_bson(doc, f, at);
	case FIELD_TEXTS:
		return false;
	}
	return false;
}

enum err shape_to_bson(bson_t *doc, const struct shape *shape, const void *in)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (!field_to_bson(doc, f, (const char *)in + f->offset))
			return ERR_INTERNAL;
	}
	return OK;
}

/* ---- from BSON ---- */

static enum err enum_from_text(int *out, const struct field *f, const char *text)
{
	for (int i = 0; f->values[i]; i++) {
		if (strcmp(f->values[i], text) == 0) {
			*out = i;
			return OK;
		}
	}
	return ERR_INTERNAL;
}

static enum err list_from_bson(struct list *out, struct arena *arena, const struct shape *of,
			       const bson_iter_t *it)
{
	struct list list = {NULL, 0};
	bson_iter_t item;
	size_t n = 0;

	if (!bson_iter_recurse(it, &item))
		return ERR_INTERNAL;
	while (bson_iter_next(&item))
		n++;
	list.items = arena_array(arena, n, of->size);
	if (!list.items)
		return ERR_NO_MEMORY;
	if (!bson_iter_recurse(it, &item))
		return ERR_INTERNAL;
	for (; bson_iter_next(&item); list.n++) {
		const uint8_t *data;
		uint32_t len;
		bson_t doc;
		enum err e;

		if (!BSON_ITER_HOLDS_DOCUMENT(&item))
			return ERR_INTERNAL;
		bson_iter_document(&item, &len, &data);
		if (!bson_init_static(&doc, data, len))
			return ERR_INTERNAL;
		e = shape_from_bson((char *)list.items + list.n * of->size, arena, of, &doc);
		if (e)
			return e;
	}
	*out = list;
	return OK;
}

/* Reads an integer of any numeric type: a multiplication in the MongoDB shell stores a double.
 * Paise are rounded as in input (money.h): 6000 × 1.1 is 6600.000000000001. */
static enum err int_from_bson(int64_t *out, const struct field *f, const bson_iter_t *it)
{
	char text[NUMBER_SIZE];
	bson_decimal128_t decimal;
	struct decimal number;
	int64_t value;
	double d;
	enum err e;

	if (BSON_ITER_HOLDS_INT(it)) {
		*out = bson_iter_as_int64(it);
		return OK;
	}
	if (BSON_ITER_HOLDS_DOUBLE(it)) {
		d = bson_iter_double(it);
		if (d >= -0x1p63 && d < 0x1p63 && (double)(int64_t)d == d) {
			*out = (int64_t)d;
			return OK;
		}
		/* From 2^53 on a double has no fraction: it exceeds 64 bits, or is no number. */
		if (!(d > -0x1p53 && d < 0x1p53) ||
		    snprintf(text, NUMBER_SIZE, "%.17g", d) >= NUMBER_SIZE)
			return ERR_INTERNAL;
	} else if (bson_iter_decimal128(it, &decimal)) {
		bson_decimal128_to_string(&decimal, text);
	} else {
		return ERR_INTERNAL;
	}
	if (decimal_parse(&number, text))
		return ERR_INTERNAL;
	e = f->type == FIELD_MONEY ? decimal_to_near_int(&value, &number, 0)
				   : decimal_to_int(&value, &number);
	if (e || value == INT64_MAX || value == INT64_MIN)
		return ERR_INTERNAL;
	*out = value;
	return OK;
}

static enum err value_from_bson(void *at, struct arena *arena, const struct field *f,
				bson_iter_t *it)
{
	const char *text, *copy;
	uint32_t len;

	switch (f->type) {
	case FIELD_STRING:
		text = bson_iter_utf8(it, &len);
		copy = arena_strndup(arena, text, len);
		if (!copy)
			return ERR_NO_MEMORY;
		*(const char **)at = copy;
		return OK;
	case FIELD_INT:
		return int_from_bson(at, f, it);
	case FIELD_BOOL:
		*(bool *)at = bson_iter_bool(it);
		return OK;
	case FIELD_MONEY:
		return int_from_bson(&((struct money *)at)->paise, f, it);
	case FIELD_ID:
		bson_oid_copy(bson_iter_oid(it), at);
		return OK;
	case FIELD_TIME:
		((struct timestamp *)at)->ms = bson_iter_date_time(it);
		return OK;
	case FIELD_ENUM:
		return enum_from_text(at, f, bson_iter_utf8(it, NULL));
	case FIELD_LIST:
		return list_from_bson(at, arena, f->of, it);
	case FIELD_TEXTS:
		break;
	}
	return ERR_INTERNAL;
}

/* Reads a field of a document. If the shape is bounded, the limits of input apply. */
static enum err field_from_bson(void *out, struct arena *arena, const struct shape *shape,
				const struct field *f, bson_iter_t *it)
{
	static const bson_type_t types[] = {
	    [FIELD_STRING] = BSON_TYPE_UTF8, [FIELD_BOOL] = BSON_TYPE_BOOL,
	    [FIELD_ID] = BSON_TYPE_OID,      [FIELD_TIME] = BSON_TYPE_DATE_TIME,
	    [FIELD_ENUM] = BSON_TYPE_UTF8,   [FIELD_LIST] = BSON_TYPE_ARRAY,
	    [FIELD_TEXTS] = BSON_TYPE_EOD, /* no value has this type */
	};
	struct binding binding = {.arena = arena};
	void *at = (char *)out + f->offset;
	const char *text;
	int64_t paise;
	uint32_t len;
	enum err e;

	if (f->type != FIELD_INT && f->type != FIELD_MONEY && bson_iter_type(it) != types[f->type])
		return ERR_INTERNAL;
	if (shape->bounded && f->type == FIELD_STRING) {
		text = bson_iter_utf8(it, &len);
		e = shape_bind_string(out, &binding, f, text, len);
	} else {
		e = value_from_bson(at, arena, f, it);
	}
	if (!e && shape->bounded && f->type == FIELD_INT)
		e = shape_bind_int(out, &binding, f, *(const int64_t *)at);
	if (!e && shape->bounded && f->type == FIELD_MONEY) {
		paise = ((const struct money *)at)->paise;
		e = paise >= 0 && paise <= MONEY_MAX_PAISE ? OK : ERR_INVALID;
	}
	return e == ERR_INVALID ? ERR_INTERNAL : e;
}

/* The field of a name, or NULL. Documents are written in the shape's order, so the search starts at
 * `hint`, the index after the last field found. */
static const struct field *field_named(const struct shape *shape, size_t hint, const char *name)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[(hint + i) % shape->n];

		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

/* ---- absent fields ---- */

/* Stores the value that the field's `absent` has as text. */
static enum err value_from_text(void *at, const struct field *f)
{
	switch (f->type) {
	case FIELD_STRING:
		*(const char **)at = f->absent;
		return OK;
	case FIELD_INT:
		*(int64_t *)at = strtoll(f->absent, NULL, 10);
		return OK;
	case FIELD_BOOL:
		*(bool *)at = strcmp(f->absent, "true") == 0;
		return OK;
	case FIELD_ENUM:
		return enum_from_text(at, f, f->absent);
	case FIELD_MONEY:
	case FIELD_ID:
	case FIELD_TIME:
	case FIELD_LIST:
	case FIELD_TEXTS:
		break;
	}
	return ERR_INTERNAL;
}

enum err shape_from_bson(void *out, struct arena *arena, const struct shape *shape,
			 const bson_t *doc)
{
	uint64_t seen = 0; /* a bit for each field that the document has */
	bson_iter_t it;
	size_t hint = 0;
	enum err e;

	if (!bson_iter_init(&it, doc))
		return ERR_INTERNAL;
	while (bson_iter_next(&it)) {
		const struct field *f = field_named(shape, hint, bson_iter_key(&it));

		if (!f)
			continue;
		hint = (size_t)(f - shape->fields) + 1;
		seen |= UINT64_C(1) << (hint - 1);
		e = field_from_bson(out, arena, shape, f, &it);
		if (e)
			return e;
	}
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *f = &shape->fields[i];

		if (seen & UINT64_C(1) << i || (!f->absent && f->optional))
			continue;
		e = f->absent ? value_from_text((char *)out + f->offset, f) : ERR_INTERNAL;
		if (e)
			return e;
	}
	return OK;
}

const char *shape_unreadable(struct arena *arena, const struct shape *shape, const bson_t *doc)
{
	void *scratch = arena_alloc(arena, shape->size);

	for (size_t i = 0; scratch && i < shape->n; i++) {
		const struct field *f = &shape->fields[i];
		bool is_readable;
		bson_iter_t it;

		if (bson_iter_init_find(&it, doc, f->name))
			is_readable =
			    field_from_bson(scratch, arena, shape, f, &it) != ERR_INTERNAL;
		else
			is_readable = f->absent || f->optional;
		if (!is_readable)
			return f->name;
	}
	return NULL;
}
