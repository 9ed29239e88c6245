/* The phrases of HTTP statuses. */
#include "http_status.h"

#include <stddef.h>

static const struct {
	int status;
	const char *phrase;
} rows[] = {
#define X(status, phrase) {status, phrase},
    HTTP_STATUSES(X)
#undef X
};

const char *http_status_phrase(int status)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].status == status)
			return rows[i].phrase;
	}
	return "";
}
