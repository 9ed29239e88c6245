/*
 * Metrics, in Prometheus' text format: counted over all processes of a pool (counters.h).
 *
 *	static struct metric refused = {
 *	    "stock_refused_total", "reservations refused for lack of stock", METRIC_COUNTER};
 *	…
 *	metric_add(&refused, 1);
 *
 * A service names its metrics in its table (service.h); routes bring their own. Names follow
 * Prometheus' advice: base units, `_total` for what only grows.
 */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "ctx.h"

enum metric_kind {
	METRIC_COUNTER,  /* only grows: events */
	METRIC_GAUGE,    /* goes up and down in each process */
	METRIC_CALLBACK, /* a gauge that a function reads when metrics are printed, for all
			    processes */
};

struct metric {
	const char *name; /* those of one name stand together, and differ by their labels */
	const char *help;
	enum metric_kind kind;
	const char *labels; /* as they are printed, `reason="stock"`; NULL: none */
	/* METRIC_CALLBACK: reads the value; one that fails is left out. */
	enum err (*observe)(int64_t *value, struct ctx *ctx);
	unsigned cell; /* its number in counters.h */
};

/* Upper bounds of a histogram's buckets in milliseconds; the last has none. Source: OpenTelemetry's
 * semantic conventions, http.server.request.duration. */
enum { HISTOGRAM_BUCKETS = 15, HISTOGRAM_CELLS = HISTOGRAM_BUCKETS + 1 };
extern const int histogram_bound_ms[HISTOGRAM_BUCKETS - 1];

/* How long something took: its buckets, each for itself, then the sum in µs. */
struct histogram {
	const char *name;
	const char *help;
	const char *labels;
	unsigned cell;
};

/* What a part of the program counts; arrays of addresses. */
struct metrics {
	struct metric *const *rows;
	size_t n;
	struct histogram *const *histograms;
	size_t n_histograms;
};

#define METRICS(array)                                                   \
	{                                                                \
		.rows = (array), .n = sizeof(array) / sizeof((array)[0]) \
	}

/* Gives all their counters; before counters_open(). Before that nothing is counted. */
void metrics_register(const struct metrics *metrics);

/* From any thread. */
void metric_add(const struct metric *metric, int64_t n);
void histogram_add(const struct histogram *histogram, int64_t duration_us);
/* The same by the number of a histogram's first counter. */
void histogram_count(unsigned cell, int64_t duration_us);

/* Prints them; `ctx` is that of whoever asks. */
void metrics_print(const struct metrics *metrics, FILE *out, struct ctx *ctx);

/* Prints `NAME<TAB>TYPE<TAB>HELP` a line, each name once. */
void metrics_print_names(const struct metrics *metrics, FILE *out);

/* The lines `# HELP` and `# TYPE`. */
void metric_print_head(FILE *out, const char *name, const char *help, const char *type);
/* The lines of a histogram's counters; `labels` is never empty. Nothing where nothing was counted.
 */
void histogram_print(FILE *out, const char *name, const char *labels, unsigned cell);

#endif
