#include "db_metrics.h"

#include <string.h>

#include "db.h"

#define OPERATION(op_name)                                                    \
	{                                                                     \
		.name = "db_operation_duration_seconds",                      \
		.help = "duration of a database operation, until its answer", \
		.labels = "operation=\"" op_name "\"",                        \
	}

struct metric db_failed_operations = {"db_operation_failures_total", "operations that failed",
				      METRIC_COUNTER};
struct metric db_unreadable_documents = {
    "db_unreadable_documents_total",
    "documents that do not fit this version: a field is missing or has another type",
    METRIC_COUNTER};
struct metric db_transaction_retries = {"db_transaction_retries_total",
					"transactions and commits that were retried",
					METRIC_COUNTER};
struct histogram db_pool_wait = {"db_pool_wait_seconds", "wait for a free database connection",
				 "purpose=\"request\""};

/* The last row counts all other operations. */
static struct histogram operations[] = {
    OPERATION("find"),          OPERATION("count"),  OPERATION("insert"), OPERATION("update"),
    OPERATION("findAndModify"), OPERATION("delete"), OPERATION("commit"), OPERATION("other"),
};
static const char *const names[] = {
    "find", "count", "insert", "update", "findAndModify", "delete", "commit", NULL,
};

static enum err observe_up(int64_t *value, struct ctx *ctx)
{
	*value = db_is_up(ctx->db);
	return OK;
}

static struct metric up = {"database_up", "1: the database answers", METRIC_CALLBACK,
			   .observe = observe_up};

static struct metric *const rows[] = {&up, &db_failed_operations, &db_unreadable_documents,
				      &db_transaction_retries};
static struct histogram *const histograms[] = {
    &operations[0], &operations[1], &operations[2], &operations[3], &operations[4],
    &operations[5], &operations[6], &operations[7], &db_pool_wait,
};

const struct metrics db_metrics = {
    rows,
    sizeof rows / sizeof rows[0],
    histograms,
    sizeof histograms / sizeof histograms[0],
};

void db_count_operation(const char *name, int64_t duration_us)
{
	size_t i = 0;

	while (names[i] && strcmp(names[i], name) != 0)
		i++;
	histogram_add(&operations[i], duration_us);
}
