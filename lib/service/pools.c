#include "pools.h"

#include <string.h>

#include "http_status.h"
#include "json.h"

enum { POOL_TIMEOUT_MS = 500 };

bool pools_get(struct json_object *by_name, struct req *rq, const char *page,
	       pool_describe *describe)
{
	const char *names = req_param(rq, "POOLS");
	struct ctx *ctx = req_ctx(rq);
	bool all = true;
	size_t len;

	for (const char *p = names ? names : ""; *p; p += len + (p[len] == ' ')) {
		struct rest_answer answer = {0};
		struct rest_call call = {.method = "GET", .timeout_ms = POOL_TIMEOUT_MS};
		bool is_ready = false, has_answer;
		const char *name;

		len = strcspn(p, " ");
		if (!len)
			continue;
		name = arena_strndup(ctx->arena, p, len);
		if (name)
			call.path = arena_printf(ctx->arena, "/pool/%s/%s", name, page);
		has_answer =
		    call.path && !rest_do(&answer, ctx, &call) && answer.status == HTTP_200;
		all = name &&
		      json_add(by_name, name,
			       describe(&is_ready, ctx, has_answer ? &answer : NULL)) &&
		      is_ready && all;
	}
	return all;
}
