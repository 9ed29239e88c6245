#include "status.h"

#include <string.h>

#include "counters.h"
#include "db.h"
#include "json.h"
#include "pools.h"
#include "service.h"
#include "version.h"
#include "worker.h"

/* ---- one pool ---- */

struct status_out {
	const char *status; /* ready, draining or unavailable */
	const char *version;
	int64_t processes, threads, busy; /* of the whole pool */
	const char *database;             /* up or down */
	int64_t seconds;                  /* uptime of the process that answers */
};

static const struct field status_fields[] = {
    {FIELD(struct status_out, status)},    {FIELD(struct status_out, version)},
    {FIELD(struct status_out, processes)}, {FIELD(struct status_out, threads)},
    {FIELD(struct status_out, busy)},      {FIELD(struct status_out, database)},
    {FIELD(struct status_out, seconds)},
};
static const struct shape status_out = SHAPE(struct status_out, status_fields);

enum err status_get(struct req *rq)
{
	const struct service *service = service_running();
	bool up = db_ping(req_ctx(rq)) == OK;
	bool ready = service->holds_data ? service->holds_data() : up;
	struct status_out out = {
	    .status = worker_draining() ? "draining"
		      : ready           ? "ready"
					: "unavailable",
	    .version = version,
	    .processes = counters_processes(),
	    .threads = gauges_sum(worker_threads.cell),
	    .busy = gauges_sum(worker_busy_threads.cell),
	    .database = up ? "up" : "down",
	    .seconds = service_seconds(),
	};

	return req_reply(rq, &status_out, &out);
}

/* ---- all pools ---- */

struct away_out {
	const char *status;
};

static const struct field away_fields[] = {{FIELD(struct away_out, status)}};
static const struct shape away_out = SHAPE(struct away_out, away_fields);

/* Copies the pool's own status. */
static struct json_object *describe_status(bool *ready, struct ctx *ctx,
					   const struct rest_answer *answer)
{
	struct json_object *own, *status;
	size_t at;

	if (!answer || json_parse(&own, &at, ctx->arena, answer->body, answer->len))
		return shape_to_json(&away_out, &(struct away_out){"unavailable"});
	status = json_object_object_get(own, "status");
	*ready = status && strcmp(json_object_get_string(status), "ready") == 0;
	return json_object_get(own);
}

enum err status_of_pools(struct req *rq)
{
	struct json_object *all = json_object_new_object(), *pools = json_object_new_object();
	bool ready = pools && pools_get(pools, rq, "status", describe_status), made;

	made = json_add(all, "status", json_object_new_string(ready ? "ready" : "unavailable"));
	made = json_add(all, "pools", pools) && made;
	if (made)
		return req_reply_json(rq, all);
	json_object_put(all);
	return ERR_NO_MEMORY;
}
