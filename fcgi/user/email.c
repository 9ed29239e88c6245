#include "email.h"

#include <stdbool.h>
#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

/* Atoms of these characters with single dots between them. */
static bool valid_local(const char *s, size_t len)
{
	static const char atom[] = ALNUM "!#$%&'*+-/=?^_`{|}~";
	const char *end = s + len;

	if (len < 1 || len > LOCAL_MAX)
		return false;
	while (s < end) {
		size_t n = strspn(s, atom);

		s += n;
		if (!n || (s < end && (*s != '.' || ++s == end)))
			return false;
	}
	return true;
}

/* Two labels or more. */
static bool valid_domain(const char *s)
{
	size_t labels = 0;

	for (;; s++) {
		size_t n = strspn(s, ALNUM "-");

		if (n < 1 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		labels++;
		s += n;
		if (*s != '.')
			break;
	}
	return !*s && labels >= 2;
}

const char *check_email(const char *address)
{
	const char *at = strchr(address, '@');

	if (at && valid_local(address, (size_t)(at - address)) && valid_domain(at + 1))
		return NULL;
	return "value is not a valid email address";
}
