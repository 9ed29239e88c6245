/* Text of a database address: mongodb://account:password@hosts/?options. */
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "db_private.h"

enum err db_address_files(const char *text, enum err (*use)(const char *path))
{
	static const char *const options[] = {MONGOC_URI_TLSCAFILE,
					      MONGOC_URI_TLSCERTIFICATEKEYFILE};
	mongoc_uri_t *uri = NULL;
	enum err e;

	db_driver_init();
	e = db_uri_new(&uri, text, "files");
	for (size_t i = 0; i < sizeof options / sizeof options[0] && !e; i++)
		e = use(mongoc_uri_get_option_as_utf8(uri, options[i], NULL));
	mongoc_uri_destroy(uri);
	return e;
}

/* Appends a text with percent-encoding, and returns the end. Source: RFC 3986, 2.3. */
static char *append_encoded(char *to, const char *text)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(unreserved, *text)) {
			*to++ = *text;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return to;
}

enum err db_address_complete(const char **uri, const char *password, FILE *errors)
{
	const char *scheme = strstr(*uri, "://");
	const char *account = scheme ? scheme + 3 : *uri;
	size_t head = (size_t)(account - *uri) + strcspn(account, ":@/?");
	char *complete, *end;

	if (!*password)
		return OK;
	if ((*uri)[head] != '@') {
		fputs("MONGODB_PASSWORD: MONGODB_URI names no account, or has a password\n",
		      errors);
		return ERR_INVALID;
	}
	complete = malloc(strlen(*uri) + 3 * strlen(password) + 2);
	if (!complete)
		return ERR_NO_MEMORY;
	memcpy(complete, *uri, head);
	complete[head] = ':';
	end = append_encoded(complete + head + 1, password);
	memcpy(end, *uri + head, strlen(*uri + head) + 1);
	*uri = complete;
	return OK;
}
