/* Selections of the catalogue, rendered into a reader's arena. */
#define _GNU_SOURCE /* memmem */
#include "catalogue_read.h"

#include <string.h>

#include "catalogue_private.h"
#include "fcgi/contracts/product_changes.h"

/* Whether each word occurs, at the beginning of a word or inside it; those beyond the first
 * SEARCH_WORDS_MAX are ignored. */
static bool words_occur(const char *text, const char *words)
{
	size_t text_len = strlen(text);

	for (int n = 0; *words && n < SEARCH_WORDS_MAX;) {
		size_t len = strcspn(words, " ");

		if (len && !memmem(text, text_len, words, len))
			return false;
		n += len > 0;
		words += len + (words[len] == ' ');
	}
	return true;
}

static bool selected(const struct entry *e, const struct selection *s)
{
	return !e->gone && (!s->category || strcmp(e->folded_category, s->category) == 0) &&
	       (!s->q || words_occur(e->search, s->q));
}

/* Where a reader goes on. */
static size_t begin_after(const struct snapshot *s, const bson_oid_t *after)
{
	return after ? snapshot_position(s, after) + (snapshot_find(s, after) != NULL) : 0;
}

/* Entries that a reader gets: no more memory is taken than they need. */
struct chosen {
	const struct entry **entries;
	size_t n, room;
	size_t json_size; /* of all of them as elements of an array */
};

static bool choose(struct chosen *chosen, struct arena *arena, const struct entry *e)
{
	enum { FIRST_ROOM = 32 };

	if (chosen->n == chosen->room) {
		size_t room = chosen->room ? 2 * chosen->room : FIRST_ROOM;
		const struct entry **entries = arena_array(arena, room, sizeof(*entries));

		if (!entries)
			return false;
		if (chosen->n)
			memcpy(entries, chosen->entries, chosen->n * sizeof(*entries));
		chosen->entries = entries;
		chosen->room = room;
	}
	chosen->entries[chosen->n++] = e;
	chosen->json_size += e->json.len + 1;
	return true;
}

static void put_chosen(struct writer *w, const struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->n; i++)
		writer_put_element(w, chosen->entries[i]->json.bytes, chosen->entries[i]->json.len);
}

/* The selected entries; `next` as in catalogue_select(). */
static enum err choose_selected(struct chosen *chosen, const bson_oid_t **next, struct arena *arena,
				const struct snapshot *s, const struct selection *wanted)
{
	*next = NULL;
	for (size_t i = begin_after(s, wanted->after); i < s->n; i++) {
		const struct entry *e = entry_at(s, i);

		if (!selected(e, wanted))
			continue;
		if (chosen->n == wanted->limit) {
			*next = &chosen->entries[chosen->n - 1]->item.id;
			break;
		}
		if (!choose(chosen, arena, e))
			return ERR_NO_MEMORY;
	}
	return OK;
}

enum err catalogue_select(struct rendered *json, const bson_oid_t **next, struct arena *arena,
			  const struct snapshot *s, const struct selection *wanted)
{
	struct chosen chosen = {0};
	struct writer w;
	enum err e = choose_selected(&chosen, next, arena, s, wanted);

	if (e)
		return e;
	w.bytes = w.end = arena_alloc(arena, chosen.json_size + 2);
	if (!w.bytes)
		return ERR_NO_MEMORY;
	writer_put(&w, "[", 1);
	put_chosen(&w, &chosen);
	writer_put(&w, "]", 1);
	*json = writer_finish(&w);
	return OK;
}

enum { GONE_SIZE = 40 }; /* {"_id":"…"} and a comma */

/* {"_id": "…"} of a product that is gone. */
static void put_gone(struct writer *w, const bson_oid_t *id)
{
	char hex[25], json[GONE_SIZE];

	bson_oid_to_string(id, hex);
	writer_put_element(w, json,
			   (size_t)snprintf(json, sizeof json, PRODUCT_CHANGES_REMOVED, hex));
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

/* What a copy made at `since` lacks: products that are there, and those that are gone. */
static bool choose_lacking(struct chosen *there, struct chosen *gone, struct arena *arena,
			   const struct snapshot *s, int64_t since)
{
	const struct head *head = head_of(s);
	bool full = since < head->base, chosen = true;

	for (size_t i = 0; i < s->n && chosen; i++) {
		const struct entry *e = entry_at(s, i);

		if (!e->gone && (full || lacks(head, e, since)))
			chosen = choose(there, arena, e);
		else if (e->gone && !full && lacks(head, e, since))
			chosen = choose(gone, arena, e);
	}
	return chosen;
}

enum err catalogue_since(const char **json, size_t *len, struct arena *arena,
			 const struct snapshot *s, int64_t since)
{
	const struct head *head = head_of(s);
	struct chosen there = {0}, gone = {0};
	bool full = since < head->base;
	char opening[96];
	struct writer w;

	if (!choose_lacking(&there, &gone, arena, s, since))
		return ERR_NO_MEMORY;
	w.bytes = w.end =
	    arena_alloc(arena, there.json_size + gone.n * GONE_SIZE + sizeof opening + 16);
	if (!w.bytes)
		return ERR_NO_MEMORY;
	writer_put(&w, opening,
		   (size_t)snprintf(opening, sizeof opening, PRODUCT_CHANGES_BEGIN, head->version,
				    full ? "true" : "false"));
	put_chosen(&w, &there);
	writer_put(&w, PRODUCT_CHANGES_GONE, strlen(PRODUCT_CHANGES_GONE));
	for (size_t i = 0; i < gone.n; i++)
		put_gone(&w, &gone.entries[i]->item.id);
	writer_put(&w, PRODUCT_CHANGES_END, strlen(PRODUCT_CHANGES_END));
	*json = w.bytes;
	*len = (size_t)(w.end - w.bytes);
	return OK;
}
