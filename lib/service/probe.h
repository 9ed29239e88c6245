/* A client of FastCGI that asks a service how it is. */
#ifndef LIB_PROBE_H
#define LIB_PROBE_H

#include <stdio.h>

#include "err.h"

enum { PROBE_TIMEOUT_MS = 2000 };

/*
 * Sends GET `path` to the service that listens at `address` (listen.h), and writes the answer's
 * body and a newline, or what went wrong, to `out`. OK where the status is 200, ERR_UNAVAILABLE for
 * any other and for none, ERR_INVALID for an address of another form. Source: the FastCGI
 * specification 1.0.
 */
enum err probe(const char *address, const char *path, FILE *out) MUST_CHECK;

#endif
