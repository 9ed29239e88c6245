/* Calls to the nginx that holds the subscribers' streams. Channels: fcgi/contracts/streams.h. */
#ifndef STREAM_CLIENT_H
#define STREAM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "fcgi/contracts/streams.h"

/* Publishes an event (name: a plain word; data: JSON) to the channel's present and future
 * subscribers. A temporary error: it may or may not have been published. */
enum err stream_tell(struct ctx *ctx, const char *channel, const char *event,
		     const char *message) MUST_CHECK;

/* Whether the channel has a message for whoever begins to look. */
enum err stream_holds(bool *holds, struct ctx *ctx, const char *channel) MUST_CHECK;

/* Publishes a last event, then closes the channel if it has subscribers: nchan leaks a stream that
 * ended by itself if its channel is closed afterwards. */
enum err stream_end(struct ctx *ctx, const char *channel, const char *event,
		    const char *message) MUST_CHECK;

/* The same where the channel has subscribers; else it publishes nothing. */
enum err stream_end_again(struct ctx *ctx, const char *channel, const char *event,
			  const char *message) MUST_CHECK;

/* Ends the channel's streams. OK also where there is none. */
enum err stream_close(struct ctx *ctx, const char *channel) MUST_CHECK;

/* The slot at whose end a time (seconds since 1970) is over; 0 for 0: never. */
int64_t stream_slot(int64_t expires);

#endif
