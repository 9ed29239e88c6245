/* Parameters of a query string (application/x-www-form-urlencoded, as forms and clients send it).
 */
#include <string.h>

#include "req_private.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *query_param(bool *malformed, struct arena *arena, const char *query, const char *name)
{
	size_t name_len = strlen(name), len = 0;
	const char *last = NULL;
	char *value, *to;

	for (const char *p = query; *p; p += strcspn(p, "&"), p += *p == '&') {
		if (strncmp(p, name, name_len) != 0 || p[name_len] != '=')
			continue;
		last = p + name_len + 1;
		len = strcspn(last, "&");
	}
	value = to = last ? arena_strndup(arena, last, len) : NULL;
	/* libcurl's function doesn't decode the plus sign, and accepts NUL. */
	for (const char *p = value; p && *p; p++) {
		char c = *p == '+' ? ' ' : *p;

		if (c == '%') {
			int high = hex_value(p[1]);
			int low = high < 0 ? -1 : hex_value(p[2]);

			c = low < 0 ? '\0' : (char)(high * 16 + low);
			if (!c) {
				*malformed = true;
				return NULL;
			}
			p += 2;
		}
		*to++ = c;
	}
	if (to)
		*to = '\0';
	return value;
}
