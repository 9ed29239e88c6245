#include "with_jansson.h"

#include <jansson.h>
#include <string.h>

enum jansson_result jansson_read(char **printed, const char *text, size_t len)
{
	json_error_t error = {.line = 0};
	json_t *value;

	/* jansson ends the text at a NUL. */
	if (memchr(text, '\0', len))
		return JANSSON_REFUSED;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value)
		return json_error_code(&error) == json_error_numeric_overflow ? JANSSON_OVERFLOW
									      : JANSSON_REFUSED;
	*printed = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	return JANSSON_READ;
}
