/* Metrics of the routes: answers by status, and their durations. */
#ifndef LIB_ROUTE_METRICS_H
#define LIB_ROUTE_METRICS_H

#include <stdio.h>

#include "route.h"

/* Reserves the counters of all routes, and a set for calls that match no route; before
 * counters_open(). */
void routes_register(const struct routes *tables, size_t n);

/* Counts an answer; `route` is NULL if no route matched. Does nothing before routes_register(). */
void route_count(const struct route *route, int status, int64_t duration_us);

/* Print the names of both metrics, as metrics_print_names() does, and the metrics. */
void routes_print_metric_names(FILE *out);
void routes_print_metrics(const struct routes *tables, size_t n, FILE *out);

#endif
