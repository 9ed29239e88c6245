#include "ctx.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

static const char hex_digits[] = "0123456789abcdef";

/* Whether a text begins with `n` lower-case hexadecimal digits that are not all zero. */
static bool is_hex(const char *s, size_t n)
{
	return strspn(s, hex_digits) >= n && strspn(s, "0") < n;
}

/* Accepts only version 00. Source: W3C Trace Context, 3.2.2. */
static bool is_traceparent(const char *t)
{
	return strlen(t) == TRACEPARENT_LEN && memcmp(t, "00-", TRACE_ID_AT) == 0 &&
	       is_hex(t + TRACE_ID_AT, TRACE_ID_LEN) && t[SPAN_ID_AT - 1] == '-' &&
	       is_hex(t + SPAN_ID_AT, SPAN_ID_LEN) && t[TRACE_FLAGS_AT - 1] == '-' &&
	       strspn(t + TRACE_FLAGS_AT, hex_digits) == 2;
}

/* Writes a new span id. Ids must be unique but not secret, so the kernel gives only a seed for each
 * thread. Source: splitmix64 (Steele, Lea, Flood, 2014). */
static void write_span_id(char *out)
{
	static _Thread_local uint64_t seed;
	uint64_t z;

	if (!seed)
		randombytes_buf(&seed, sizeof seed);
	seed += UINT64_C(0x9E3779B97F4A7C15);
	z = (seed ^ seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	if (!z) /* zero is no valid span id */
		z = 1;
	for (int i = 0; i < SPAN_ID_LEN; i++, z >>= 4)
		out[i] = hex_digits[z & 15];
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
	arena_reset(ctx->arena);
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
	size_t len = request_id ? strspn(request_id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						     "abcdefghijklmnopqrstuvwxyz0123456789._-")
				: 0;
	bool has_id = len >= 1 && len <= REQUEST_ID_MAX && !request_id[len];
	bool has_trace = traceparent && is_traceparent(traceparent);
	unsigned char random[24];
	char hex[2 * sizeof random + 1];

	/* The gateway always sends both. Calls that bypass it get random ids. */
	if (!has_id || !has_trace) {
		randombytes_buf(random, sizeof random);
		sodium_bin2hex(hex, sizeof hex, random, sizeof random);
		snprintf(ctx->request_id, sizeof ctx->request_id, "%.32s", hex);
		snprintf(ctx->traceparent, sizeof ctx->traceparent, "00-%.32s-%.16s-00", hex,
			 hex + 32);
		ctx->parent_id[0] = '\0';
	}
	if (has_id)
		snprintf(ctx->request_id, sizeof ctx->request_id, "%s", request_id);
	if (!has_trace)
		return;
	memcpy(ctx->traceparent, traceparent, TRACEPARENT_LEN + 1);
	memcpy(ctx->parent_id, traceparent + SPAN_ID_AT, SPAN_ID_LEN);
	ctx->parent_id[SPAN_ID_LEN] = '\0';
	write_span_id(ctx->traceparent + SPAN_ID_AT);
}

void ctx_new_span(char out[static TRACEPARENT_LEN + 1], const struct ctx *ctx)
{
	memcpy(out, ctx->traceparent, TRACEPARENT_LEN + 1);
	write_span_id(out + SPAN_ID_AT);
}

/* The sampled flag is the last bit. Source: W3C Trace Context, 3.2.2.5.1. */
bool ctx_is_sampled(const struct ctx *ctx)
{
	char last = ctx->traceparent[0] ? ctx->traceparent[TRACE_FLAGS_AT + 1] : '0';

	return last && strchr("13579bdf", last);
}
