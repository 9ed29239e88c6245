/* The delivery service: where an order is on its way. */
#include "service.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &delivery_service);
}
