/* The metrics of the cart & order service. */
#ifndef ORDER_METRICS_H
#define ORDER_METRICS_H

#include "metrics.h"

extern const struct metrics order_metrics;

/* Counts a created order (OK), or a refused one by its error; ignores other outcomes. */
void order_count(enum err outcome);
extern struct metric orders_cancelled;

#endif
