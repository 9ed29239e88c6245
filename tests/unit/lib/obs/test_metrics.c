/* Metrics in Prometheus' text format. */
#define _GNU_SOURCE /* open_memstream */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"
#include "route_metrics.h"

static enum err see_seven(int64_t *value, struct ctx *ctx)
{
	(void)ctx;
	*value = 7;
	return OK;
}

static enum err see_nothing(int64_t *value, struct ctx *ctx)
{
	(void)value;
	(void)ctx;
	return ERR_UNAVAILABLE;
}

static struct metric stock = {"refused_total", "what was refused", METRIC_COUNTER,
			      "reason=\"stock\""};
static struct metric total = {"refused_total", "what was refused", METRIC_COUNTER,
			      "reason=\"total\""};
static struct metric busy = {"busy", "who works", METRIC_GAUGE};
static struct metric seen = {"seen", "what is looked up", METRIC_CALLBACK, .observe = see_seven};
static struct metric unseen = {"unseen", "what can't be looked up", METRIC_CALLBACK,
			       .observe = see_nothing};
static struct histogram find = {"op_seconds", "operations", "operation=\"find\""};
static struct histogram never = {"op_seconds", "operations", "operation=\"never\""};

static struct metric *const rows[] = {&stock, &total, &busy, &seen, &unseen};
static struct histogram *const histograms[] = {&find, &never};
static const struct metrics metrics = {rows, sizeof rows / sizeof rows[0], histograms, 2};

static char *text;

static int end(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static const char *print(void)
{
	size_t len;
	FILE *out = open_memstream(&text, &len);

	metrics_print(&metrics, out, NULL);
	fclose(out);
	return text;
}

static void test_unregistered_metric_counts_nothing(void **state)
{
	(void)state;
	metric_add(&stock, 5);
	histogram_add(&find, 5);
	metrics_register(&metrics);
	assert_non_null(strstr(print(), "refused_total{reason=\"stock\"} 0\n"));
	assert_null(strstr(text, "op_seconds_count"));
}

static void test_print_values(void **state)
{
	(void)state;
	metric_add(&stock, 1);
	metric_add(&stock, 2);
	metric_add(&total, 1);
	metric_add(&busy, 3);
	metric_add(&busy, -1);
	assert_non_null(strstr(print(), "# HELP refused_total what was refused\n"
					"# TYPE refused_total counter\n"
					"refused_total{reason=\"stock\"} 3\n"
					"refused_total{reason=\"total\"} 1\n"
					"# HELP busy who works\n"
					"# TYPE busy gauge\n"
					"busy 2\n"));
	assert_non_null(strstr(text, "# TYPE seen gauge\nseen 7\n"));
	assert_null(strstr(text, "\nunseen "));
}

static void test_histogram_buckets_are_cumulative(void **state)
{
	(void)state;
	histogram_add(&find, 5000); /* a bucket includes its bound */
	histogram_add(&find, 5001);
	histogram_add(&find, 10000000);
	histogram_add(&find, 10000001);
	assert_non_null(strstr(print(), "# TYPE op_seconds histogram\n"
					"op_seconds_bucket{operation=\"find\",le=\"0.005\"} 1\n"
					"op_seconds_bucket{operation=\"find\",le=\"0.01\"} 2\n"));
	assert_non_null(strstr(text, "op_seconds_bucket{operation=\"find\",le=\"10\"} 3\n"
				     "op_seconds_bucket{operation=\"find\",le=\"+Inf\"} 4\n"
				     "op_seconds_sum{operation=\"find\"} 20.010002\n"
				     "op_seconds_count{operation=\"find\"} 4\n"));
	assert_null(strstr(text, "never"));
}

static void test_histogram_bounds_grow(void **state)
{
	(void)state;
	for (int i = 1; i < HISTOGRAM_BUCKETS - 1; i++)
		assert_true(histogram_bound_ms[i] > histogram_bound_ms[i - 1]);
}

/* ---- routes ---- */

static enum err run(struct req *rq)
{
	(void)rq;
	return OK;
}

static struct route routes[] = {
    {GET, "/a/{a}", ROUTE_PUBLIC, NULL, run},
    {POST, "/a", ROUTE_PUBLIC, NULL, run},
};
static const struct routes table = ROUTES(routes);

static void test_responses_by_route_and_status(void **state)
{
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	route_count(&routes[0], 200, 1000);
	routes_register(&table, 1);
	route_count(&routes[0], 200, 1000);
	route_count(&routes[0], 304, 6000);
	route_count(&routes[0], 418, 0);
	route_count(NULL, 404, 10);
	routes_print_metrics(&table, 1, out);
	fclose(out);
#define REQUESTS "http_server_requests_total{method="
	assert_non_null(strstr(text, "# TYPE http_server_requests_total counter\n" REQUESTS
				     "\"GET\",route=\"/a/{a}\",status=\"200\"} 1\n" REQUESTS
				     "\"GET\",route=\"/a/{a}\",status=\"304\"} 1\n" REQUESTS
				     "\"GET\",route=\"/a/{a}\",status=\"0\"} 1\n" REQUESTS
				     "\"OTHER\",route=\"-\",status=\"404\"} 1\n"));
	assert_non_null(strstr(text, "duration_seconds_bucket{method=\"GET\",route=\"/a/{a}\","
				     "le=\"0.005\"} 2\n"));
	assert_non_null(strstr(text, "duration_seconds_sum{method=\"GET\",route=\"/a/{a}\"} "
				     "0.007000\n"));
	assert_null(strstr(text, "POST"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_unregistered_metric_counts_nothing), TEST(test_print_values),
	    TEST(test_histogram_buckets_are_cumulative),   TEST(test_histogram_bounds_grow),
	    TEST(test_responses_by_route_and_status),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
