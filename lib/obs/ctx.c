#include "ctx.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

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
	return strlen(t) == TRACEPARENT_LEN && memcmp(t, "00-", TRACE_ID_AT) == 0 &&
	       valid_hex(t + TRACE_ID_AT, TRACE_ID_LEN) && t[SPAN_ID_AT - 1] == '-' &&
	       valid_hex(t + SPAN_ID_AT, SPAN_ID_LEN) && t[TRACE_FLAGS_AT - 1] == '-' &&
	       strspn(t + TRACE_FLAGS_AT, "0123456789abcdef") == 2;
}

static void make_ids(struct ctx *ctx)
{
	unsigned char random[24];
	char hex[2 * sizeof random + 1];

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	snprintf(ctx->request_id, sizeof ctx->request_id, "%.32s", hex);
	snprintf(ctx->traceparent, sizeof ctx->traceparent, "00-%.32s-%.16s-00", hex, hex + 32);
	ctx->parent_id[0] = '\0';
}

/* A number that wasn't there before, without a call of the kernel for each: only that it is another
 * one counts. Source: splitmix64 (Steele, Lea, Flood, 2014). */
static uint64_t next_number(void)
{
	static _Thread_local uint64_t seed;
	uint64_t z;

	if (!seed)
		randombytes_buf(&seed, sizeof seed);
	seed += UINT64_C(0x9E3779B97F4A7C15);
	z = (seed ^ seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* A span's id isn't zero. */
static void put_span(char *at)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = next_number();

	if (!number)
		number = 1;
	for (int i = 0; i < SPAN_ID_LEN; i++, number >>= 4)
		at[i] = digits[number & 15];
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
	bool id = request_id && valid_request_id(request_id);
	bool trace = traceparent && valid_traceparent(traceparent);

	/* Behind the gateway both are always there: random bytes are for calls past it. */
	if (!id || !trace)
		make_ids(ctx);
	if (id)
		snprintf(ctx->request_id, sizeof ctx->request_id, "%s", request_id);
	if (!trace)
		return;
	memcpy(ctx->traceparent, traceparent, TRACEPARENT_LEN + 1);
	memcpy(ctx->parent_id, traceparent + SPAN_ID_AT, SPAN_ID_LEN);
	ctx->parent_id[SPAN_ID_LEN] = '\0';
	put_span(ctx->traceparent + SPAN_ID_AT);
}

void ctx_new_span(char out[static TRACEPARENT_LEN + 1], const struct ctx *ctx)
{
	memcpy(out, ctx->traceparent, TRACEPARENT_LEN + 1);
	put_span(out + SPAN_ID_AT);
}

/* The last bit of the flags. Source: W3C Trace Context, 3.2.2.5.1. */
bool ctx_is_sampled(const struct ctx *ctx)
{
	char last = ctx->traceparent[0] ? ctx->traceparent[TRACE_FLAGS_AT + 1] : '0';

	return last && strchr("13579bdf", last);
}
