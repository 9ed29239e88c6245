#include "metrics.h"

#include <inttypes.h>
#include <string.h>

#include "counters.h"

const int histogram_bound_ms[HISTOGRAM_BUCKETS - 1] = {5,   10,  25,   50,   75,   100,  250,
						       500, 750, 1000, 2500, 5000, 7500, 10000};

enum { US_PER_S = 1000000 };

/* ---- counting ---- */

void metrics_register(const struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->n; i++) {
		struct metric *metric = metrics->rows[i];

		if (metric->kind == METRIC_COUNTER)
			metric->cell = counters_reserve(metric->name, 1);
		else if (metric->kind == METRIC_GAUGE)
			metric->cell = gauges_reserve(metric->name);
	}
	for (size_t i = 0; i < metrics->n_histograms; i++) {
		struct histogram *histogram = metrics->histograms[i];

		histogram->cell = counters_reserve(histogram->name, HISTOGRAM_CELLS);
	}
}

void metric_add(const struct metric *metric, int64_t n)
{
	if (metric->kind == METRIC_GAUGE)
		gauges_add(metric->cell, n);
	else
		counters_add(metric->cell, (uint64_t)n);
}

void histogram_count(unsigned cell, int64_t duration_us)
{
	unsigned i = 0;

	if (!cell) /* there was no room for its counters */
		return;
	while (i < HISTOGRAM_BUCKETS - 1 && duration_us > histogram_bound_ms[i] * INT64_C(1000))
		i++;
	counters_add(cell + i, 1);
	counters_add(cell + HISTOGRAM_BUCKETS, (uint64_t)duration_us);
}

void histogram_add(const struct histogram *histogram, int64_t duration_us)
{
	histogram_count(histogram->cell, duration_us);
}

/* ---- printing ---- */

void metric_print_head(FILE *out, const char *name, const char *help, const char *type)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Reads each counter once: a concurrent count must not make a cumulative bucket smaller than the
 * one before it. */
void histogram_print(FILE *out, const char *name, const char *labels, unsigned cell)
{
	uint64_t up_to[HISTOGRAM_BUCKETS], n = 0, sum;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		up_to[i] = n += counters_sum(cell + i);
	if (!cell || !n)
		return;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS - 1; i++)
		fprintf(out, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
			histogram_bound_ms[i] / 1000.0, up_to[i]);
	sum = counters_sum(cell + HISTOGRAM_BUCKETS);
	fprintf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, n);
	fprintf(out, "%s_sum{%s} %" PRIu64 ".%06" PRIu64 "\n", name, labels, sum / US_PER_S,
		sum % US_PER_S);
	fprintf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, n);
}

static const char *type_of(const struct metric *metric)
{
	return metric->kind == METRIC_COUNTER ? "counter" : "gauge";
}

void metrics_print(const struct metrics *metrics, FILE *out, struct ctx *ctx)
{
	const char *name = "";
	int64_t value;

	for (size_t i = 0; i < metrics->n; i++) {
		const struct metric *metric = metrics->rows[i];

		if (strcmp(name, metric->name) != 0)
			metric_print_head(out, metric->name, metric->help, type_of(metric));
		name = metric->name;
		if (metric->kind == METRIC_GAUGE)
			value = gauges_sum(metric->cell);
		else if (metric->kind == METRIC_COUNTER)
			value = (int64_t)counters_sum(metric->cell);
		else if (metric->observe(&value, ctx))
			continue;
		if (metric->labels)
			fprintf(out, "%s{%s} %" PRId64 "\n", name, metric->labels, value);
		else
			fprintf(out, "%s %" PRId64 "\n", name, value);
	}
	name = "";
	for (size_t i = 0; i < metrics->n_histograms; i++) {
		const struct histogram *histogram = metrics->histograms[i];

		if (strcmp(name, histogram->name) != 0)
			metric_print_head(out, histogram->name, histogram->help, "histogram");
		name = histogram->name;
		histogram_print(out, histogram->name, histogram->labels, histogram->cell);
	}
}

void metrics_print_names(const struct metrics *metrics, FILE *out)
{
	const char *name = "";

	for (size_t i = 0; i < metrics->n; i++) {
		const struct metric *metric = metrics->rows[i];

		if (strcmp(name, metric->name) != 0)
			fprintf(out, "%s\t%s\t%s\n", metric->name, type_of(metric), metric->help);
		name = metric->name;
	}
	name = "";
	for (size_t i = 0; i < metrics->n_histograms; i++) {
		const struct histogram *histogram = metrics->histograms[i];

		if (strcmp(name, histogram->name) != 0)
			fprintf(out, "%s\thistogram\t%s\n", histogram->name, histogram->help);
		name = histogram->name;
	}
}
