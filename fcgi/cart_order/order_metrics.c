/* Metrics of orders and checkouts. */
#include "order_metrics.h"

#include "checkout_store.h"

#define REFUSED(reason)                                                              \
	{                                                                            \
		"orders_refused_total", "orders refused, by reason", METRIC_COUNTER, \
		    "reason=\"" reason "\""                                          \
	}

static struct metric created = {"orders_created_total", "orders created", METRIC_COUNTER};
static struct metric out_of_stock = REFUSED("out_of_stock");
static struct metric total_changed = REFUSED("total_changed");
static struct metric too_large = REFUSED("order_too_large");
static struct metric too_many = REFUSED("too_many_orders");
struct metric orders_cancelled = {"orders_cancelled_total", "orders cancelled", METRIC_COUNTER};

static struct metric outbox_length = {
    "outbox_length", "unfinished orders: not yet dispatched, confirmed, released or returned",
    METRIC_CALLBACK, .observe = checkouts_count};
static struct metric outbox_age = {"outbox_age_seconds", "age of the oldest unfinished order",
				   METRIC_CALLBACK, .observe = checkouts_age};

static struct metric *const rows[] = {&created,  &out_of_stock,     &total_changed, &too_large,
				      &too_many, &orders_cancelled, &outbox_length, &outbox_age};

const struct metrics order_metrics = METRICS(rows);

void order_count(enum err outcome)
{
	static const struct {
		enum err outcome;
		struct metric *metric;
	} counted[] = {
	    {OK, &created},
	    {ERR_OUT_OF_STOCK, &out_of_stock},
	    {ERR_TOTAL_CHANGED, &total_changed},
	    {ERR_ORDER_TOO_LARGE, &too_large},
	    {ERR_TOO_MANY_ORDERS, &too_many},
	};

	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
		if (outcome == counted[i].outcome)
			metric_add(counted[i].metric, 1);
	}
}
