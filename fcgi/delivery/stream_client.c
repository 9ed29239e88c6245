/* Calls to the nginx that holds the streams. */
#include "stream_client.h"

#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 700 };

static enum err call_about(struct rest_answer *answer, struct ctx *ctx, const char *channel,
			   const char *method, const char *body)
{
	struct rest_call call = {
	    .method = method,
	    .path = arena_printf(ctx->arena, STREAM_CHANNELS_PATH "%s", channel),
	    .body = body,
	    .timeout_ms = TIMEOUT_MS,
	};

	return call.path ? rest_do(answer, ctx, &call) : ERR_NO_MEMORY;
}

static enum err note_refusal(struct ctx *ctx, const char *method, const char *channel, int status)
{
	log_event(LOG_WARNING, ctx, "stream.call_failed method=%s order_id=%s status=%d", method,
		  channel, status);
	return ERR_UNAVAILABLE;
}

static enum err publish(struct rest_answer *answer, struct ctx *ctx, const char *channel,
			const char *event, const char *message)
{
	const char *as_event = arena_printf(ctx->arena, "%s?event=%s", channel, event);
	enum err e = as_event ? call_about(answer, ctx, as_event, "POST", message) : ERR_NO_MEMORY;

	if (!e && answer->status != 201 && answer->status != 202)
		e = note_refusal(ctx, "POST", channel, answer->status);
	return e;
}

enum err stream_tell(struct ctx *ctx, const char *channel, const char *event, const char *message)
{
	struct rest_answer answer;

	return publish(&answer, ctx, channel, event, message);
}

/* What nchan says of a channel. */
struct channel {
	int64_t messages, subscribers;
};

static enum err read_channel(const struct channel **channel, struct ctx *ctx,
			     const struct rest_answer *answer)
{
	static const struct field fields[] = {
	    {FIELD(struct channel, messages)},
	    {FIELD(struct channel, subscribers)},
	};
	static const struct shape shape = SHAPE(struct channel, fields);
	const void *found;
	enum err e = rest_read(&found, ctx, answer, &shape);

	if (!e)
		*channel = found;
	return e;
}

enum err stream_end(struct ctx *ctx, const char *channel, const char *event, const char *message)
{
	const struct channel *told;
	struct rest_answer answer;
	enum err e = publish(&answer, ctx, channel, event, message);

	if (!e)
		e = read_channel(&told, ctx, &answer);
	return e || !told->subscribers ? e : stream_close(ctx, channel);
}

/* What a channel has: nothing where there is none. */
static enum err find_channel(struct channel *channel, struct ctx *ctx, const char *name)
{
	const struct channel *found = &(const struct channel){0, 0};
	struct rest_answer answer;
	enum err e = call_about(&answer, ctx, name, "GET", NULL);

	if (!e && answer.status != 200 && answer.status != 404)
		e = note_refusal(ctx, "GET", name, answer.status);
	if (!e && answer.status == 200)
		e = read_channel(&found, ctx, &answer);
	if (!e)
		*channel = *found;
	return e;
}

enum err stream_end_again(struct ctx *ctx, const char *channel, const char *event,
			  const char *message)
{
	struct channel found;
	enum err e = find_channel(&found, ctx, channel);

	return e || !found.subscribers ? e : stream_end(ctx, channel, event, message);
}

enum err stream_holds(bool *holds, struct ctx *ctx, const char *channel)
{
	struct channel found;
	enum err e = find_channel(&found, ctx, channel);

	if (!e)
		*holds = found.messages > 0;
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
