/* Moves deliveries that are due one step on. */
#include "simulator_job.h"

#include "background.h"
#include "delivery_store.h"
#include "log.h"
#include "service.h"

static const struct actor simulator = {.by = "simulator"};

bool simulator_on;

void simulator_run(struct ctx *ctx)
{
	size_t found = DELIVERIES_DUE_READ;
	int64_t moved, all = 0;

	while (simulator_on && found == DELIVERIES_DUE_READ && !background_stopping()) {
		if (deliveries_move_due(&found, &moved, ctx, &simulator))
			break; /* logged where it failed; the next round tries again */
		all += moved;
	}
	if (!all)
		return;
	delivery_wake_streams();
	log_event(LOG_INFO, ctx, "simulator.moved deliveries=%lld", (long long)all);
}
