/* The streams that viewers hold, which an nginx of their own keeps: calls to its internal side. A
 * channel is one of:
 *
 *	ORDER_ID           states of an order under way; its end closes the streams of the order
 *	until-SLOT         nothing; its end closes the streams whose tokens end in a slot of time
 *	subscriber-STREAM  `replaced`, and the end of one stream of a user who opened too many
 *	end-ORDER_ID       the last state of an order
 *
 * A stream belongs to one of each, in this order: nginx/streams.conf.in. */
#ifndef STREAM_CLIENT_H
#define STREAM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

#define STREAM_SUBSCRIBER "subscriber-"
#define STREAM_END        "end-"

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

/*
 * nginx has no way to end a stream at a given time. So each stream also belongs to a channel of the
 * slot of time in which its token ends, and the slots that are over are closed (stream_expiry.h).
 */
enum { STREAM_SLOT_SECONDS = 15 };

/* The slot at whose end a time (seconds since 1970) is over; 0 for 0: never. */
int64_t stream_slot(int64_t expires);

#endif
