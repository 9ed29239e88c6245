/*
 * A switch for the tests of the tests: a build made for it (BUILD=sabotage) leaves a safeguard out,
 * so that the checker of `make chaos` is seen to find what then goes wrong. No other build has it.
 */
#ifndef LIB_SABOTAGE_H
#define LIB_SABOTAGE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether the environment's SABOTAGE names this safeguard. */
static inline bool sabotaged(const char *safeguard)
{
#ifdef SABOTAGE
	const char *named = getenv("SABOTAGE");

	return named && strcmp(named, safeguard) == 0;
#else
	(void)safeguard;
	return false;
#endif
}

#endif
