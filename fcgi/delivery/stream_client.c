/* Calls to the nginx that holds the event streams: nchan's publisher location. */
#include "stream_client.h"

#include <string.h>

#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 700 };

/* What nchan answers about a channel. */
struct channel {
	int64_t messages, subscribers;
};

static const struct field channel_fields[] = {
    {FIELD(struct channel, messages)},
    {FIELD(struct channel, subscribers)},
};
static const struct shape channel_shape = SHAPE(struct channel, channel_fields);

/* Calls nchan about a channel. ERR_UNAVAILABLE: the status is neither 201 or 202 to a POST, nor 200
 * or 404 to another method. query: with its question mark. */
static enum err call_channel(struct rest_answer *answer, struct ctx *ctx, const char *method,
			     const char *channel, const char *query, const char *body)
{
	bool is_post = strcmp(method, "POST") == 0;
	struct rest_call call = {
	    .method = method,
	    .path = arena_printf(ctx->arena, STREAM_CHANNELS_PATH "%s%s", channel, query),
	    .body = body,
	    .timeout_ms = TIMEOUT_MS,
	};
	enum err e = call.path ? rest_do(answer, ctx, &call) : ERR_NO_MEMORY;
	int status;

	if (e)
		return e;
	status = answer->status;
	if (is_post ? status == 201 || status == 202 : status == 200 || status == 404)
		return OK;
	log_event(LOG_WARNING, ctx, "stream.call_failed method=%s channel=%s status=%d", method,
		  channel, status);
	return ERR_UNAVAILABLE;
}

enum err stream_publish(struct ctx *ctx, const char *channel, const char *event,
			const char *message)
{
	const char *query = arena_printf(ctx->arena, "?event=%s", event);
	struct rest_answer answer;

	return query ? call_channel(&answer, ctx, "POST", channel, query, message) : ERR_NO_MEMORY;
}

/* Reads the numbers of a channel: zero if there is no such channel. */
static enum err find_channel(struct channel *channel, struct ctx *ctx, const char *name)
{
	struct rest_answer answer;
	const void *found;
	enum err e = call_channel(&answer, ctx, "GET", name, "", NULL);

	if (e)
		return e;
	if (answer.status == 404) {
		*channel = (struct channel){0, 0};
		return OK;
	}
	e = rest_read(&found, ctx, &answer, &channel_shape);
	if (!e)
		*channel = *(const struct channel *)found;
	return e;
}

enum err stream_close_if_subscribed(struct ctx *ctx, const char *channel)
{
	struct channel found;
	enum err e = find_channel(&found, ctx, channel);

	return e || !found.subscribers ? e : stream_close(ctx, channel);
}

enum err stream_end_if_subscribed(struct ctx *ctx, const char *channel, const char *event,
				  const char *message)
{
	struct channel found;
	enum err e = find_channel(&found, ctx, channel);

	if (e || !found.subscribers)
		return e;
	e = stream_publish(ctx, channel, event, message);
	return e ? e : stream_close(ctx, channel);
}

enum err stream_has_message(bool *has_message, struct ctx *ctx, const char *channel)
{
	struct channel found;
	enum err e = find_channel(&found, ctx, channel);

	if (!e)
		*has_message = found.messages > 0;
	return e;
}

enum err stream_close(struct ctx *ctx, const char *channel)
{
	struct rest_answer answer;

	return call_channel(&answer, ctx, "DELETE", channel, "", NULL);
}

int64_t stream_slot(int64_t expires)
{
	return expires ? expires / STREAM_SLOT_SECONDS + 1 : 0;
}
