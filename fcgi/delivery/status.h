/* The states of a delivery, and how one leads to another. Pure. */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>

enum status {
	STATUS_PLACED, /* where an order begins */
	STATUS_PACKED,
	STATUS_OUT_FOR_DELIVERY,
	STATUS_DELIVERED,
	STATUS_CANCELLED,
	STATUS_COUNT,
};

/* Their words, in this order, NULL behind the last. */
extern const char *const status_words[STATUS_COUNT + 1];

/* Members of a field with one of them. */
#define STATUS_FIELD .words = status_words, .enum_name = "OrderStatus"

/* What changes a state. */
enum step {
	STEP_ON,     /* on its way, as update-status does */
	STEP_CANCEL, /* out of it */
};

/* The one state from which such a step leads to `to`; STATUS_COUNT where there is none. */
enum status status_before(enum step step, enum status to);

/* Where the next step on leads; STATUS_COUNT from an end. */
enum status status_after(enum status from);

/* Whether no step leads on from here: the order is under way no more. */
bool status_is_end(enum status status);

/* The status of that word; STATUS_COUNT where there is none. */
enum status status_parse(const char *word);

#endif
