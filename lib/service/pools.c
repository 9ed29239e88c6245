#include "pools.h"

#include <string.h>

#include "json.h"

enum { POOL_TIMEOUT_MS = 500 };

static bool ask_one(struct json_object *by_name, struct ctx *ctx, const char *name,
		    const char *page, pool_told *told)
{
	struct rest_answer answer = {0};
	struct rest_call call = {
	    .method = "GET",
	    .path = arena_printf(ctx->arena, "/pool/%s/%s", name, page),
	    .timeout_ms = POOL_TIMEOUT_MS,
	};
	bool ready = false, answers;

	if (!call.path)
		return false;
	answers = rest_do(&answer, ctx, &call) == OK && answer.status == 200;
	return json_add(by_name, name, told(&ready, ctx, answers ? &answer : NULL)) && ready;
}

bool pools_ask(struct json_object *by_name, struct req *rq, const char *page, pool_told *told)
{
	const char *names = req_param(rq, "POOLS");
	struct ctx *ctx = req_ctx(rq);
	bool all = true;

	for (const char *p = names ? names : ""; *p;) {
		size_t len = strcspn(p, " ");
		const char *name = arena_strndup(ctx->arena, p, len);

		if (len)
			all = name && ask_one(by_name, ctx, name, page, told) && all;
		p += len + (p[len] == ' ');
	}
	return all;
}
