/* The database's address, as a text: mongodb://account:password@hosts/?options. */
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

/* Of these a character stands for itself. Source: RFC 3986, 2.3. */
static bool is_unreserved(char c)
{
	return c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c);
}

static char *put_encoded(char *to, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (is_unreserved(*text)) {
			*to++ = *text;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return to;
}

static enum err insert_password(char **out, const char *uri, const char *password)
{
	const char *scheme = strstr(uri, "://");
	const char *account = scheme ? scheme + 3 : uri;
	size_t head = (size_t)(account - uri) + strcspn(account, ":@/?");
	char *text, *end;

	if (uri[head] != '@')
		return ERR_INVALID;
	text = malloc(strlen(uri) + 3 * strlen(password) + 2);
	if (!text)
		return ERR_NO_MEMORY;
	memcpy(text, uri, head);
	text[head] = ':';
	end = put_encoded(text + head + 1, password);
	memcpy(end, uri + head, strlen(uri + head) + 1);
	*out = text;
	return OK;
}

enum err db_address_complete(const char **uri, const char *password, FILE *errors)
{
	char *complete;
	enum err e;

	if (!*password)
		return OK;
	e = insert_password(&complete, *uri, password);
	if (e == ERR_INVALID)
		fputs("MONGODB_PASSWORD: MONGODB_URI names no account, or has a password\n",
		      errors);
	if (!e)
		*uri = complete;
	return e;
}
