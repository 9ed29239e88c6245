/*
 * Sends spans to an OpenTelemetry collector: OTLP over HTTP in JSON, many in a request, from a
 * thread of its own. While the collector is away spans wait, as many as fit (span.h). Source:
 * OpenTelemetry Protocol 1.3, "OTLP/HTTP"; semantic conventions 1.27.
 */
#ifndef LIB_OTLP_H
#define LIB_OTLP_H

#include <stddef.h>
#include <stdio.h>

#include "span.h"

/* Begins to send to ENDPOINT/v1/traces; nothing where it is "". Texts are borrowed for good. Before
 * any other thread, after rest_init(). ERR_INVALID, said in the log, for what is no http:// or
 * https:// address; ERR_UNAVAILABLE without resources. */
enum err otlp_start(const char *endpoint, const char *service) MUST_CHECK;

/* Sends what is left, within about a second, and ends the thread. */
void otlp_stop(void);

/* Prints a request. */
void otlp_print(FILE *out, const struct span *spans, size_t n, const char *service);

#endif
