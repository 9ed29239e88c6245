/* Binding of lists: item by item, so that a lenient list can leave invalid items out. */
#include <string.h>

#include "shape_private.h"

/* A copy of a text in the arena; NULL if there is no text. */
static const char *copy_of(struct binding *b, struct json_object *text)
{
	const char *s = json_object_get_string(text);

	return s ? arena_strndup(b->arena, s, strlen(s)) : NULL;
}

static size_t count_errors(const struct binding *b)
{
	return b->invalid ? json_object_array_length(b->invalid) : 0;
}

/* Records an item that was left out, with its first validation error. Removes its errors from the
 * binding, those from index `first` on, because there may be many such items. */
static enum err omit(struct binding *b, const struct field *list, struct json_object *item,
		     size_t first)
{
	struct omitted_item *omitted = arena_alloc(b->arena, sizeof *omitted);
	size_t n = count_errors(b);
	struct json_object *id, *loc, *msg, *error;

	if (!omitted)
		return ERR_NO_MEMORY;
	*omitted = (struct omitted_item){.next = b->omitted, .list = list->name};
	if (json_object_is_type(item, json_type_object) &&
	    json_object_object_get_ex(item, "_id", &id) &&
	    json_object_is_type(id, json_type_string) &&
	    bson_oid_is_valid(json_object_get_string(id), (size_t)json_object_get_string_len(id)))
		omitted->id = copy_of(b, id);
	if (n > first) {
		error = json_object_array_get_idx(b->invalid, first);
		json_object_object_get_ex(error, "loc", &loc);
		json_object_object_get_ex(error, "msg", &msg);
		omitted->field = copy_of(b, json_object_array_get_idx(loc, 1));
		omitted->wrong = copy_of(b, msg);
		json_object_array_del_idx(b->invalid, first, n - first);
	}
	b->omitted = omitted;
	return OK;
}

enum err shape_bind_list(void *out, struct binding *b, const struct field *f,
			 struct json_object *array)
{
	size_t n = json_object_array_length(array);
	struct json_object *outer = b->body;
	struct list *list = (void *)((char *)out + f->offset);
	enum err e = OK;

	if ((int64_t)n < f->min || (f->max && (int64_t)n > f->max))
		return shape_field_error(b, f, "list_length",
					 "List should have another number of items");
	list->items = arena_array(b->arena, n, f->of->size);
	if (!list->items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n && !e; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		void *end = (char *)list->items + list->n * f->of->size;
		size_t n_errors = count_errors(b);

		b->body = item;
		if (json_object_get_type(item) == json_type_object)
			e = shape_bind_fields(end, b, f->of);
		else
			e = shape_field_error(b, f, "dict_type", "Items should be objects");
		if (!e) {
			list->n++;
		} else if (e != ERR_NO_MEMORY && f->lenient) {
			memset(end, 0, f->of->size);
			e = omit(b, f, item, n_errors);
		}
	}
	b->body = outer;
	return e;
}
