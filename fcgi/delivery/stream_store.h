/*
 * What the streams of orders have yet to be told. It stands in the order's record, written in the
 * same update as the change itself, so that it is done whoever dies:
 *
 *	stream_due     when there is something to do; absent: nothing
 *	stream_by      who is at it, until stream_due; absent: nobody
 *	streamed       the state that the stream was told last
 *	stream_closed  how often the stream was closed since it was told of the end
 *	stream_wanted  how often somebody began to look
 *
 * One process at a time is at a record, and reads it when it begins: so what a stream is told last
 * is the newest state. One that took so long that another began tells of it, as a late call may
 * have come last.
 */
#ifndef STREAM_STORE_H
#define STREAM_STORE_H

#include "delivery_store.h"

enum {
	STREAMS_READ = 64,      /* records that are claimed at a time */
	STREAM_CLAIM_MS = 3000, /* until another may take it over */
	STREAM_CLOSE_MS = 1500, /* from the last state to the end of the stream */
	STREAM_AGAIN_MS = 7000, /* and to the end of those that were about to begin just then */
	STREAM_CLOSINGS = 2,
};

enum stream_duty {
	STREAM_TELL,   /* of a new state */
	STREAM_REMIND, /* of the state, unless it knows: somebody began to look */
	STREAM_CLOSE,
};

/* What is to be done about a record. Pure. */
enum stream_duty stream_duty(const struct delivery *delivery);

/* Somebody begins to look at an order under way: its stream is to know the state. ERR_NO_DOCUMENT
 * where the order has ended. */
enum err stream_want(struct ctx *ctx, const bson_oid_t *order_id) MUST_CHECK;

/* Claims records of which there is something to do, in the name `by`, which nobody had before, and
 * reads them: struct delivery, without histories. */
enum err streams_claim(struct list *deliveries, struct ctx *ctx, const bson_oid_t *by) MUST_CHECK;

/* Writes down that their duties are done. What changed meanwhile is due again. */
enum err streams_settle(struct ctx *ctx, const bson_oid_t *by, const struct delivery *deliveries,
			size_t n) MUST_CHECK;

/* For whoever watches: how many records have something due. */
enum err streams_due(int64_t *n, struct ctx *ctx) MUST_CHECK;

#endif
