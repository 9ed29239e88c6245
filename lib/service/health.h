/* The calls that every service has: /health, /healthz, /readyz, and the internal /internal/pools.
 */
#ifndef LIB_HEALTH_H
#define LIB_HEALTH_H

#include "route.h"

extern const struct routes health_routes;

/* What the gateway answers at /healthz and /readyz in place of a service, for its description. */
extern const struct routes gateway_health_routes;

#endif
