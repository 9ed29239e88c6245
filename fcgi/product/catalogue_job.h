/* The job that keeps this process's snapshot of the catalogue up to date. */
#ifndef CATALOGUE_JOB_H
#define CATALOGUE_JOB_H

#include "catalogue.h"
#include "ctx.h"

/* One round of the job: reads all products, then follows the changes until the process ends or the
 * database is unavailable. */
void catalogue_job_run(struct ctx *ctx);

/* Sets the prefix of each image_url, before the job is started. Borrowed for good. */
void catalogue_job_init(const char *image_base);
void catalogue_job_end(void);

/* A reference to the present snapshot; the caller calls snapshot_unref(). NULL before the first
 * one. */
struct snapshot *catalogue_current(void);

#endif
