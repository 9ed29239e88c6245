/* The states of a delivery. Pure. */
#ifndef STATUS_H
#define STATUS_H

enum status {
	STATUS_PLACED,
	STATUS_PACKED,
	STATUS_OUT_FOR_DELIVERY,
	STATUS_DELIVERED,
	STATUS_CANCELLED,
	STATUS_COUNT,
};

/* Their words, in this order, NULL behind the last. */
extern const char *const status_words[STATUS_COUNT + 1];

/* The one state from which a step by hand leads to `to`; STATUS_COUNT where there is none. */
enum status status_before(enum status to);

#endif
