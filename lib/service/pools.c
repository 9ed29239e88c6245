#include "pools.h"

#include <string.h>

#include "http_status.h"
#include "json.h"

enum { POOL_TIMEOUT_MS = 500 };

static bool get_one(struct json_object *by_name, struct ctx *ctx, const char *name,
		    const char *page, pool_describe *describe)
{
	struct rest_answer answer = {0};
	struct rest_call call = {
	    .method = "GET",
	    .path = arena_printf(ctx->arena, "/pool/%s/%s", name, page),
	    .timeout_ms = POOL_TIMEOUT_MS,
	};
	bool is_ready = false, has_answer;

	if (!call.path)
		return false;
	has_answer = rest_do(&answer, ctx, &call) == OK && answer.status == HTTP_200;
	return json_add(by_name, name, describe(&is_ready, ctx, has_answer ? &answer : NULL)) &&
	       is_ready;
}

bool pools_get(struct json_object *by_name, struct req *rq, const char *page,
	       pool_describe *describe)
{
	const char *names = req_param(rq, "POOLS");
	struct ctx *ctx = req_ctx(rq);
	bool all = true;

	for (const char *p = names ? names : ""; *p;) {
		size_t len = strcspn(p, " ");
		const char *name = arena_strndup(ctx->arena, p, len);

		if (len)
			all = name && get_one(by_name, ctx, name, page, describe) && all;
		p += len + (p[len] == ' ');
	}
	return all;
}
