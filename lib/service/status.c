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
	int64_t processes, threads, busy; /* of all processes */
	const char *database;             /* up or down */
	int64_t seconds;                  /* that the process runs which was asked */
};

static const struct field status_fields[] = {
    {FIELD(struct status_out, status)},    {FIELD(struct status_out, version)},
    {FIELD(struct status_out, processes)}, {FIELD(struct status_out, threads)},
    {FIELD(struct status_out, busy)},      {FIELD(struct status_out, database)},
    {FIELD(struct status_out, seconds)},
};
static const struct shape status_out = SHAPE(struct status_out, status_fields);

static const char *state(bool up)
{
	const struct service *service = service_running();

	if (worker_draining())
		return "draining";
	return (service->holds_data ? service->holds_data() : up) ? "ready" : "unavailable";
}

enum err status_get(struct req *rq)
{
	bool up = db_ping(req_ctx(rq)) == OK;
	struct status_out out = {
	    .status = state(up),
	    .version = version,
	    .processes = counters_processes(),
	    .threads = levels_sum(worker_threads.cell),
	    .busy = levels_sum(worker_busy_threads.cell),
	    .database = up ? "up" : "down",
	    .seconds = service_seconds(),
	};

	return req_reply(rq, &status_out, &out);
}

/* ---- all of them ---- */

struct away_out {
	const char *status;
};

static const struct field away_fields[] = {{FIELD(struct away_out, status)}};
static const struct shape away_out = SHAPE(struct away_out, away_fields);

/* What it says of itself. */
static struct json_object *tell_status(bool *ready, struct ctx *ctx,
				       const struct rest_answer *answer)
{
	struct json_object *said, *status;
	size_t at;

	if (!answer || json_parse(&said, &at, ctx->arena, answer->body, answer->len))
		return shape_to_json(&away_out, &(struct away_out){"unavailable"});
	status = json_object_object_get(said, "status");
	*ready = status && strcmp(json_object_get_string(status), "ready") == 0;
	return json_object_get(said);
}

enum err status_of_pools(struct req *rq)
{
	struct json_object *all = json_object_new_object(), *pools = json_object_new_object();
	bool ready = pools && pools_ask(pools, rq, "status", tell_status), made;

	made = json_add(all, "status", json_object_new_string(ready ? "ready" : "unavailable"));
	made = json_add(all, "pools", pools) && made;
	if (made)
		return req_reply_json(rq, all);
	json_object_put(all);
	return ERR_NO_MEMORY;
}
