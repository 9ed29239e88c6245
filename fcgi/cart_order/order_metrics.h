/* What the cart & order service counts. */
#ifndef ORDER_METRICS_H
#define ORDER_METRICS_H

#include "metrics.h"

extern const struct metrics order_metrics;

/* An order was made, or refused for this; other outcomes aren't counted here. */
void order_count(enum err outcome);
extern struct metric orders_cancelled;

#endif
