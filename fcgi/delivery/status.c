#include "status.h"

#include <stddef.h>

const char *const status_words[STATUS_COUNT + 1] = {
    [STATUS_PLACED] = "PLACED",
    [STATUS_PACKED] = "PACKED",
    [STATUS_OUT_FOR_DELIVERY] = "OUT_FOR_DELIVERY",
    [STATUS_DELIVERED] = "DELIVERED",
    [STATUS_CANCELLED] = "CANCELLED",
};

/* Every change of state that there is: what isn't here doesn't happen. */
static const struct transition {
	enum step step;
	enum status from, to;
} transitions[] = {
    {STEP_ON, STATUS_PLACED, STATUS_PACKED},
    {STEP_ON, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY},
    {STEP_ON, STATUS_OUT_FOR_DELIVERY, STATUS_DELIVERED},
    {STEP_CANCEL, STATUS_PLACED, STATUS_CANCELLED},
};

enum status status_before(enum step step, enum status to)
{
	for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
		if (transitions[i].step == step && transitions[i].to == to)
			return transitions[i].from;
	}
	return STATUS_COUNT;
}
