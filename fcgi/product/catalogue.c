/* Snapshots of the catalogue, with everything rendered that is read often. */
#include "catalogue_private.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "gzip.h"
#include "json.h"
#include "text.h"

/* ---- texts ---- */

void writer_put(struct writer *w, const char *s, size_t len)
{
	memcpy(w->end, s, len);
	w->end += len;
}

void writer_put_element(struct writer *w, const char *s, size_t len)
{
	if (w->end[-1] != '[')
		writer_put(w, ",", 1);
	writer_put(w, s, len);
}

static void set_etag(struct rendered *text)
{
	unsigned char hash[16];
	char hex[2 * sizeof hash + 1];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)text->bytes, text->len, NULL,
			   0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	snprintf(text->etag, sizeof text->etag, "\"%s\"", hex);
}

struct rendered writer_finish(const struct writer *w)
{
	struct rendered text = {.bytes = w->bytes, .len = (size_t)(w->end - w->bytes)};

	set_etag(&text);
	return text;
}

/* ---- entries ---- */

enum { SCRATCH_MAX = 16 << 20 }; /* for one entry: two folded texts of TEXT_MAX bytes */

static const struct field product_fields[] = {
    {FIELD(struct product, _id)},
    {FIELD_IN(struct product, facts, name), .example = "Milk 1L"},
    {FIELD(struct product, description), .example = "Pasteurised full-cream milk"},
    {FIELD_IN(struct product, facts, price)},
    {FIELD(struct product, category), .example = "Dairy"},
    {FIELD_IN(struct product, facts, unit), .example = "1 L"},
    {FIELD_IN(struct product, facts, image_url), .example = "/pictures/1f95b.webp"},
    {FIELD(struct product, available)},
    {FIELD(struct product, stock)},
};
const struct shape product_out = NAMED_SHAPE("Product", struct product, product_fields);

static struct entry *entry_alloc(const struct change *change, size_t text_size)
{
	struct entry *e = calloc(1, sizeof *e + text_size);

	if (!e)
		return NULL;
	e->item.refs = 1;
	e->item.id = change->id;
	e->version = change->version;
	e->gone = !change->product;
	return e;
}

/* The texts from which an entry is filled. */
struct texts {
	const char *json;
	size_t json_len;
	const char *name, *category; /* folded */
};

/* Folds a text. One that can't be folded (not valid UTF-8), as a manual edit may leave it, stays as
 * it is. */
static bool fold(const char **folded, struct arena *arena, const char *text)
{
	enum err e = text_fold(folded, arena, text);

	if (e == ERR_INVALID)
		*folded = text;
	return !e || e == ERR_INVALID;
}

static struct entry *entry_fill(const struct change *change, const struct texts *texts)
{
	const struct product *p = change->product;
	size_t category_size = strlen(p->category) + 1, name_size = strlen(texts->name) + 1;
	size_t search_size = name_size + strlen(texts->category) + 1;
	struct entry *e = entry_alloc(change, texts->json_len + category_size + search_size);
	char *category, *search;

	if (!e)
		return NULL;
	category = e->texts + texts->json_len;
	search = category + category_size;
	memcpy(e->texts, texts->json, texts->json_len);
	memcpy(category, p->category, category_size);
	snprintf(search, search_size, "%s\n%s", texts->name, texts->category);
	e->available = p->available;
	e->stock = p->stock;
	e->json = (struct rendered){.bytes = e->texts, .len = texts->json_len};
	set_etag(&e->json);
	e->category = category;
	e->search = search;
	e->folded_category = search + name_size;
	return e;
}

/* Renders the product with the base before its image_url. `scratch` is reset. */
static struct entry *entry_new(const struct change *change, struct arena *scratch,
			       const char *image_base)
{
	const struct product *p = change->product;
	struct json_object *rendered;
	struct texts texts = {0};
	struct entry *e = NULL;
	const char *url;

	if (!p)
		return entry_alloc(change, 0);
	rendered = arena_defer(scratch, json_release, shape_to_json(&product_out, p));
	url = arena_printf(scratch, "%s%s", image_base, p->facts.image_url);
	if (url && json_add(rendered, "image_url", json_object_new_string(url)))
		texts.json = json_text(&texts.json_len, rendered);
	if (texts.json && fold(&texts.name, scratch, p->facts.name) &&
	    fold(&texts.category, scratch, p->category))
		e = entry_fill(change, &texts);
	arena_reset(scratch);
	return e;
}

/* ---- snapshots ---- */

static bool render_list(struct snapshot *s)
{
	struct head *head = head_of(s);
	struct writer w;
	size_t n = 0, size = 2;

	for (size_t i = 0; i < s->n; i++)
		size += entry_at(s, i)->json.len + 1;
	w.bytes = w.end = arena_alloc(s->arena, size);
	if (!w.bytes)
		return false;
	writer_put(&w, "[", 1);
	for (size_t i = 0; i < s->n && n < CATALOGUE_LIST_MAX; i++) {
		const struct entry *e = entry_at(s, i);

		if (e->gone)
			continue;
		writer_put_element(&w, e->json.bytes, e->json.len);
		n++;
	}
	writer_put(&w, "]", 1);
	head->list = writer_finish(&w);
	return true;
}

static bool render_categories(struct snapshot *s)
{
	struct json_object *names = json_object_new_array();
	struct rendered *text = &head_of(s)->categories;
	bool made = names != NULL;

	for (size_t i = 0; names && i < s->n; i++) {
		const struct entry *e = entry_at(s, i);
		bool known = e->gone;

		for (size_t j = 0; !known && j < json_object_array_length(names); j++)
			known = strcmp(json_object_get_string(json_object_array_get_idx(names, j)),
				       e->category) == 0;
		if (!known)
			made = json_append(names, json_object_new_string(e->category)) && made;
	}
	text->bytes = made ? json_text(&text->len, names) : NULL;
	if (text->bytes)
		text->bytes = arena_strndup(s->arena, text->bytes, text->len);
	json_object_put(names);
	if (!text->bytes)
		return false;
	set_etag(text);
	return true;
}

static bool put_entries(struct snapshot *s, const struct change *changes, size_t n,
			const char *image_base)
{
	struct arena *scratch = arena_new(SCRATCH_MAX);
	struct head *head = head_of(s);
	bool made = scratch != NULL;

	for (size_t i = 0; i < n && made; i++) {
		struct entry *e = entry_new(&changes[i], scratch, image_base);

		made = e != NULL;
		if (!made)
			break;
		if (e->version > head->version)
			head->version = e->version;
		snapshot_put(s, &e->item);
	}
	arena_free(scratch);
	return made;
}

struct snapshot *catalogue_new(struct snapshot *previous, const struct change *changes, size_t n,
			       int64_t version, const char *image_base)
{
	struct snapshot *s = snapshot_new(previous, n, sizeof(struct head));

	if (!s)
		return NULL;
	pthread_mutex_init(&head_of(s)->gzip_lock, NULL);
	head_of(s)->base = previous ? head_of(previous)->base : version;
	head_of(s)->version = previous ? head_of(previous)->version : version;
	if (put_entries(s, changes, n, image_base) && render_list(s) && render_categories(s))
		return s;
	snapshot_unref(s);
	return NULL;
}

/* ---- readers ---- */

const struct rendered *catalogue_list(const struct snapshot *s)
{
	return &head_of(s)->list;
}

enum err rendered_gzip(struct rendered *packed, struct arena *arena, const struct rendered *text)
{
	struct rendered made = *text;
	char *bytes;
	enum err e = gzip_take(&bytes, &made.len, text->bytes, text->len);

	if (e)
		return e;
	made.bytes = arena_defer(arena, free, bytes);
	if (!made.bytes)
		return ERR_NO_MEMORY;
	*packed = made;
	return OK;
}

const struct rendered *catalogue_list_gzip(const struct snapshot *s)
{
	struct head *head = head_of(s);
	enum err e = OK;

	pthread_mutex_lock(&head->gzip_lock);
	if (!head->list_gzip.bytes)
		e = rendered_gzip(&head->list_gzip, s->arena, &head->list);
	pthread_mutex_unlock(&head->gzip_lock);
	return e ? NULL : &head->list_gzip;
}

const struct rendered *catalogue_categories(const struct snapshot *s)
{
	return &head_of(s)->categories;
}

const struct entry *catalogue_find(const struct snapshot *s, const bson_oid_t *id)
{
	const struct entry *e = (const struct entry *)snapshot_find(s, id);

	return e && !e->gone ? e : NULL;
}
