#include "health.h"

#include <string.h>

#include "db.h"
#include "json.h"
#include "req.h"
#include "rest.h"
#include "service.h"
#include "worker.h"

enum { POOL_TIMEOUT_MS = 500 };

static struct json_object *text(const char *s)
{
	return json_object_new_string(s);
}

/* Replies with an object that was `made` in full; takes it over. */
static enum err reply_made(struct req *rq, struct json_object *json, bool made)
{
	if (made)
		return req_reply_json(rq, json);
	json_object_put(json);
	return ERR_UNAVAILABLE;
}

static enum err reply_status(struct req *rq, const char *status)
{
	struct json_object *json = json_object_new_object();

	return reply_made(rq, json, json_add(json, "status", text(status)));
}

/* As published. */
static enum err health(struct req *rq)
{
	return reply_status(rq, service_running()->greeting);
}

/* The process lives: nothing else is looked at, or a database outage would restart every pod. */
static enum err healthz(struct req *rq)
{
	return reply_status(rq, "ok");
}

/* It can serve: its database answers, or it holds what it needs in memory. */
static enum err readyz(struct req *rq)
{
	const struct service *service = service_running();
	bool up = db_ping(req_ctx(rq)) == OK;
	bool ready = service->holds_data ? service->holds_data() : up;
	const char *database = up ? "up" : "down";
	struct json_object *json;

	if (!ready || worker_draining())
		return req_refuse_with(rq, ERR_UNAVAILABLE, "database", text(database));
	json = json_object_new_object();
	return reply_made(rq, json,
			  json_add(json, "status", text("ready")) &&
			      json_add(json, "database", text(database)));
}

/* Asks one pool through the gateway; adds what it says to `pools`. */
static bool ask_pool(struct req *rq, struct json_object *pools, const char *name, size_t len)
{
	struct rest_answer answer = {0};
	struct rest_call call = {
	    .method = "GET",
	    .path = arena_printf(req_ctx(rq)->arena, "/pool/%.*s/readyz", (int)len, name),
	    .timeout_ms = POOL_TIMEOUT_MS,
	};
	char *key = arena_strndup(req_ctx(rq)->arena, name, len);
	bool ready;

	if (!call.path || !key)
		return false;
	ready = rest_do(&answer, req_ctx(rq), &call) == OK && answer.status == 200;
	return json_add(pools, key, text(ready ? "ready" : "unavailable")) && ready;
}

/* The gateway's readiness: each pool that the gateway names in POOLS, asked by whichever pool
 * this call came to. */
static enum err pools(struct req *rq)
{
	const char *names = req_param(rq, "POOLS");
	struct json_object *by_name = json_object_new_object();
	struct json_object *json;
	bool all = true;

	for (const char *p = names ? names : ""; *p;) {
		size_t len = strcspn(p, " ");

		if (len)
			all = ask_pool(rq, by_name, p, len) && all;
		p += len + (p[len] == ' ');
	}
	if (!all)
		return req_refuse_with(rq, ERR_UNAVAILABLE, "pools", by_name);
	json = json_object_new_object();
	all = json_add(json, "pools", by_name);
	return reply_made(rq, json, all && json_add(json, "status", text("ready")));
}

static struct route rows[] = {
    {GET, "/health", PUBLIC, NULL, health},
    {GET, "/healthz", PUBLIC, NULL, healthz},
    {GET, "/readyz", PUBLIC, NULL, readyz},
    {GET, "/internal/pools", PUBLIC | INTERNAL, NULL, pools},
};

const struct routes health_routes = ROUTES(rows);
