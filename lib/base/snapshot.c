#include "snapshot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void item_release(struct snapshot_item *item)
{
	if (atomic_fetch_sub(&item->refs, 1) == 1)
		free(item);
}

struct snapshot *snapshot_new(struct snapshot *previous, size_t n, size_t head_size)
{
	size_t old = previous ? previous->n : 0;
	struct snapshot *s = calloc(1, sizeof *s + (old + n) * sizeof s->items[0]);

	if (!s)
		return NULL;
	s->refs = 1;
	s->room = old + n;
	s->arena = arena_new(SIZE_MAX / 2);
	s->head = s->arena ? arena_alloc(s->arena, head_size) : NULL;
	if (!s->head) {
		snapshot_unref(s);
		return NULL;
	}
	for (; s->n < old; s->n++) {
		s->items[s->n] = previous->items[s->n];
		atomic_fetch_add(&s->items[s->n]->refs, 1);
	}
	return s;
}

size_t snapshot_position(const struct snapshot *s, const bson_oid_t *id)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bson_oid_compare(&s->items[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool at(const struct snapshot *s, size_t i, const bson_oid_t *id)
{
	return i < s->n && bson_oid_equal(&s->items[i]->id, id);
}

struct snapshot_item *snapshot_find(const struct snapshot *s, const bson_oid_t *id)
{
	size_t i = snapshot_position(s, id);

	return at(s, i, id) ? s->items[i] : NULL;
}

void snapshot_put(struct snapshot *s, struct snapshot_item *item)
{
	size_t i = snapshot_position(s, &item->id);

	if (at(s, i, &item->id)) {
		item_release(s->items[i]);
	} else if (s->n < s->room) {
		memmove(&s->items[i + 1], &s->items[i], (s->n - i) * sizeof s->items[0]);
		s->n++;
	} else {
		abort(); /* snapshot_new() got too small a number */
	}
	s->items[i] = item;
}

void snapshot_drop(struct snapshot *s, const bson_oid_t *id)
{
	size_t i = snapshot_position(s, id);

	if (!at(s, i, id))
		return;
	item_release(s->items[i]);
	s->n--;
	memmove(&s->items[i], &s->items[i + 1], (s->n - i) * sizeof s->items[0]);
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void snapshot_unref(void *snapshot)
{
	struct snapshot *s = snapshot;

	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->n; i++)
		item_release(s->items[i]);
	arena_free(s->arena);
	free(s);
}

struct snapshot *snapshot_current(struct snapshot_slot *slot)
{
	struct snapshot *s;

	pthread_mutex_lock(&slot->lock);
	s = slot->current ? snapshot_ref(slot->current) : NULL;
	pthread_mutex_unlock(&slot->lock);
	return s;
}

void snapshot_publish(struct snapshot_slot *slot, struct snapshot *next)
{
	struct snapshot *previous;

	pthread_mutex_lock(&slot->lock);
	previous = slot->current;
	slot->current = next;
	pthread_mutex_unlock(&slot->lock);
	/* Outside the lock, because freeing a large snapshot takes time. */
	snapshot_unref(previous);
}
