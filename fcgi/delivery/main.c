/* The delivery service: where an order is on its way. */
#include "delivery_api.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &delivery_service);
}
