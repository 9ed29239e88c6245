/* Output: from a struct to JSON. */
#include <json-c/json.h>

#include "clock.h"
#include "json.h"
#include "shape.h"

/* NULL if out of memory. */
static struct json_object *field_to_json(const struct field *f, const void *at)
{
	const struct list *list = at;
	char amount[MONEY_TEXT_SIZE], time[ISO_TIME_SIZE], hex[25];
	int64_t paise;

	switch (f->type) {
	case FIELD_STRING:
		return json_object_new_string(*(const char *const *)at);
	case FIELD_INT:
		return json_object_new_int64(*(const int64_t *)at);
	case FIELD_BOOL:
		return json_object_new_boolean(*(const bool *)at);
	case FIELD_MONEY:
		paise = ((const struct money *)at)->paise;
		if (paise % 100 == 0)
			return json_object_new_int64(paise / 100);
		/* json-c stores the text with the double, and prints the text. */
		money_format(amount, *(const struct money *)at);
		return json_object_new_double_s((double)paise / 100, amount);
	case FIELD_ID:
		bson_oid_to_string(at, hex);
		return json_object_new_string_len(hex, 24);
	case FIELD_TIME:
		clock_format_iso(time, ((const struct timestamp *)at)->ms);
		return json_object_new_string(time);
	case FIELD_ENUM:
		return json_object_new_string(f->values[*(const int *)at]);
	case FIELD_LIST:
		return shape_list_to_json(f->of, list->items, list->n);
	case FIELD_TEXTS:
		return json_object_get(*(struct json_object *const *)at);
	}
	return NULL;
}

bool shape_is_value(const struct shape *shape)
{
	return shape->n == 1 && !shape->fields[0].name;
}

struct json_object *shape_to_json(const struct shape *shape, const void *in)
{
	struct json_object *object, *value;

	if (shape_is_value(shape))
		return field_to_json(&shape->fields[0], (const char *)in + shape->fields[0].offset);
	object = json_object_new_object();
	for (size_t i = 0; object && i < shape->n; i++) {
		const struct field *f = &shape->fields[i];
		const void *at = (const char *)in + f->offset;
		bool absent = false;

		if (f->type == FIELD_STRING)
			absent = !*(const char *const *)at;
		else if (f->type == FIELD_MONEY && f->optional)
			absent = ((const struct money *)at)->paise == MONEY_NONE.paise;
		if (absent && f->optional)
			continue;
		/* A required text that is absent becomes null. */
		value = absent ? NULL : field_to_json(f, at);
		/* The shape's names are unique and static: json-c need not search or copy them. */
		if ((!absent && !value) ||
		    json_object_object_add_ex(object, f->name, value,
					      JSON_C_OBJECT_ADD_KEY_IS_NEW |
						  JSON_C_OBJECT_ADD_CONSTANT_KEY)) {
			json_object_put(value);
			json_object_put(object);
			return NULL;
		}
	}
	return object;
}

struct json_object *shape_list_to_json(const struct shape *shape, const void *items, size_t n)
{
	struct json_object *array = json_object_new_array_ext(n ? (int)n : 1);

	for (size_t i = 0; array && i < n; i++) {
		struct json_object *item =
		    shape_to_json(shape, (const char *)items + i * shape->size);

		if (!item || json_object_array_add(array, item)) {
			json_object_put(item);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

const char *shape_to_text(struct arena *arena, const struct shape *shape, const void *in)
{
	struct json_object *object = arena_defer(arena, json_release, shape_to_json(shape, in));

	return object ? json_text(NULL, object) : NULL;
}

const char *shape_to_log(struct arena *arena, const struct shape *shape, const void *in)
{
	struct field *fields = arena_array(arena, shape->n, sizeof *fields);
	struct shape open = {shape->size, fields, 0, NULL};

	if (!fields)
		return NULL;
	for (size_t i = 0; i < shape->n; i++) {
		if (!shape->fields[i].secret)
			fields[open.n++] = shape->fields[i];
	}
	return shape_to_text(arena, &open, in);
}
