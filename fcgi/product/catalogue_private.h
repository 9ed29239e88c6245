/* Internals of a snapshot, for catalogue.c and catalogue_read.c only. */
#ifndef CATALOGUE_PRIVATE_H
#define CATALOGUE_PRIVATE_H

#include <pthread.h>

#include "catalogue.h"

/* The part of a snapshot that is not shared with others. */
struct head {
	int64_t base, version;
	struct rendered list, categories;
	struct rendered list_gzip; /* empty until the first use */
	pthread_mutex_t gzip_lock; /* protects list_gzip */
};

static inline struct head *head_of(const struct snapshot *s)
{
	return s->head;
}

static inline const struct entry *entry_at(const struct snapshot *s, size_t i)
{
	return (const struct entry *)s->items[i];
}

/* Writes into a buffer whose size was computed before. */
struct writer {
	char *bytes, *end;
};

void writer_put(struct writer *w, const char *s, size_t len);

/* An element of a JSON array: a comma before all but the first. */
void writer_put_element(struct writer *w, const char *s, size_t len);

/* The written text, with its ETag. */
struct rendered writer_finish(const struct writer *w);

#endif
