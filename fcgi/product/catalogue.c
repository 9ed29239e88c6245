#define _GNU_SOURCE /* memmem */
#include "catalogue.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "gzip.h"
#include "json.h"

/* What belongs to one snapshot alone. */
struct head {
	int64_t base, version;
	struct text list, categories;
	struct text list_gzip;     /* empty until it is wanted */
	pthread_mutex_t gzip_lock; /* over it */
	size_t json_size;          /* of all products as an array: no selection is larger */
};

static struct head *head_of(const struct snapshot *s)
{
	return s->head;
}

static const struct entry *entry_at(const struct snapshot *s, size_t i)
{
	return (const struct entry *)s->items[i];
}

/* ---- texts ---- */

/* A buffer in an arena whose size is known beforehand. */
struct writer {
	char *bytes, *end;
};

static void put(struct writer *w, const char *s, size_t len)
{
	memcpy(w->end, s, len);
	w->end += len;
}

/* An element of a JSON array: a comma before all but the first. */
static void put_element(struct writer *w, const char *s, size_t len)
{
	if (w->end[-1] != '[')
		put(w, ",", 1);
	put(w, s, len);
}

static void set_etag(struct text *text)
{
	unsigned char hash[16];
	char hex[2 * sizeof hash + 1];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)text->bytes, text->len, NULL,
			   0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	snprintf(text->etag, sizeof text->etag, "\"%s\"", hex);
}

static struct text finish(const struct writer *w)
{
	struct text text = {.bytes = w->bytes, .len = (size_t)(w->end - w->bytes)};

	set_etag(&text);
	return text;
}

/* ---- entries ---- */

static void lower(char *s)
{
	for (; *s; s++) {
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
	}
}

/* The product as it goes out, with the base before its picture. The caller puts it. */
static struct json_object *render(const struct product *product, const char *image_base)
{
	struct json_object *json = shape_to_json(&product_doc, product);
	size_t len = strlen(image_base) + strlen(product->image_url) + 1;
	char *url = malloc(len);
	bool made = false;

	if (url) {
		snprintf(url, len, "%s%s", image_base, product->image_url);
		made = json_add(json, "image_url", json_object_new_string(url));
	}
	free(url);
	if (made)
		return json;
	json_object_put(json);
	return NULL;
}

static struct entry *entry_alloc(const struct change *change, size_t text_size)
{
	struct entry *e = calloc(1, sizeof *e + text_size);

	if (!e)
		return NULL;
	e->item.holders = 1;
	e->item.id = change->id;
	e->version = change->version;
	e->gone = !change->product;
	return e;
}

static struct entry *entry_new(const struct change *change, const char *image_base)
{
	const struct product *p = change->product;
	struct json_object *rendered;
	struct entry *e = NULL;
	const char *json;
	size_t len, category_size, search_size;

	if (!p)
		return entry_alloc(change, 0);
	rendered = render(p, image_base);
	json = rendered ? json_text(&len, rendered) : NULL;
	category_size = strlen(p->category) + 1;
	search_size = strlen(p->name) + 1 + category_size;
	if (json)
		e = entry_alloc(change, len + category_size + search_size);
	if (e) {
		char *category = e->texts + len, *search = category + category_size;

		memcpy(e->texts, json, len);
		memcpy(category, p->category, category_size);
		snprintf(search, search_size, "%s\n%s", p->name, p->category);
		lower(search);
		e->json = (struct text){.bytes = e->texts, .len = len};
		set_etag(&e->json);
		e->category = category;
		e->search = search;
	}
	json_object_put(rendered);
	return e;
}

/* ---- snapshots ---- */

static bool render_list(struct snapshot *s)
{
	struct head *head = head_of(s);
	struct writer w;
	size_t n = 0;

	head->json_size = 2;
	for (size_t i = 0; i < s->n; i++)
		head->json_size += entry_at(s, i)->json.len + 1;
	w.bytes = w.end = arena_alloc(s->arena, head->json_size);
	if (!w.bytes)
		return false;
	put(&w, "[", 1);
	for (size_t i = 0; i < s->n && n < CATALOGUE_LIST_MAX; i++) {
		const struct entry *e = entry_at(s, i);

		if (e->gone)
			continue;
		put_element(&w, e->json.bytes, e->json.len);
		n++;
	}
	put(&w, "]", 1);
	head->list = finish(&w);
	return true;
}

static bool array_holds(struct json_object *array, const char *name)
{
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), name) == 0)
			return true;
	}
	return false;
}

static bool render_categories(struct snapshot *s)
{
	struct json_object *names = json_object_new_array();
	struct text *text = &head_of(s)->categories;
	bool made = names != NULL;

	for (size_t i = 0; names && i < s->n; i++) {
		const struct entry *e = entry_at(s, i);

		if (!e->gone && !array_holds(names, e->category))
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

static bool apply(struct snapshot *s, const struct change *changes, size_t n,
		  const char *image_base)
{
	struct head *head = head_of(s);

	for (size_t i = 0; i < n; i++) {
		struct entry *e = entry_new(&changes[i], image_base);

		if (!e)
			return false;
		if (e->version > head->version)
			head->version = e->version;
		snapshot_put(s, &e->item);
	}
	return render_list(s) && render_categories(s);
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
	if (apply(s, changes, n, image_base))
		return s;
	snapshot_release(s);
	return NULL;
}

/* ---- readers ---- */

const struct text *catalogue_list(const struct snapshot *s)
{
	return &head_of(s)->list;
}

static void compress_list(const struct snapshot *s)
{
	struct head *head = head_of(s);
	struct text packed = head->list;
	char *bytes;

	if (gzip_take(&bytes, &packed.len, head->list.bytes, head->list.len))
		return;
	packed.bytes = arena_defer(s->arena, free, bytes);
	if (packed.bytes)
		head->list_gzip = packed;
}

const struct text *catalogue_list_gzip(const struct snapshot *s)
{
	struct head *head = head_of(s);
	bool there;

	pthread_mutex_lock(&head->gzip_lock);
	if (!head->list_gzip.bytes)
		compress_list(s);
	there = head->list_gzip.bytes != NULL;
	pthread_mutex_unlock(&head->gzip_lock);
	return there ? &head->list_gzip : NULL;
}

const struct text *catalogue_categories(const struct snapshot *s)
{
	return &head_of(s)->categories;
}

const struct entry *catalogue_find(const struct snapshot *s, const bson_oid_t *id)
{
	const struct entry *e = (const struct entry *)snapshot_find(s, id);

	return e && !e->gone ? e : NULL;
}

/* Whether each word occurs, at the beginning of a word or inside it. */
static bool words_occur(const char *text, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (len && !memmem(text, strlen(text), words, len))
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

static bool selected(const struct entry *e, const struct selection *s)
{
	return !e->gone && (!s->category || strcmp(e->category, s->category) == 0) &&
	       (!s->q || words_occur(e->search, s->q));
}

/* Where a reader goes on. */
static size_t begin_after(const struct snapshot *s, const bson_oid_t *after)
{
	return after ? snapshot_position(s, after) + (snapshot_find(s, after) != NULL) : 0;
}

enum err catalogue_select(struct text *json, const bson_oid_t **next, struct arena *arena,
			  const struct snapshot *s, const struct selection *wanted)
{
	const bson_oid_t *last = NULL;
	struct writer w;
	size_t n = 0;

	w.bytes = w.end = arena_alloc(arena, head_of(s)->json_size);
	if (!w.bytes)
		return ERR_UNAVAILABLE;
	*next = NULL;
	put(&w, "[", 1);
	for (size_t i = begin_after(s, wanted->after); i < s->n; i++) {
		const struct entry *e = entry_at(s, i);

		if (!selected(e, wanted))
			continue;
		if (n++ == wanted->limit) {
			*next = last;
			break;
		}
		put_element(&w, e->json.bytes, e->json.len);
		last = &e->item.id;
	}
	put(&w, "]", 1);
	*json = finish(&w);
	return OK;
}

/* {"_id": "…"} of a product that is gone. */
static void put_gone(struct writer *w, const bson_oid_t *id)
{
	char hex[25], json[40];

	bson_oid_to_string(id, hex);
	put_element(w, json, (size_t)snprintf(json, sizeof json, "{\"_id\":\"%s\"}", hex));
}

/*
 * Whether a copy made at `since` lacks an entry. Changes of one transaction share a version, and a
 * snapshot may have been made in the middle of them: so the last version is given again, except
 * the base's, which was read whole.
 */
static bool lacks(const struct head *head, const struct entry *e, int64_t since)
{
	return e->version > since || (e->version == since && since != head->base);
}

enum err catalogue_since(const char **json, size_t *len, struct arena *arena,
			 const struct snapshot *s, int64_t since)
{
	const struct head *head = head_of(s);
	bool full = since < head->base;
	char opening[96];
	struct writer w;

	w.bytes = w.end = arena_alloc(arena, head->json_size + s->n * 40 + 128);
	if (!w.bytes)
		return ERR_UNAVAILABLE;
	put(&w, opening,
	    (size_t)snprintf(opening, sizeof opening,
			     "{\"version\":%" PRId64 ",\"full\":%s,\"products\":[", head->version,
			     full ? "true" : "false"));
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *e = entry_at(s, i);

		if (!e->gone && (full || lacks(head, e, since)))
			put_element(&w, e->json.bytes, e->json.len);
	}
	put(&w, "],\"gone\":[", 10);
	for (size_t i = 0; i < s->n && !full; i++) {
		const struct entry *e = entry_at(s, i);

		if (e->gone && lacks(head, e, since))
			put_gone(&w, &e->item.id);
	}
	put(&w, "]}", 2);
	*json = w.bytes;
	*len = (size_t)(w.end - w.bytes);
	return OK;
}
