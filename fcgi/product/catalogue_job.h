/* Keeps this process's snapshot of the catalogue as new as the database is. */
#ifndef CATALOGUE_JOB_H
#define CATALOGUE_JOB_H

#include "catalogue.h"
#include "ctx.h"

/* A background job's round: reads all, then follows the changes until the process ends or the
 * database goes away. */
void catalogue_job_run(struct ctx *ctx);

/* What stands before each image_url; before the job is started. Borrowed for good. */
void catalogue_job_init(const char *image_base);
void catalogue_job_end(void);

/* The newest snapshot, held: snapshot_unref(). NULL while there is none yet. */
struct snapshot *catalogue_current(void);

#endif
