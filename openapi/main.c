/* Prints the description of the whole API, as the gateway serves it: /openapi.json. */
#include <stdio.h>

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

static struct openapi_part part_of(const struct service *service)
{
	return (struct openapi_part){service->name, service->about, service->routes};
}

int main(void)
{
	struct routes published = {health_routes.rows, 1}; /* GET /health */
	const struct openapi_part parts[] = {
	    part_of(&user_service),
	    part_of(&product_service),
	    part_of(&cart_order_service),
	    part_of(&delivery_service),
	    {"gateway", "Whether the shop is well", gateway_health_routes},
	    {"ports", "On the port of each service alone", published, own_ports,
	     sizeof own_ports / sizeof own_ports[0]},
	};

	return openapi_print(stdout, stderr, parts, sizeof parts / sizeof parts[0]) ? 1 : 0;
}
