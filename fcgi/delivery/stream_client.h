/* Calls to the nginx that holds the event streams. Channels: fcgi/contracts/streams.h. */
#ifndef STREAM_CLIENT_H
#define STREAM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "fcgi/contracts/streams.h"

/* Publishes an event to the present and future subscribers of a channel. event: its type, which
 * needs no encoding in a URL; message: JSON. After a temporary error it is unknown whether the
 * event was published. */
enum err stream_publish(struct ctx *ctx, const char *channel, const char *event,
			const char *message) MUST_CHECK;

/* Whether nginx holds a message of the channel, which each new subscriber gets. */
enum err stream_has_message(bool *has_message, struct ctx *ctx, const char *channel) MUST_CHECK;

/* Closes the channel if it has subscribers. One without stays open: nchan leaks a stream that its
 * client ended if its channel is closed afterwards. */
enum err stream_close_if_subscribed(struct ctx *ctx, const char *channel) MUST_CHECK;

/* Publishes a last event and closes the channel, if it has subscribers. */
enum err stream_end_if_subscribed(struct ctx *ctx, const char *channel, const char *event,
				  const char *message) MUST_CHECK;

/* Closes the channel, which ends its streams. OK if there is no such channel. */
enum err stream_close(struct ctx *ctx, const char *channel) MUST_CHECK;

/* The number of the slot (STREAM_UNTIL) in which a token is no longer valid. expires: seconds since
 * 1970; 0: no token. Slot 0 is never closed. */
int64_t stream_slot(int64_t expires);

#endif
