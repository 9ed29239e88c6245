#include "waiting.h"

#include <sodium.h>
#include <stdatomic.h>

#include "clock.h"
#include "service.h"

enum {
	PAUSE_MS = 8,      /* before the first look; twice as long before each next one */
	PAUSE_MAX_MS = 64, /* half of it by chance */
	PAUSE_TURNS = 3,   /* from here on it is the longest */
};

static atomic_uint waiting;

enum err waiting_enter(struct ctx *ctx, int64_t until)
{
	if (ctx->deadline < until + WAITING_WORK_MS)
		ctx->deadline = until + WAITING_WORK_MS;
	return atomic_fetch_add(&waiting, 1) < (service_threads() + 1) / 2 ? OK : ERR_IN_PROGRESS;
}

void waiting_leave(void)
{
	atomic_fetch_sub(&waiting, 1);
}

void waiting_pause(int turn)
{
	int64_t pause = turn < PAUSE_TURNS ? PAUSE_MS << turn : PAUSE_MAX_MS;

	clock_sleep_ms(pause / 2 + randombytes_uniform((uint32_t)pause));
}
