#include "delivery_jobs.h"

#include "displaced.h"
#include "simulator.h"
#include "streams.h"

/* A change whose process died waits for the pause of `streams`, a displaced stream for that of
 * `displaced`. */
const struct background_job delivery_jobs[DELIVERY_JOBS] = {
    [JOB_STREAMS] = {.name = "streams", .run = streams_run, .pause_ms = 250, .budget_ms = 10000},
    [JOB_DISPLACED] = {.name = "displaced",
		       .run = displaced_run,
		       .pause_ms = 250,
		       .budget_ms = 10000},
    [JOB_EXPIRY] = {.name = "expiry", .run = streams_expire, .pause_ms = 5000, .budget_ms = 5000},
    [JOB_SIMULATOR] = {.name = "simulator",
		       .run = simulator_run,
		       .pause_ms = 300,
		       .budget_ms = 5000},
};

void jobs_wake_streams(void)
{
	background_wake(&delivery_jobs[JOB_STREAMS]);
}

void jobs_wake_displaced(void)
{
	background_wake(&delivery_jobs[JOB_DISPLACED]);
}
