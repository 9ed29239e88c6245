/* The background jobs of event streams. */
#ifndef STREAM_JOB_H
#define STREAM_JOB_H

#include "ctx.h"

/* A round of the job that publishes statuses of orders (stream_store.h), and closes the channels of
 * orders that have ended. */
void streams_run(struct ctx *ctx);

/* A round of the job that closes the streams of expired tokens. */
void streams_expire(struct ctx *ctx);

#endif
