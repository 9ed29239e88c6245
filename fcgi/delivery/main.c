/* The delivery service. */
#include "service.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &delivery_service);
}
