#include "status.h"

#include <stddef.h>
#include <string.h>

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

enum { N_TRANSITIONS = sizeof transitions / sizeof transitions[0] };

enum status status_before(enum step step, enum status to)
{
	for (size_t i = 0; i < N_TRANSITIONS; i++) {
		if (transitions[i].step == step && transitions[i].to == to)
			return transitions[i].from;
	}
	return STATUS_COUNT;
}

enum status status_after(enum status from)
{
	for (size_t i = 0; i < N_TRANSITIONS; i++) {
		if (transitions[i].step == STEP_ON && transitions[i].from == from)
			return transitions[i].to;
	}
	return STATUS_COUNT;
}

bool status_is_end(enum status status)
{
	return status_after(status) == STATUS_COUNT;
}

enum status status_parse(const char *word)
{
	enum status status = 0;

	while (status < STATUS_COUNT && strcmp(status_words[status], word) != 0)
		status++;
	return status;
}
