/* The simulator: deliveries that move by themselves, each when it is due (DELIVERY_SIMULATION). */
#ifndef SIMULATOR_JOB_H
#define SIMULATOR_JOB_H

#include <stdbool.h>

#include "ctx.h"

/* DELIVERY_SIMULATION. Set once, before any thread. */
extern bool simulator_on;

/* A round of the job: moves all on that are due. Any number of processes may run it at a time: each
 * step is one update, guarded by the state and the time at which it was due. */
void simulator_run(struct ctx *ctx);

#endif
