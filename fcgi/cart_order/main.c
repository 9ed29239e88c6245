/* The cart & order service. */
#include "service.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &cart_order_service);
}
