#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
	CHUNK_SIZE = 16 * 1024, /* enough for nearly every request: it needs no further malloc() */
	ALIGNMENT = _Alignof(max_align_t),
};

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct arena {
	struct chunk *chunks;      /* newest first; a reset keeps the oldest */
	struct deferred *deferred; /* newest first */
	size_t ceiling, taken;     /* bytes of all chunks except the oldest */
	bool exhausted;            /* an allocation failed since the last reset */
};

static struct chunk *chunk_new(size_t size, struct chunk *next)
{
	struct chunk *chunk = malloc(sizeof *chunk + size);

	if (!chunk)
		return NULL;
	chunk->next = next;
	chunk->size = size;
	chunk->used = 0;
	ASAN_POISON_MEMORY_REGION(chunk->bytes, size);
	return chunk;
}

static void chunk_free(struct chunk *chunk)
{
	ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->size);
	free(chunk);
}

struct arena *arena_new(size_t ceiling)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (!arena)
		return NULL;
	arena->ceiling = ceiling;
	arena->chunks = chunk_new(CHUNK_SIZE, NULL);
	if (!arena->chunks) {
		free(arena);
		return NULL;
	}
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	arena_reset(arena);
	chunk_free(arena->chunks);
	free(arena);
}

void arena_reset(struct arena *arena)
{
	while (arena->deferred) {
		struct deferred *d = arena->deferred;

		/* Unlinked first, because release() may allocate or register objects. */
		arena->deferred = d->next;
		d->release(d->object);
	}
	while (arena->chunks->next) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		chunk_free(chunk);
	}
	ASAN_POISON_MEMORY_REGION(arena->chunks->bytes, arena->chunks->size);
	arena->chunks->used = 0;
	arena->taken = 0;
	arena->exhausted = false;
}

bool arena_is_exhausted(const struct arena *arena)
{
	return arena->exhausted;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	size_t rounded, more;
	void *p;

	if (size > SIZE_MAX - ALIGNMENT)
		return NULL;
	rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (rounded > chunk->size - chunk->used) {
		more = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;
		chunk = NULL;
		if (more <= arena->ceiling - arena->taken)
			chunk = chunk_new(more, arena->chunks);
		if (!chunk) {
			arena->exhausted = true;
			return NULL;
		}
		arena->taken += more;
		arena->chunks = chunk;
	}
	p = chunk->bytes + chunk->used;
	chunk->used += rounded;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return memset(p, 0, size);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, n * size);
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text = NULL;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void *arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	struct deferred *d;

	if (!object)
		return NULL;
	d = arena_alloc(arena, sizeof *d);
	if (!d) {
		release(object);
		return NULL;
	}
	d->next = arena->deferred;
	d->release = release;
	d->object = object;
	arena->deferred = d;
	return object;
}
