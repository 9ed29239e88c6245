/* The background work on the streams of users who opened more than STREAMS_PER_USER. */
#ifndef DISPLACED_JOB_H
#define DISPLACED_JOB_H

#include "ctx.h"
#include "metrics.h"

extern struct metric streams_replaced;

/*
 * A round of the job that ends displaced streams: each gets the event `replaced`. No request waits
 * for it. nginx closes only what is connected: so a stream is ended when it is a second or two old
 * (its id has whole seconds), and once more before it is removed from the list. A process that dies
 * only causes work to be repeated.
 */
void displaced_run(struct ctx *ctx);

#endif
