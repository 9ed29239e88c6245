/*
 * Query strings. The first line of the input is a parameter's name, the rest is the query. The
 * parser agrees with a second one, which uses libcurl's decoder. Reading an encoded value returns
 * the value.
 */
#include <ctype.h>
#include <curl/curl.h>

#include "fuzz.h"
#include "req_private.h"

/* The encoded value of the last parameter of a name; NULL if there is none. */
static char *last_value(const char *query, const char *name, struct arena *arena)
{
	size_t len = strlen(name);
	const char *part = query, *end;
	char *value = NULL;

	for (; part; part = *end ? end + 1 : NULL) {
		end = part + strcspn(part, "&");
		if ((size_t)(end - part) <= len || part[len] != '=' || memcmp(part, name, len) != 0)
			continue;
		value = arena_strndup(arena, part + len + 1, (size_t)(end - part) - len - 1);
		REQUIRE(value);
	}
	return value;
}

static bool well_encoded(const char *value)
{
	for (const char *p = strchr(value, '%'); p; p = strchr(p + 1, '%')) {
		if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]) ||
		    (p[1] == '0' && p[2] == '0'))
			return false;
	}
	return true;
}

static void agrees_with_libcurl(struct arena *arena, const char *query, const char *name)
{
	bool malformed = false;
	const char *read = query_param(&malformed, arena, query, name);
	char *value = last_value(query, name, arena), *decoded;

	REQUIRE(malformed == (value && !well_encoded(value)));
	REQUIRE(!read == (!value || malformed));
	if (!read)
		return;
	for (char *plus = strchr(value, '+'); plus; plus = strchr(plus, '+'))
		*plus = ' ';
	decoded = curl_easy_unescape(NULL, value, 0, NULL);
	REQUIRE(decoded && strcmp(decoded, read) == 0);
	curl_free(decoded);
}

/* Encodes `value` as a parameter of a longer query, and reads it. */
static void reads_back(struct arena *arena, const char *value, const char *around)
{
	char *encoded = curl_easy_escape(NULL, value, 0);
	bool malformed = false;
	const char *query, *read;

	REQUIRE(encoded);
	query = arena_printf(arena, "value=%s&%s&value=%s", around, around, encoded);
	REQUIRE(query);
	read = query_param(&malformed, arena, query, "value");
	REQUIRE(read && !malformed && strcmp(read, value) == 0);
	curl_free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	const char *name = fuzz_line(&in, arena);
	const char *query = fuzz_rest(&in, arena);

	/* Names are constants of the program, without these characters. */
	if (*name && !strpbrk(name, "&="))
		agrees_with_libcurl(arena, query, name);
	reads_back(arena, query, name);
	return 0;
}
