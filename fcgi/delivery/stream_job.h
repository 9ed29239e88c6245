/* The background work on streams: what they have yet to be told, and whose time is over. */
#ifndef STREAM_JOB_H
#define STREAM_JOB_H

#include "ctx.h"

/* A round of the job that tells streams of changes, and closes those of orders that have ended. */
void streams_run(struct ctx *ctx);

/* A round of the job that closes the streams whose tokens have ended. */
void streams_expire(struct ctx *ctx);

#endif
