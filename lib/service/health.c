#include "health.h"

#include "db.h"
#include "json.h"
#include "pools.h"
#include "req.h"
#include "service.h"
#include "service_metrics.h"
#include "status.h"
#include "worker.h"

/* ---- answers ---- */

struct health_out {
	const char *status;
	const char *database;      /* up or down */
	struct json_object *pools; /* {name: "ready" or "unavailable"} */
};

static const struct field published_fields[] = {
    {FIELD(struct health_out, status), .example = "User service running"},
};
static const char *const lives_names[] = {"ok", NULL};
static const char *const ready_names[] = {"ready", NULL};

static const struct field lives_fields[] = {
    {FIELD(struct health_out, status), .values = lives_names},
};
static const struct field ready_fields[] = {
    {FIELD(struct health_out, status), .values = ready_names},
    {FIELD(struct health_out, database), .example = "up"},
};
static const struct field unready_fields[] = {
    {FIELD(struct health_out, database), .example = "down"},
};
static const struct field all_ready_fields[] = {
    {FIELD(struct health_out, status), .values = ready_names},
    {FIELD(struct health_out, pools), .example = "{\"user\":\"ready\"}"},
};
static const struct field any_unready_fields[] = {
    {FIELD(struct health_out, pools), .example = "{\"user\":\"unavailable\"}"},
};

static const struct shape published_out =
    NAMED_SHAPE("Health", struct health_out, published_fields);
static const struct shape lives_out = NAMED_SHAPE("Liveness", struct health_out, lives_fields);
static const struct shape ready_out = NAMED_SHAPE("Readiness", struct health_out, ready_fields);
static const struct shape unready_out = SHAPE(struct health_out, unready_fields);
static const struct shape all_ready_out =
    NAMED_SHAPE("ShopReadiness", struct health_out, all_ready_fields);
static const struct shape any_unready_out = SHAPE(struct health_out, any_unready_fields);

/* ---- handlers ---- */

/* Answers as the published API does. */
static enum err health(struct req *rq)
{
	return req_reply(rq, &published_out,
			 &(struct health_out){.status = service_running()->greeting});
}

/* Checks nothing but that the process answers: else a database outage would restart every pod. */
static enum err healthz(struct req *rq)
{
	return req_reply(rq, &lives_out, &(struct health_out){.status = "ok"});
}

/* Ready if the database answers, or if the service has the data it needs in memory. */
static enum err readyz(struct req *rq)
{
	const struct service *service = service_running();
	bool up = db_ping(req_ctx(rq)) == OK;
	bool ready = service->holds_data ? service->holds_data() : up;
	const char *database = up ? "up" : "down";

	if (!ready || worker_draining())
		return req_refuse_with(rq, ERR_UNAVAILABLE, "database",
				       json_object_new_string(database));
	return req_reply(rq, &ready_out, &(struct health_out){"ready", database, NULL});
}

static struct json_object *describe_readiness(bool *ready, struct ctx *ctx,
					      const struct rest_answer *answer)
{
	(void)ctx;
	*ready = answer;
	return json_object_new_string(answer ? "ready" : "unavailable");
}

/* The gateway is ready if all pools are. */
static enum err pools(struct req *rq)
{
	struct json_object *by_name =
	    arena_defer(req_ctx(rq)->arena, json_release, json_object_new_object());

	if (!by_name)
		return ERR_NO_MEMORY;
	if (!pools_get(by_name, rq, "readyz", describe_readiness))
		return req_refuse_with(rq, ERR_UNAVAILABLE, "pools", json_object_get(by_name));
	return req_reply(rq, &all_ready_out, &(struct health_out){"ready", NULL, by_name});
}

static struct route rows[] = {
    {GET, "/health", ROUTE_PUBLIC, NULL, health, .name = "getHealth", .summary = "As published",
     .response = &published_out, .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG, .cost = COST_HEALTH},
    {GET, "/healthz", ROUTE_PUBLIC, NULL, healthz, .name = "getLiveness", .summary = "It lives",
     .response = &lives_out, .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG, .cost = COST_HEALTH},
    {GET, "/readyz", ROUTE_PUBLIC, NULL, readyz, .name = "getReadiness",
     .summary = "It can serve: its database is up, or it holds what it needs",
     .response = &ready_out, .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG, .cost = COST_HEALTH,
     .error_details = {{ERR_UNAVAILABLE, &unready_out}}},
    {GET, "/internal/pools", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, pools,
     .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG},
    {GET, "/internal/pools/status", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, status_of_pools,
     .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG},
    {GET, "/internal/status", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, status_get,
     .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG},
    {GET, "/metrics", ROUTE_PUBLIC | ROUTE_INTERNAL, NULL, service_metrics_get,
     .flags = ROUTE_COMMON | ROUTE_NO_ACCESS_LOG},
};

const struct routes health_routes = ROUTES(rows);

/* Described only: the gateway answers these calls itself. */
static struct route gateway_rows[] = {
    {GET, "/healthz", ROUTE_PUBLIC, NULL, healthz, .name = "getLiveness",
     .summary = "The gateway lives", .response = &lives_out},
    {GET, "/readyz", ROUTE_PUBLIC, NULL, pools, .name = "getReadiness",
     .summary = "The shop can serve: each pool, and whether it is ready",
     .response = &all_ready_out, .error_details = {{ERR_UNAVAILABLE, &any_unready_out}}},
};

const struct routes gateway_health_routes = ROUTES(gateway_rows);
