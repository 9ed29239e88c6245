/*
 * The outbox of event streams: what is pending for an order's stream. The marks are fields of the
 * order's delivery. The update that changes the status sets them, so no crash loses a change.
 *
 *	stream_due     when the next step is pending; while a process has claimed the delivery, the
 *	               end of its lease; absent: nothing is pending
 *	stream_by      the claim's id, until the lease ends; absent: not claimed
 *	streamed       the status that was published last
 *	stream_closed  how often the channel was closed since the last status was published
 *	stream_wanted  how often a client subscribed
 *
 * One process at a time owns a delivery, and reads it after the claim: so the newest status is the
 * last that is published. A process that was slower than its lease may publish an old status late:
 * streams_mark_dispatched() then has the present one published again.
 */
#ifndef STREAM_STORE_H
#define STREAM_STORE_H

#include "delivery_store.h"

enum {
	STREAMS_READ = 64,        /* deliveries in a claim */
	STREAM_LEASE_MS = 3000,   /* of a claim */
	STREAM_CLOSE_MS = 1500,   /* from the last status until its channel is closed */
	STREAM_RECLOSE_MS = 7000, /* until it is closed again, for streams that began meanwhile */
	STREAM_CLOSES = 2,
};

enum stream_step {
	STREAM_PUBLISH, /* the status changed */
	STREAM_REPLAY,  /* a client subscribed: nginx may hold no message for it */
	STREAM_CLOSE,   /* the order has ended */
};

/* The next step of a delivery's stream. Pure. */
enum stream_step stream_next_step(const struct delivery *delivery);

/* Records that a client subscribes to an order under way: nginx must have its status.
 * ERR_NO_DOCUMENT: the order has ended, or is unknown. */
enum err stream_request_replay(struct ctx *ctx, const bson_oid_t *order_id) MUST_CHECK;

/* Claims pending deliveries, and reads them: a list of struct delivery without their histories.
 * claim: a new id. */
enum err streams_claim(struct list *deliveries, struct ctx *ctx,
		       const bson_oid_t *claim) MUST_CHECK;

/* Records that the claimed deliveries' steps are done. What changed after the claim is pending
 * again. */
enum err streams_mark_dispatched(struct ctx *ctx, const bson_oid_t *claim,
				 const struct delivery *deliveries, size_t n) MUST_CHECK;

/* Counts the deliveries whose next step is pending, as a callback gauge. */
enum err streams_count_pending(int64_t *n, struct ctx *ctx) MUST_CHECK;

#endif
