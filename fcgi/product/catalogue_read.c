/* Selections of the catalogue, rendered into the arena of the reader. */
#define _GNU_SOURCE /* memmem */
#include "catalogue_read.h"

#include <string.h>

#include "catalogue_private.h"
#include "fcgi/contracts/product_changes.h"

/* Whether each of the words occurs in the text, also inside a longer word. Words beyond the first
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

/* The entries of an answer. The array grows as needed. */
struct chosen {
	const struct entry **entries;
	size_t n, room;
	size_t json_size; /* of all entries as elements of an array */
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

enum err catalogue_select(struct rendered *json, const bson_oid_t **next, struct arena *arena,
			  const struct snapshot *s, const struct selection *wanted)
{
	struct chosen chosen = {0};
	struct writer w;
	size_t i = 0;

	*next = NULL;
	if (wanted->after)
		i = snapshot_position(s, wanted->after) + (snapshot_find(s, wanted->after) != NULL);
	for (; i < s->n && !*next; i++) {
		const struct entry *e = entry_at(s, i);

		if (e->gone ||
		    (wanted->category && strcmp(e->folded_category, wanted->category) != 0) ||
		    (wanted->q && !words_occur(e->search, wanted->q)))
			continue;
		if (chosen.n == wanted->limit)
			*next = &chosen.entries[chosen.n - 1]->item.id;
		else if (!choose(&chosen, arena, e))
			return ERR_NO_MEMORY;
	}
	w.bytes = w.end = arena_alloc(arena, chosen.json_size + 2);
	if (!w.bytes)
		return ERR_NO_MEMORY;
	writer_put(&w, "[", 1);
	put_chosen(&w, &chosen);
	writer_put(&w, "]", 1);
	*json = writer_finish(&w);
	return OK;
}

enum { REMOVED_SIZE = 40 }; /* {"_id":"…"} and a comma */

enum err catalogue_since(const char **json, size_t *len, struct arena *arena,
			 const struct snapshot *s, int64_t since)
{
	const struct head *head = head_of(s);
	struct chosen there = {0}, gone = {0};
	bool full = since < head->base, lacking;
	char opening[96], removed[REMOVED_SIZE], id[25];
	struct writer w;

	for (size_t i = 0; i < s->n; i++) {
		const struct entry *e = entry_at(s, i);

		/* Changes of one transaction share a version, and a snapshot may have been made in
		 * the middle of them. So the last version is sent again, except that of the base,
		 * which was read as a whole. */
		lacking = e->version > since || (e->version == since && since != head->base);
		/* A full answer replaces what the replica has, so it names no removed products. */
		if (full ? e->gone : !lacking)
			continue;
		if (!choose(e->gone ? &gone : &there, arena, e))
			return ERR_NO_MEMORY;
	}
	w.bytes = w.end =
	    arena_alloc(arena, there.json_size + gone.n * REMOVED_SIZE + sizeof opening + 16);
	if (!w.bytes)
		return ERR_NO_MEMORY;
	writer_put(&w, opening,
		   (size_t)snprintf(opening, sizeof opening, PRODUCT_CHANGES_BEGIN, head->version,
				    full ? "true" : "false"));
	put_chosen(&w, &there);
	writer_put(&w, PRODUCT_CHANGES_GONE, strlen(PRODUCT_CHANGES_GONE));
	for (size_t i = 0; i < gone.n; i++) {
		bson_oid_to_string(&gone.entries[i]->item.id, id);
		writer_put_element(&w, removed,
				   (size_t)snprintf(removed, sizeof removed,
						    PRODUCT_CHANGES_REMOVED, id));
	}
	writer_put(&w, PRODUCT_CHANGES_END, strlen(PRODUCT_CHANGES_END));
	*json = w.bytes;
	*len = (size_t)(w.end - w.bytes);
	return OK;
}
