/* What the routes count: answers by status, and how long they took. */
#ifndef LIB_ROUTE_METRICS_H
#define LIB_ROUTE_METRICS_H

#include <stdio.h>

#include "route.h"

/* Gives all routes their counters, and one set to the calls that no route takes; before
 * counters_open(). */
void routes_register(const struct routes *tables, size_t n);

/* Counts an answer; `route` is NULL where none took the call. */
void route_count(const struct route *route, int status, int64_t duration_us);

/* Prints both metrics; and their names, as metrics_print_names() does. */
void routes_print_metric_names(FILE *out);
void routes_print_metrics(const struct routes *tables, size_t n, FILE *out);

#endif
