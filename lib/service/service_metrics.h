/* All that a service counts: what the library does, its own metrics, its routes. */
#ifndef LIB_SERVICE_METRICS_H
#define LIB_SERVICE_METRICS_H

#include "metrics.h"
#include "req.h"

/* Shares the counters of all by a file (counters.h); before other threads start. Where the file
 * can't be had they are this process' alone: nobody is refused for want of a metric. All tables are
 * borrowed for good. */
void service_metrics_open(const char *path, const struct metrics *own, const struct routes *tables,
			  size_t n_tables);

/* Prints what a service counts, `NAME<TAB>TYPE<TAB>HELP` a line. `own` may be NULL. */
void service_metrics_print_names(const struct metrics *own, FILE *out);

/* GET /metrics, in Prometheus' text format. */
enum err service_metrics_get(struct req *rq) MUST_CHECK;

#endif
