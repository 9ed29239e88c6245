/*
 * Snapshots: immutable sets of items, sorted by id. Many threads read one while a thread creates
 * the next. Snapshots and items are reference-counted. Snapshots share items, so that a change
 * costs one item and a copy of pointers. A slot refers to the newest snapshot.
 */
#ifndef LIB_SNAPSHOT_H
#define LIB_SNAPSHOT_H

#include <bson/bson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "arena.h"

/* First member of a caller's item, which is one block of calloc(); snapshots free() it. */
struct snapshot_item {
	atomic_int refs; /* initially 1; snapshot_put() takes ownership of that reference */
	bson_oid_t id;
};

struct snapshot {
	atomic_int refs;
	struct arena *arena; /* memory with the lifetime of this snapshot */
	void *head;          /* the caller's data, in that arena */
	size_t n, room;
	struct snapshot_item *items[]; /* sorted by id */
};

/* Creates a snapshot with the items of the previous one (which may be NULL), room for `n` more, and
 * a zeroed head of `head_size` bytes. NULL if out of memory. The caller has the only reference and
 * may change the snapshot until it publishes it. */
struct snapshot *snapshot_new(struct snapshot *previous, size_t n, size_t head_size);

/* Inserts an item, or replaces the one with the same id. Takes ownership of it. Aborts if there is
 * no room. */
void snapshot_put(struct snapshot *snapshot, struct snapshot_item *item);

/* Removes the item with that id, if there is one. */
void snapshot_drop(struct snapshot *snapshot, const bson_oid_t *id);

/* Adds a reference, and returns the snapshot. */
struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* Drops a reference; dropping the last one frees the snapshot. NULL is allowed. Has the type that
 * arena_defer() takes. */
void snapshot_unref(void *snapshot);

/* Index of the first item with that id or a greater id. */
size_t snapshot_position(const struct snapshot *snapshot, const bson_oid_t *id);

/* The item with that id, or NULL. Borrowed. */
struct snapshot_item *snapshot_find(const struct snapshot *snapshot, const bson_oid_t *id);

struct snapshot_slot {
	pthread_mutex_t lock;
	struct snapshot *current;
};

#define SNAPSHOT_SLOT                           \
	{                                       \
		PTHREAD_MUTEX_INITIALIZER, NULL \
	}

/* The newest snapshot, with a reference that the caller drops; NULL if there is none. */
struct snapshot *snapshot_current(struct snapshot_slot *slot);

/* Makes a snapshot the newest and takes ownership of the caller's reference. NULL empties the slot.
 */
void snapshot_publish(struct snapshot_slot *slot, struct snapshot *next);

#endif
