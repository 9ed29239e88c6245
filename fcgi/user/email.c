/* E-mail addresses: normal form and validation. */
#include "email.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

enum err email_form(const char **formed, struct arena *arena, const char *address)
{
	const char *at = strchr(address, '@'), *local;
	char domain[DOMAIN_SIZE];
	enum err e;

	if (!at)
		return text_lower(formed, arena, address);
	local = arena_strndup(arena, address, (size_t)(at - address));
	if (!local)
		return ERR_NO_MEMORY;
	e = text_domain_to_ascii(domain, at + 1);
	if (!e)
		e = text_lower(&local, arena, local);
	if (e == ERR_INVALID)
		return text_lower(formed, arena, address);
	if (e)
		return e;
	*formed = arena_printf(arena, "%s@%s", local, domain);
	return *formed ? OK : ERR_NO_MEMORY;
}

/* Atoms with single dots between them. */
static bool valid_local(const char *s, size_t len)
{
	static const char ascii[] = ALNUM "!#$%&'*+-/=?^_`{|}~";
	const char *end = s + len;
	bool in_atom = false;

	if (len > LOCAL_MAX)
		return false;
	while (s < end) {
		uint32_t c;
		size_t n = utf8_decode(&c, s, (size_t)(end - s));
		bool is_dot;

		if (!n)
			return false;
		is_dot = c == '.' && in_atom;
		if (!is_dot && !(c < 0x80 ? strchr(ascii, (int)c) != NULL : text_is_word_char(c)))
			return false;
		in_atom = !is_dot;
		s += n;
	}
	return in_atom;
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

	if (at && strlen(address) <= EMAIL_MAX && valid_local(address, (size_t)(at - address)) &&
	    valid_domain(at + 1))
		return NULL;
	return "value is not a valid email address";
}
