/* All metrics of a service: those of the library, its own, and those of its routes. */
#ifndef LIB_SERVICE_METRICS_H
#define LIB_SERVICE_METRICS_H

#include "metrics.h"
#include "req.h"

/* Opens the counters, which the processes of a pool share by a file (counters.h), before other
 * threads start. If the file can't be opened, this process counts alone: it serves all the same.
 * All tables are borrowed until the process ends. */
void service_metrics_open(const char *path, const struct metrics *own, const struct routes *tables,
			  size_t n_tables);

/* Prints a line `NAME<TAB>TYPE<TAB>HELP` for each metric. `own` may be NULL. */
void service_metrics_print_names(const struct metrics *own, FILE *out);

/* GET /metrics, in the text format of Prometheus. */
enum err service_metrics_get(struct req *rq) MUST_CHECK;

#endif
