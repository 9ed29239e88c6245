/* The routes that every service has: /health, /healthz, /readyz, /metrics and /internal/…. */
#ifndef LIB_HEALTH_H
#define LIB_HEALTH_H

#include "route.h"

extern const struct routes health_routes;

/* The gateway's own /healthz and /readyz, for the description of the API. */
extern const struct routes gateway_health_routes;

#endif
