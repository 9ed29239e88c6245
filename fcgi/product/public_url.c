/* Validation of PUBLIC_URL. */
#include "public_url.h"

#include <string.h>
#include <strings.h>

/* The part of a URL after the scheme; NULL for other schemes. */
static const char *host_of(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return url + strlen(schemes[i]);
	}
	return NULL;
}

const char *check_public_url(const char *url)
{
	const char *host = host_of(url);
	size_t n = host ? strcspn(host, "/?#@\\ \t") : 0;

	if (!*url || (n && (!host[n] || strcmp(host + n, "/") == 0)))
		return NULL;
	if (!n)
		return "should be http:// or https:// and a host, maybe with a port";
	if (host[n] == '/')
		return "should be without a path: a path in front of the shop is not supported, "
		       "give it a host name of its own";
	return "should end after the host and its port: no user, query, fragment or blank";
}
