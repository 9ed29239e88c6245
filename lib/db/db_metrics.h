/* Metrics of the database layer, for its own files and for the list of all metrics. */
#ifndef LIB_DB_METRICS_H
#define LIB_DB_METRICS_H

#include "metrics.h"

extern const struct metrics db_metrics;

extern struct metric db_failed_operations, db_unreadable_documents, db_transaction_retries;
extern struct histogram db_pool_wait;

/* Counts one operation by its name ("find"), with its duration. */
void db_count_operation(const char *name, int64_t duration_us);

#endif
