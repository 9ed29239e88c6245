/* The names of an order's status. */
#include "order_status.h"

#include <string.h>

const char *const order_status_names[STATUS_COUNT + 1] = {
    [STATUS_PLACED] = "PLACED",
    [STATUS_PACKED] = "PACKED",
    [STATUS_OUT_FOR_DELIVERY] = "OUT_FOR_DELIVERY",
    [STATUS_DELIVERED] = "DELIVERED",
    [STATUS_CANCELLED] = "CANCELLED",
};

enum order_status order_status_parse(const char *word)
{
	enum order_status status = 0;

	while (status < STATUS_COUNT && strcmp(order_status_names[status], word) != 0)
		status++;
	return status;
}
