/*
 * Sends spans to an OpenTelemetry collector: OTLP over HTTP as JSON, many spans per request, from a
 * separate thread. While the collector is unavailable, spans wait in a bounded queue (span.h).
 * Source: OpenTelemetry Protocol 1.3, "OTLP/HTTP"; semantic conventions 1.27.
 */
#ifndef LIB_OTLP_H
#define LIB_OTLP_H

#include <stddef.h>
#include <stdio.h>

#include "span.h"

/* Starts the thread, which sends to ENDPOINT/v1/traces; does nothing if the endpoint is "".
 * `service` is borrowed until otlp_stop(). Call it after rest_init(), before any other thread
 * starts. ERR_INVALID, with a line in the log, if the endpoint is no http:// or https:// address;
 * ERR_UNAVAILABLE if the system has no resources. */
enum err otlp_start(const char *endpoint, const char *service) MUST_CHECK;

/* Sends the remaining spans, for at most about a second, and ends the thread. */
void otlp_stop(void);

/* Prints the body of a request. */
void otlp_print(FILE *out, const struct span *spans, size_t n, const char *service);

#endif
