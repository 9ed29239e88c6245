/* The transitions of an order's status. */
#include "transitions.h"

#include <stddef.h>

static const struct transition {
	enum step step;
	enum order_status from, to;
} transitions[] = {
    {STEP_ADVANCE, STATUS_PLACED, STATUS_PACKED},
    {STEP_ADVANCE, STATUS_PACKED, STATUS_OUT_FOR_DELIVERY},
    {STEP_ADVANCE, STATUS_OUT_FOR_DELIVERY, STATUS_DELIVERED},
    {STEP_CANCEL, STATUS_PLACED, STATUS_CANCELLED},
};

enum { N_TRANSITIONS = sizeof transitions / sizeof transitions[0] };

enum order_status status_before(enum step step, enum order_status to)
{
	for (size_t i = 0; i < N_TRANSITIONS; i++) {
		if (transitions[i].step == step && transitions[i].to == to)
			return transitions[i].from;
	}
	return STATUS_COUNT;
}

enum order_status status_after(enum order_status from)
{
	for (size_t i = 0; i < N_TRANSITIONS; i++) {
		if (transitions[i].step == STEP_ADVANCE && transitions[i].from == from)
			return transitions[i].to;
	}
	return STATUS_COUNT;
}

bool status_is_end(enum order_status status)
{
	return status_after(status) == STATUS_COUNT;
}
