/* The streams that viewers hold, which an nginx of their own keeps: calls to its internal side. A
 * channel is an order's id, or stream_expiry()'s. */
#ifndef STREAM_CLIENT_H
#define STREAM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* Tells all who hold the channel's stream, and whoever begins to. ERR_UNAVAILABLE: it is not known
 * whether they were told. */
enum err stream_tell(struct ctx *ctx, const char *channel, const char *message) MUST_CHECK;

/* Whether the channel has a message for whoever begins to look. */
enum err stream_holds(bool *holds, struct ctx *ctx, const char *channel) MUST_CHECK;

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
