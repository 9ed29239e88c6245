#include "stream_client.h"

#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 700 };

static enum err call_about(struct rest_answer *answer, struct ctx *ctx, const char *channel,
			   const char *method, const char *body)
{
	struct rest_call call = {
	    .method = method,
	    .path = arena_printf(ctx->arena, "/internal/streams/%s", channel),
	    .body = body,
	    .timeout_ms = TIMEOUT_MS,
	};

	return call.path ? rest_do(answer, ctx, &call) : ERR_UNAVAILABLE;
}

static enum err note_refusal(struct ctx *ctx, const char *method, const char *channel, int status)
{
	log_event(LOG_WARNING, ctx, "%s of the stream %s is answered by %d", method, channel,
		  status);
	return ERR_UNAVAILABLE;
}

enum err stream_tell(struct ctx *ctx, const char *channel, const char *message)
{
	struct rest_answer answer;
	enum err e = call_about(&answer, ctx, channel, "POST", message);

	/* 201: nobody looks; 202: somebody does. */
	if (!e && answer.status != 201 && answer.status != 202)
		e = note_refusal(ctx, "POST", channel, answer.status);
	return e;
}

struct channel {
	int64_t messages;
};

enum err stream_holds(bool *holds, struct ctx *ctx, const char *channel)
{
	static const struct field fields[] = {{FIELD(struct channel, messages)}};
	static const struct shape shape = SHAPE(struct channel, fields);
	struct rest_answer answer;
	const void *found;
	enum err e = call_about(&answer, ctx, channel, "GET", NULL);

	if (!e && answer.status == 404) {
		*holds = false;
		return OK;
	}
	if (!e && answer.status != 200)
		e = note_refusal(ctx, "GET", channel, answer.status);
	if (!e)
		e = rest_read(&found, ctx, &answer, &shape);
	if (!e)
		*holds = ((const struct channel *)found)->messages > 0;
	return e;
}

enum err stream_close(struct ctx *ctx, const char *channel)
{
	struct rest_answer answer;
	enum err e = call_about(&answer, ctx, channel, "DELETE", NULL);

	if (!e && answer.status != 200 && answer.status != 404)
		e = note_refusal(ctx, "DELETE", channel, answer.status);
	return e;
}

int64_t stream_slot(int64_t expires)
{
	return expires ? expires / STREAM_SLOT_SECONDS + 1 : 0;
}
