/* Prints the OpenAPI description of the whole API, which the gateway serves at /openapi.json, or of
 * one service. */
#include <stdio.h>
#include <string.h>

#include "health.h"
#include "openapi.h"
#include "services.h"

/* Each service has its health endpoint on its own port. These are the default ports. */
#define OWN_PORT(name, NAME, title, database, port) \
	{"http://localhost:{port}", port, "The " title " service, at " #NAME "_PORT"},
static const struct openapi_server own_ports[] = {SERVICES(OWN_PORT)};

#define SERVICE(name, ...) &name##_service,
static const struct service *const services[] = {SERVICES(SERVICE)};

int main(int argc, char **argv)
{
	struct routes published = {health_routes.rows, 1}; /* GET /health */
	struct openapi_part parts[N_SERVICES + 2];
	size_t n = 0;

	for (size_t i = 0; i < N_SERVICES; i++) {
		if (argc == 1 || strcmp(argv[1], services[i]->name) == 0)
			parts[n++] = (struct openapi_part){services[i]->name, services[i]->about,
							   services[i]->routes};
	}
	if (!n) {
		fputs("usage: openapi [SERVICE]\n", stderr);
		return 2;
	}
	if (argc == 1) {
		parts[n++] =
		    (struct openapi_part){"gateway", "Health of the shop", gateway_health_routes};
		parts[n++] = (struct openapi_part){"ports", "Only on the port of each service",
						   published, own_ports, N_SERVICES};
	} else {
		parts[n++] =
		    (struct openapi_part){"health", "Health of the service", health_routes};
	}
	return openapi_print(stdout, stderr, parts, n) ? 1 : 0;
}
