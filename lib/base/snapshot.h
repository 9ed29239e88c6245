/*
 * Snapshots: an immutable set of items sorted by id, read by many threads while the next one is
 * made. Snapshots and items are reference-counted. Items are shared between snapshots, so a change
 * costs one item and a copy of pointers. A slot refers to the newest.
 */
#ifndef LIB_SNAPSHOT_H
#define LIB_SNAPSHOT_H

#include <bson/bson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "arena.h"

/* First member of what the user keeps; one block of calloc(), released by free(). */
struct snapshot_item {
	atomic_int refs; /* 1 when it is made; snapshot_put() takes that reference over */
	bson_oid_t id;
};

struct snapshot {
	atomic_int refs;
	struct arena *arena; /* for what belongs to this snapshot alone */
	void *head;          /* the user's, in that arena */
	size_t n, room;
	struct snapshot_item *items[]; /* in order of their ids */
};

/* A snapshot with the items of the previous one (NULL: none), room for `n` more, and a zeroed head.
 * NULL without memory. The caller has the only reference, and may change it until it is published.
 */
struct snapshot *snapshot_new(struct snapshot *previous, size_t n, size_t head_size);

/* Puts an item in its place, or in the place of the one with its id; takes it over. */
void snapshot_put(struct snapshot *snapshot, struct snapshot_item *item);

/* Removes the item with that id, if there is one. */
void snapshot_drop(struct snapshot *snapshot, const bson_oid_t *id);

/* Adds a reference, and returns the snapshot. */
struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* Drops a reference; the last one frees it. For arena_defer(); NULL is allowed. */
void snapshot_unref(void *snapshot);

/* Index of the first item with that id or a greater one. */
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

/* The newest, with a reference for the caller; NULL while there is none. */
struct snapshot *snapshot_current(struct snapshot_slot *slot);

/* Makes it the newest, and takes it over; NULL empties the slot. */
void snapshot_publish(struct snapshot_slot *slot, struct snapshot *next);

#endif
