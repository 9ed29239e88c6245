/* The simulator: a job that moves each delivery when its deadline passes (DELIVERY_SIMULATION). */
#ifndef SIMULATOR_JOB_H
#define SIMULATOR_JOB_H

#include <stdbool.h>

#include "ctx.h"

/* DELIVERY_SIMULATION. Set once, before threads start. */
extern bool simulator_on;

/* A round of the job: moves all deliveries that are past their deadline. Any number of processes
 * may run it at a time: each step is one compare-and-set of status and deadline. */
void simulator_run(struct ctx *ctx);

#endif
