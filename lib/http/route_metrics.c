#include "route_metrics.h"

#include <inttypes.h>

#include "counters.h"
#include "http_status.h"
#include "metrics.h"

enum { LABELS_MAX = 160 };

static const char requests[] = "http_server_requests_total";
static const char requests_help[] = "answers by route and status";
static const char durations[] = "http_server_request_duration_seconds";
static const char durations_help[] = "from the arrival of a request until its answer is ready";

/* The last row counts all other statuses. */
static const int statuses[] = {
#define X(status, phrase) status,
    HTTP_STATUSES(X)
#undef X
	0,
};

enum { N_STATUSES = sizeof statuses / sizeof statuses[0] };

/* Cells of a route: a counter for each status, then a histogram. */
enum { ROUTE_CELLS = N_STATUSES + HISTOGRAM_CELLS };

static struct route unmatched = {.path = "-"};

typedef void visitor(struct route *route, FILE *out);

static void for_each_route(const struct routes *tables, size_t n, visitor *visit, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < tables[i].n; j++)
			visit(&tables[i].rows[j], out);
	}
	visit(&unmatched, out);
}

static void route_register(struct route *route, FILE *out)
{
	(void)out;
	route->cell = counters_reserve(route->path, ROUTE_CELLS);
}

void routes_register(const struct routes *tables, size_t n)
{
	for_each_route(tables, n, route_register, NULL);
}

void route_count(const struct route *route, int status, int64_t duration_us)
{
	unsigned cell = route ? route->cell : unmatched.cell, i = 0;

	if (!cell)
		return;
	while (i < N_STATUSES - 1 && statuses[i] != status)
		i++;
	counters_add(cell + i, 1);
	histogram_count(cell + N_STATUSES, duration_us);
}

static void write_labels(char labels[static LABELS_MAX], const struct route *route)
{
	snprintf(labels, LABELS_MAX, "method=\"%s\",route=\"%s\"", method_name(route->method),
		 route->path);
}

static void print_requests(struct route *route, FILE *out)
{
	char labels[LABELS_MAX];

	if (!route->cell)
		return;
	write_labels(labels, route);
	for (unsigned i = 0; i < N_STATUSES; i++) {
		uint64_t n = counters_sum(route->cell + i);

		if (n)
			fprintf(out, "%s{%s,status=\"%d\"} %" PRIu64 "\n", requests, labels,
				statuses[i], n);
	}
}

static void print_durations(struct route *route, FILE *out)
{
	char labels[LABELS_MAX];

	if (!route->cell)
		return;
	write_labels(labels, route);
	histogram_print(out, durations, labels, route->cell + N_STATUSES);
}

void routes_print_metric_names(FILE *out)
{
	fprintf(out, "%s\tcounter\t%s\n", requests, requests_help);
	fprintf(out, "%s\thistogram\t%s\n", durations, durations_help);
}

void routes_print_metrics(const struct routes *tables, size_t n, FILE *out)
{
	metric_print_head(out, requests, requests_help, "counter");
	for_each_route(tables, n, print_requests, out);
	metric_print_head(out, durations, durations_help, "histogram");
	for_each_route(tables, n, print_durations, out);
}
