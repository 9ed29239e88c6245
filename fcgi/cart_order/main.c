/* The cart & order service: carts, orders, and telling the delivery service of them. */
#include "service.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &cart_order_service);
}
