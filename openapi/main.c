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

static struct openapi_part part_of(const struct service *service)
{
	return (struct openapi_part){service->name, service->about, service->routes};
}

static int print_whole(void)
{
	struct routes published = {health_routes.rows, 1}; /* GET /health */
	struct openapi_part parts[N_SERVICES + 2];
	size_t n = 0;

	while (n < N_SERVICES) {
		parts[n] = part_of(services[n]);
		n++;
	}
	parts[n++] = (struct openapi_part){"gateway", "Health of the shop", gateway_health_routes};
	parts[n++] = (struct openapi_part){"ports", "Only on the port of each service", published,
					   own_ports, N_SERVICES};
	return openapi_print(stdout, stderr, parts, n) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return print_whole();
	for (size_t i = 0; i < N_SERVICES; i++) {
		const struct openapi_part parts[] = {
		    part_of(services[i]),
		    {"health", "Health of the service", health_routes},
		};

		if (strcmp(argv[1], services[i]->name) == 0)
			return openapi_print(stdout, stderr, parts, 2) ? 1 : 0;
	}
	fputs("usage: openapi [SERVICE]\n", stderr);
	return 2;
}
