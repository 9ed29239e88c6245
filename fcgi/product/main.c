/* The product service: the catalogue. */
#include "service.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &product_service);
}
