/* The background jobs of the service. */
#ifndef DELIVERY_JOBS_H
#define DELIVERY_JOBS_H

#include "background.h"

enum { JOB_STREAMS, JOB_DISPLACED, JOB_EXPIRY, JOB_SIMULATOR, DELIVERY_JOBS };

extern const struct background_job delivery_jobs[DELIVERY_JOBS];

/* Has changes that were just stored told to those who look, now. */
void jobs_wake_streams(void);

/* Has displaced streams ended now. */
void jobs_wake_displaced(void);

#endif
