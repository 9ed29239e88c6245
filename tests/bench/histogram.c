/* See histogram.h. */
#define _POSIX_C_SOURCE 200809L

#include "histogram.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

/* Values below 128 have a bucket each; of a larger one the seven highest bits count. */
#define SUB_BITS 6
#define EXACT    (2u << SUB_BITS)

uint64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static unsigned shift_of(uint64_t us)
{
	return us < EXACT ? 0 : (unsigned)(63 - __builtin_clzll(us)) - SUB_BITS;
}

void histogram_record(struct histogram *h, uint64_t us)
{
	unsigned shift;

	if (us > HISTOGRAM_MAX_US)
		us = HISTOGRAM_MAX_US;
	shift = shift_of(us);
	h->buckets[((size_t)shift << SUB_BITS) + (us >> shift)]++;
	h->count++;
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += other->buckets[i];
	h->count += other->count;
}

/* The middle of a bucket: the inverse of the index in histogram_record(). */
static double bucket_value(size_t i)
{
	unsigned shift = i < EXACT ? 0 : (unsigned)(i >> SUB_BITS) - 1;
	uint64_t low = ((uint64_t)i - ((uint64_t)shift << SUB_BITS)) << shift;

	return (double)low + ((double)(UINT64_C(1) << shift) - 1) / 2;
}

double histogram_percentile(const struct histogram *h, double percent)
{
	uint64_t wanted = (uint64_t)ceil((double)h->count * percent / 100);
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen > 0 && seen >= wanted)
			return bucket_value(i);
	}
	return 0;
}

void result_print(const struct result *r)
{
	const struct histogram *h = &r->latency;

	printf("{\"name\": \"%s\", \"ops\": %" PRIu64 ", \"rate\": %.1f, \"p50_ms\": %.3f, "
	       "\"p99_ms\": %.3f, \"errors\": %" PRIu64 "}\n",
	       r->name, h->count, (double)h->count / r->seconds, histogram_percentile(h, 50) / 1000,
	       histogram_percentile(h, 99) / 1000, r->errors);
}
