/*
 * What is done about many orders at once: calls note it in memory, and the sweeper's job does it
 * behind their backs. What isn't noted, or is lost with its process, is found in the checkouts.
 */
#ifndef BATCHES_H
#define BATCHES_H

#include <stdbool.h>

#include "ctx.h"

enum batch {
	BATCH_SETTLE,  /* orders that stand: what is held for them is sold for good */
	BATCH_CLOSE,   /* those of which delivery was told: nothing is left to do but to settle */
	BATCH_GIVE_UP, /* checkouts that their call couldn't give up: not after their lease, but now
			*/
	BATCHES,
};

/* False where the batch is full. An order is noted to be settled before it is noted to be closed.
 */
bool batch_note(enum batch batch, const bson_oid_t *order_id);

/* Does all that is noted; what fails stays noted. For one thread. */
void batches_run(struct ctx *ctx);

#endif
