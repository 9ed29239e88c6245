/* Prints the description of the whole API, as the gateway serves it at /openapi.json, or of one
 * service's part. */
#include <stdio.h>
#include <string.h>

#include "health.h"
#include "openapi.h"
#include "services.h"

/* The health of one service is asked for on its own port; these are the ports as published. */
#define OWN_PORT(name, NAME, title, database, port) \
	{"http://localhost:{port}", port, "The " title " service, at " #NAME "_PORT"},
static const struct openapi_server own_ports[] = {SERVICES(OWN_PORT)};

#define SERVICE(name, ...) &name##_service,
static const struct service *const services[] = {SERVICES(SERVICE)};

static struct openapi_part part_of(const struct service *service)
{
	return (struct openapi_part){service->name, service->about, service->routes};
}

/* What a service answers on its own port. */
static int print_service(const struct service *service)
{
	const struct openapi_part parts[] = {
	    part_of(service),
	    {"health", "Whether the service is well", health_routes},
	};

	return openapi_print(stdout, stderr, parts, 2) ? 1 : 0;
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
	parts[n++] =
	    (struct openapi_part){"gateway", "Whether the shop is well", gateway_health_routes};
	parts[n++] = (struct openapi_part){"ports", "On the port of each service alone", published,
					   own_ports, N_SERVICES};
	return openapi_print(stdout, stderr, parts, n) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return print_whole();
	for (size_t i = 0; i < N_SERVICES; i++) {
		if (strcmp(argv[1], services[i]->name) == 0)
			return print_service(services[i]);
	}
	fputs("usage: openapi [SERVICE]\n", stderr);
	return 2;
}
