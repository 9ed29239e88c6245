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

/* The routes of all tables, and `unmatched` after them; NULL at the end. */
static struct route *route_at(const struct routes *tables, size_t n, size_t i)
{
	for (; n; tables++, n--) {
		if (i < tables->n)
			return &tables->rows[i];
		i -= tables->n;
	}
	return i ? NULL : &unmatched;
}

void routes_register(const struct routes *tables, size_t n)
{
	struct route *route;

	for (size_t i = 0; (route = route_at(tables, n, i)); i++)
		route->cell = counters_reserve(route->path, ROUTE_CELLS);
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

void routes_print_metric_names(FILE *out)
{
	fprintf(out, "%s\tcounter\t%s\n", requests, requests_help);
	fprintf(out, "%s\thistogram\t%s\n", durations, durations_help);
}

void routes_print_metrics(const struct routes *tables, size_t n, FILE *out)
{
	char labels[LABELS_MAX];
	const struct route *route;

	metric_print_head(out, requests, requests_help, "counter");
	for (size_t i = 0; (route = route_at(tables, n, i)); i++) {
		write_labels(labels, route);
		for (unsigned j = 0; route->cell && j < N_STATUSES; j++) {
			uint64_t count = counters_sum(route->cell + j);

			if (count)
				fprintf(out, "%s{%s,status=\"%d\"} %" PRIu64 "\n", requests, labels,
					statuses[j], count);
		}
	}
	metric_print_head(out, durations, durations_help, "histogram");
	for (size_t i = 0; (route = route_at(tables, n, i)); i++) {
		write_labels(labels, route);
		if (route->cell)
			histogram_print(out, durations, labels, route->cell + N_STATUSES);
	}
}
