/*
 * Event streams: what the delivery service and the nginx that holds the streams have in common. The
 * other side is nginx/streams.conf.in; `make check` compares them.
 *
 * A channel is one of:
 *
 *	ORDER_ID           states of an order under way; its end closes the streams of the order
 *	until-SLOT         nothing; its end closes the streams whose tokens end in a slot of time
 *	subscriber-STREAM  `replaced`, and the end of one stream of a user who opened too many
 *	end-ORDER_ID       the last state of an order
 *
 * A stream subscribes to one of each, in this order.
 */
#ifndef CONTRACTS_STREAMS_H
#define CONTRACTS_STREAMS_H

#define STREAM_UNTIL      "until-"
#define STREAM_SUBSCRIBER "subscriber-"
#define STREAM_END        "end-"

/* nginx asks the delivery service whether a caller may publish. */
#define STREAM_AUTHORIZE_PATH "/internal/streams"

/* The delivery service publishes to a channel here (and its name). */
#define STREAM_CHANNELS_PATH STREAM_AUTHORIZE_PATH "/"

/* Where the delivery service's answer redirects a subscriber (and ORDER_ID/SLOT/STREAM). */
#define STREAM_SUBSCRIBE_PATH "/streams/"

/* nginx has no way to end a stream at a given time. So each stream also belongs to a channel of the
 * slot of time in which its token ends, and the channels of past slots are closed. */
enum { STREAM_SLOT_SECONDS = 15 };

#endif
