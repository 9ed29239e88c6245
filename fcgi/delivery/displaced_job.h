/* The background job that ends the streams of users who opened more than STREAMS_PER_USER. */
#ifndef DISPLACED_JOB_H
#define DISPLACED_JOB_H

#include "ctx.h"
#include "metrics.h"

extern struct metric streams_replaced;

/*
 * A round of the job: it claims users with displaced streams, and ends each of these streams with
 * the event `replaced`. nginx can only close streams that are connected, so a stream is ended when
 * it is at least STREAM_CONNECTED_MS old, and again before it is removed from the list. After a
 * crash another process repeats the work.
 */
void displaced_run(struct ctx *ctx);

#endif
