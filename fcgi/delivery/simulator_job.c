/* Moves deliveries that are past their deadline. */
#include "simulator_job.h"

#include "background.h"
#include "delivery_store.h"
#include "log.h"
#include "service.h"

static const struct actor simulator = {.by = "simulator"};

bool simulator_on;

void simulator_run(struct ctx *ctx)
{
	size_t found = DELIVERIES_OVERDUE_READ;
	int64_t moved, all = 0;

	while (simulator_on && found == DELIVERIES_OVERDUE_READ && !background_stopping()) {
		if (deliveries_move_overdue(&found, &moved, ctx, &simulator))
			break; /* already logged; the next round tries again */
		all += moved;
	}
	if (!all)
		return;
	delivery_wake_streams();
	log_event(LOG_INFO, ctx, "simulator.moved deliveries=%lld", (long long)all);
}
