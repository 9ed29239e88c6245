#include "status.h"

#include <string.h>

#include "counters.h"
#include "db.h"
#include "json.h"
#include "rest.h"
#include "service.h"
#include "version.h"
#include "worker.h"

enum { POOL_TIMEOUT_MS = 500 };

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

/* What a pool says of itself; the caller's. NULL without memory. */
static struct json_object *ask_take(struct req *rq, const char *name)
{
	struct ctx *ctx = req_ctx(rq);
	struct rest_answer answer = {0};
	struct json_object *said;
	struct rest_call call = {
	    .method = "GET",
	    .path = arena_printf(ctx->arena, "/pool/%s/status", name),
	    .timeout_ms = POOL_TIMEOUT_MS,
	};
	size_t at;

	if (call.path && rest_do(&answer, ctx, &call) == OK && answer.status == 200 &&
	    json_parse(&said, &at, ctx->arena, answer.body, answer.len) == OK)
		return json_object_get(said);
	return shape_to_json(&away_out, &(struct away_out){"unavailable"});
}

/* Whether it says that it is ready. */
static bool add_pool(struct json_object *pools, const char *name, struct json_object *said)
{
	struct json_object *status = said ? json_object_object_get(said, "status") : NULL;
	bool ready = status && strcmp(json_object_get_string(status), "ready") == 0;

	return json_add(pools, name, said) && ready;
}

enum err status_of_pools(struct req *rq)
{
	const char *names = req_param(rq, "POOLS");
	struct json_object *all = json_object_new_object(), *pools = json_object_new_object();
	bool ready = true, made;

	for (const char *p = names ? names : ""; *p;) {
		size_t len = strcspn(p, " ");
		const char *name = arena_strndup(req_ctx(rq)->arena, p, len);

		if (len && name)
			ready = add_pool(pools, name, ask_take(rq, name)) && ready;
		p += len + (p[len] == ' ');
	}
	made = json_add(all, "status", json_object_new_string(ready ? "ready" : "unavailable"));
	made = json_add(all, "pools", pools) && made;
	if (made)
		return req_reply_json(rq, all);
	json_object_put(all);
	return ERR_UNAVAILABLE;
}
