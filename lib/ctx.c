#include "ctx.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db.h"

static bool valid_request_id(const char *id)
{
	size_t len =
	    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= REQUEST_ID_MAX && !id[len];
}

/* `n` lower-case hexadecimal digits, not all zero. */
static bool valid_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") >= n && strspn(s, "0") < n;
}

/* Source: W3C Trace Context, 3.2.2. Only version 00 is passed on. */
static bool valid_traceparent(const char *t)
{
	return strlen(t) == TRACEPARENT_LEN && memcmp(t, "00-", 3) == 0 && valid_hex(t + 3, 32) &&
	       t[35] == '-' && valid_hex(t + 36, 16) && t[52] == '-' &&
	       strspn(t + 53, "0123456789abcdef") == 2;
}

static void make_ids(struct ctx *ctx)
{
	unsigned char random[24];
	char hex[2 * sizeof random + 1];

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	snprintf(ctx->request_id, sizeof ctx->request_id, "%.32s", hex);
	snprintf(ctx->traceparent, sizeof ctx->traceparent, "00-%.32s-%.16s-01", hex, hex + 32);
}

void ctx_begin(struct ctx *ctx, struct arena *arena, struct db *db, int64_t budget_ms)
{
	*ctx = (struct ctx){
	    .arena = arena,
	    .db = db,
	    .deadline = clock_mono_ms() + budget_ms,
	};
}

void ctx_end(struct ctx *ctx)
{
	/* First the cursors and documents, then the client that they hang on. */
	arena_reset(ctx->arena);
	db_client_push(ctx);
}

static void release_bson(void *bson)
{
	bson_destroy(bson);
}

bson_t *ctx_bson(struct ctx *ctx, bson_t *bson)
{
	return arena_defer(ctx->arena, release_bson, bson);
}

void ctx_set_ids(struct ctx *ctx, const char *request_id, const char *traceparent)
{
	bool id = request_id && valid_request_id(request_id);
	bool trace = traceparent && valid_traceparent(traceparent);

	/* Behind the gateway both are always there: random bytes are for calls past it. */
	if (!id || !trace)
		make_ids(ctx);
	if (id)
		snprintf(ctx->request_id, sizeof ctx->request_id, "%s", request_id);
	if (trace)
		snprintf(ctx->traceparent, sizeof ctx->traceparent, "%s", traceparent);
}
