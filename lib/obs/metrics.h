/*
 * Metrics in Prometheus' text format, summed over all processes of a pool (counters.h).
 *
 *	static struct metric refused = {
 *	    "stock_refused_total", "reservations refused for lack of stock", METRIC_COUNTER};
 *	…
 *	metric_add(&refused, 1);
 *
 * A service lists its metrics in its table (service.h); each route has its own in addition. Names
 * follow Prometheus' conventions: base units, `_total` for counters.
 */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "ctx.h"

enum metric_kind {
	METRIC_COUNTER,  /* only grows */
	METRIC_GAUGE,    /* goes up and down; the sum over the processes is printed */
	METRIC_CALLBACK, /* a gauge that a function reads when metrics are printed, for all
			    processes */
};

struct metric {
	const char *name; /* metrics of one name are adjacent and have different labels */
	const char *help;
	enum metric_kind kind;
	const char *labels; /* as printed, for example `reason="stock"`; NULL: none */
	/* METRIC_CALLBACK: reads the value. If it fails, the metric is not printed. */
	enum err (*observe)(int64_t *value, struct ctx *ctx);
	unsigned cell; /* number of the counter or gauge in counters.h */
};

/* Upper bounds of a histogram's buckets in milliseconds; the last bucket has no bound. Source:
 * OpenTelemetry's semantic conventions, http.server.request.duration. */
enum { HISTOGRAM_BUCKETS = 15, HISTOGRAM_CELLS = HISTOGRAM_BUCKETS + 1 };
extern const int histogram_bound_ms[HISTOGRAM_BUCKETS - 1];

/* A histogram of durations. Its counters are the buckets (not cumulative) and the sum in µs. */
struct histogram {
	const char *name;
	const char *help;
	const char *labels;
	unsigned cell; /* number of the first counter */
};

/* The metrics of a part of the program. */
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

/* Reserves the counters of all metrics. Call it before counters_open(). An unregistered metric
 * doesn't count. */
void metrics_register(const struct metrics *metrics);

/* Thread-safe. */
void metric_add(const struct metric *metric, int64_t n);
void histogram_add(const struct histogram *histogram, int64_t duration_us);
/* Adds to the histogram whose first counter is `cell`. */
void histogram_count(unsigned cell, int64_t duration_us);

/* Prints the metrics with their values. `ctx` is passed to callbacks. */
void metrics_print(const struct metrics *metrics, FILE *out, struct ctx *ctx);

/* Prints `NAME<TAB>TYPE<TAB>HELP` lines, one for each name. */
void metrics_print_names(const struct metrics *metrics, FILE *out);

/* Prints the lines `# HELP` and `# TYPE`. */
void metric_print_head(FILE *out, const char *name, const char *help, const char *type);
/* Prints the lines of a histogram's values; none if it has counted nothing. `labels` is not empty.
 */
void histogram_print(FILE *out, const char *name, const char *labels, unsigned cell);

#endif
