/*
 * A histogram of latencies: both load programs measure with it, so that their percentiles mean
 * the same.
 *
 * Buckets grow with the value, 64 to each doubling: a percentile is within 1 % of the true value
 * in a fixed amount of memory, and a record costs a few instructions (the scheme of Gil Tene's
 * HdrHistogram).
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_US  UINT32_MAX /* 71 minutes: longer counts as this */
#define HISTOGRAM_BUCKETS 1728

struct histogram {
	uint64_t count;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* What one measurement found. */
struct result {
	const char *name;
	double seconds;           /* the time in which operations were counted */
	uint64_t errors;          /* also those outside of that time */
	struct histogram latency; /* a value for each operation that ended in that time */
};

/* Microseconds of a clock that only goes forward. */
uint64_t clock_us(void);

/* Adds one latency, in microseconds. */
void histogram_record(struct histogram *h, uint64_t us);

/* Adds all that is in `other`. */
void histogram_merge(struct histogram *h, const struct histogram *other);

/* The latency in microseconds that `percent` of the records don't exceed; 0 without records. */
double histogram_percentile(const struct histogram *h, double percent);

/* Prints one line of JSON on standard output: name, ops, rate, p50_ms, p99_ms, errors. */
void result_print(const struct result *r);

#endif
