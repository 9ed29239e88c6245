#define _GNU_SOURCE /* open_memstream */
#include "service_metrics.h"

#include <stdlib.h>

#include "counters.h"
#include "db_metrics.h"
#include "route_metrics.h"
#include "span.h"
#include "worker.h"

static enum err observe_processes(int64_t *value, struct ctx *ctx)
{
	(void)ctx;
	*value = counters_processes();
	return OK;
}

static struct metric pool_processes = {"pool_processes", "processes of the pool that live",
				       METRIC_CALLBACK, .observe = observe_processes};

static struct metric pool_starts = {"pool_starts_total", "processes of the pool that were started",
				    METRIC_COUNTER};

static struct metric *const pool_rows[] = {&pool_processes, &pool_starts, &worker_threads,
					   &worker_busy_threads};
static const struct metrics pool_metrics = METRICS(pool_rows);

static const struct metrics none;
static const struct metrics *own_metrics = &none;
static const struct routes *own_tables;
static size_t n_own_tables;

static const struct metrics *const library[] = {&pool_metrics, &db_metrics, &span_metrics};

enum { N_LIBRARY = sizeof library / sizeof library[0] };

void service_metrics_open(const char *path, const struct metrics *own, const struct routes *tables,
			  size_t n_tables)
{
	own_metrics = own ? own : &none;
	own_tables = tables;
	n_own_tables = n_tables;
	for (size_t i = 0; i < N_LIBRARY; i++)
		metrics_register(library[i]);
	metrics_register(own_metrics);
	routes_register(tables, n_tables);
	counters_open(path);
	metric_add(&pool_starts, 1);
}

void service_metrics_print_names(const struct metrics *own, FILE *out)
{
	for (size_t i = 0; i < N_LIBRARY; i++)
		metrics_print_names(library[i], out);
	metrics_print_names(own ? own : &none, out);
	routes_print_metric_names(out);
}

enum err service_metrics_get(struct req *rq)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < N_LIBRARY; i++)
		metrics_print(library[i], out, req_ctx(rq));
	metrics_print(own_metrics, out, req_ctx(rq));
	routes_print_metrics(own_tables, n_own_tables, out);
	if (fclose(out)) {
		free(text);
		return ERR_NO_MEMORY;
	}
	if (!arena_defer(req_ctx(rq)->arena, free, text))
		return ERR_NO_MEMORY;
	return req_reply_as(rq, "text/plain; version=0.0.4; charset=utf-8", text, len);
}
