/*
 * Failpoints turn a safeguard off, so that `make chaos-proof` can show that the checker of
 * `make chaos` detects the resulting errors. Only BUILD=failpoint contains them.
 */
#ifndef LIB_FAILPOINT_H
#define LIB_FAILPOINT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether the environment variable FAILPOINT names this safeguard. */
static inline bool failpoint_is_set(const char *safeguard)
{
#ifdef FAILPOINT
	const char *named = getenv("FAILPOINT");

	return named && strcmp(named, safeguard) == 0;
#else
	(void)safeguard;
	return false;
#endif
}

#endif
