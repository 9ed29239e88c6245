#include "order_metrics.h"

#include "checkout_store.h"

static struct metric created = {"orders_created_total", "orders that were made", COUNTED};
static struct metric out_of_stock = {"orders_refused_total",
				     "orders that could not be made as the customer wished",
				     COUNTED, "reason=\"out_of_stock\""};
static struct metric total_changed = {"orders_refused_total",
				      "orders that could not be made as the customer wished",
				      COUNTED, "reason=\"total_changed\""};
struct metric orders_cancelled = {"orders_cancelled_total", "orders that were cancelled", COUNTED};

static struct metric outbox_length = {"outbox_length",
				      "orders about which something is still to be done", OBSERVED,
				      .observe = checkouts_count};
static struct metric outbox_age = {"outbox_age_seconds", "age of the oldest of these orders",
				   OBSERVED, .observe = checkouts_age};

static struct metric *const rows[] = {&created,          &out_of_stock,  &total_changed,
				      &orders_cancelled, &outbox_length, &outbox_age};

const struct metrics order_metrics = METRICS(rows);

void order_count(enum err outcome)
{
	if (outcome == OK)
		metric_add(&created, 1);
	else if (outcome == ERR_OUT_OF_STOCK)
		metric_add(&out_of_stock, 1);
	else if (outcome == ERR_TOTAL_CHANGED)
		metric_add(&total_changed, 1);
}
