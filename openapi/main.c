/* Prints the description of the whole API, as the gateway serves it at /openapi.json, or of one
 * service's part. */
#include <stdio.h>
#include <string.h>

#include "fcgi/cart_order/cart_order_service.h"
#include "fcgi/delivery/delivery_api.h"
#include "fcgi/product/product_api.h"
#include "fcgi/user/user_api.h"
#include "health.h"
#include "openapi.h"

/* The health of one service is asked for on its own port; these are the ports as published. */
static const char own_port[] = "http://localhost:{port}";
static const struct openapi_server own_ports[] = {
    {own_port, "8001", "The user service, at USER_PORT"},
    {own_port, "8002", "The product service, at PRODUCT_PORT"},
    {own_port, "8003", "The cart & order service, at CART_ORDER_PORT"},
    {own_port, "8004", "The delivery service, at DELIVERY_PORT"},
};

static const struct service *const services[] = {
    &user_service,
    &product_service,
    &cart_order_service,
    &delivery_service,
};

enum { N_SERVICES = sizeof services / sizeof services[0] };

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
	const struct openapi_part parts[] = {
	    part_of(services[0]),
	    part_of(services[1]),
	    part_of(services[2]),
	    part_of(services[3]),
	    {"gateway", "Whether the shop is well", gateway_health_routes},
	    {"ports", "On the port of each service alone", published, own_ports,
	     sizeof own_ports / sizeof own_ports[0]},
	};

	return openapi_print(stdout, stderr, parts, sizeof parts / sizeof parts[0]) ? 1 : 0;
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
