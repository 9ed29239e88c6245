/* Binding of lists: each item by itself, so that a wrong one may be left out. */
#include <string.h>

#include "shape_private.h"

static enum err bind_item(void *out, struct binding *b, const struct field *f,
			  struct json_object *item)
{
	b->body = item;
	if (json_object_get_type(item) == json_type_object)
		return shape_bind_fields(out, b, f->of);
	return shape_field_error(b, f, "dict_type", "Items should be objects");
}

/* A copy of a text in the arena, NULL where there is none. */
static const char *copy_of(struct binding *b, struct json_object *text)
{
	const char *s = json_object_get_string(text);

	return s ? arena_strndup(b->arena, s, strlen(s)) : NULL;
}

static const char *id_of(struct binding *b, struct json_object *item)
{
	struct json_object *id;
	bool is_id =
	    json_object_is_type(item, json_type_object) &&
	    json_object_object_get_ex(item, "_id", &id) &&
	    json_object_is_type(id, json_type_string) &&
	    bson_oid_is_valid(json_object_get_string(id), (size_t)json_object_get_string_len(id));

	return is_id ? copy_of(b, id) : NULL;
}

static size_t count_errors(const struct binding *b)
{
	return b->invalid ? json_object_array_length(b->invalid) : 0;
}

/* Notes an item that was left out with the first of its faults, those from `faults` on, which are
 * forgotten then: there may be many such items. */
static enum err omit(struct binding *b, const struct field *list, struct json_object *item,
		     size_t faults)
{
	struct omitted_item *omitted = arena_alloc(b->arena, sizeof *omitted);
	size_t n = count_errors(b);
	struct json_object *loc, *msg, *fault;

	if (!omitted)
		return ERR_NO_MEMORY;
	*omitted = (struct omitted_item){b->omitted, list->name, id_of(b, item), NULL, NULL};
	if (n > faults) {
		fault = json_object_array_get_idx(b->invalid, faults);
		json_object_object_get_ex(fault, "loc", &loc);
		json_object_object_get_ex(fault, "msg", &msg);
		omitted->field = copy_of(b, json_object_array_get_idx(loc, 1));
		omitted->wrong = copy_of(b, msg);
		json_object_array_del_idx(b->invalid, faults, n - faults);
	}
	b->omitted = omitted;
	return OK;
}

/* Binds an item to the list's end; one that is left out leaves that place empty. */
static enum err append_item(struct list *list, struct binding *b, const struct field *f,
			    struct json_object *item)
{
	void *end = (char *)list->items + list->n * f->of->size;
	size_t faults = count_errors(b);
	enum err e = bind_item(end, b, f, item);

	if (!e)
		list->n++;
	if (!e || e == ERR_NO_MEMORY || !f->lenient)
		return e;
	memset(end, 0, f->of->size);
	return omit(b, f, item, faults);
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
	for (size_t i = 0; i < n && !e; i++)
		e = append_item(list, b, f, json_object_array_get_idx(array, i));
	b->body = outer;
	return e;
}
