#include "status.h"

const char *const status_words[STATUS_COUNT + 1] = {
    [STATUS_PLACED] = "PLACED",
    [STATUS_PACKED] = "PACKED",
    [STATUS_OUT_FOR_DELIVERY] = "OUT_FOR_DELIVERY",
    [STATUS_DELIVERED] = "DELIVERED",
    [STATUS_CANCELLED] = "CANCELLED",
};

enum status status_before(enum status to)
{
	static const enum status before[STATUS_COUNT] = {
	    [STATUS_PLACED] = STATUS_COUNT,
	    [STATUS_PACKED] = STATUS_PLACED,
	    [STATUS_OUT_FOR_DELIVERY] = STATUS_PACKED,
	    [STATUS_DELIVERED] = STATUS_OUT_FOR_DELIVERY,
	    [STATUS_CANCELLED] = STATUS_COUNT,
	};

	return before[to];
}
