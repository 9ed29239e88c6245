/* Keeps this process's snapshot of the catalogue as new as the database is. */
#ifndef REFRESH_H
#define REFRESH_H

#include "background.h"
#include "catalogue.h"

/* The job: reads all, then follows the changes; anew after an outage. */
extern const struct background_job refresh_job;

/* What stands before each image_url; before the job is started. Borrowed for good. */
void refresh_init(const char *image_base);
void refresh_end(void);

/* The newest snapshot, held: snapshot_release(). NULL while there is none yet. */
struct snapshot *refresh_current(void);

#endif
