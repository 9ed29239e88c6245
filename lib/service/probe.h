/* A FastCGI client for health checks of a service. */
#ifndef LIB_PROBE_H
#define LIB_PROBE_H

#include <stdio.h>

#include "err.h"

enum { PROBE_TIMEOUT_MS = 2000 };

/*
 * Sends GET `path` to the service that listens at `address` (listen.h), and writes the body of the
 * answer and a newline, or an error message, to `out`. OK if the status is 200, ERR_UNAVAILABLE for
 * another status or no answer, ERR_INVALID for a malformed address. Source: the FastCGI
 * specification 1.0.
 */
enum err probe(const char *address, const char *path, FILE *out) MUST_CHECK;

#endif
