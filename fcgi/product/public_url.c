/* Validation of PUBLIC_URL. */
#include "public_url.h"

#include <string.h>
#include <strings.h>

const char *check_public_url(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};
	const char *host = "";
	size_t n;

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			host = url + strlen(schemes[i]);
	}
	n = strcspn(host, "/?#@\\ \t");
	if (!*url || (n && (!host[n] || strcmp(host + n, "/") == 0)))
		return NULL;
	if (!n)
		return "should be http:// or https:// and a host, maybe with a port";
	if (host[n] == '/')
		return "should be without a path: a path in front of the shop is not supported, "
		       "give it a host name of its own";
	return "should end after the host and its port: no user, query, fragment or blank";
}
