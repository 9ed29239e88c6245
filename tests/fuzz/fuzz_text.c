/*
 * Unicode text. The input is a text. The decoder agrees with ICU. Every form is valid UTF-8, is
 * unchanged by a second conversion, and is within the limits in text.h.
 */
#include <ctype.h>
#include <unicode/ustring.h>

#include "fuzz.h"
#include "text.h"
#include "utf8.h"

enum { GROWTH_MAX = 18 }; /* text.h */

typedef enum err make_form(const char **out, struct arena *arena, const char *s);

static bool is_valid_for_icu(const char *text, size_t len, struct arena *arena)
{
	UErrorCode error = U_ZERO_ERROR;
	UChar *units = arena_array(arena, len + 1, sizeof *units);
	int32_t n;

	REQUIRE(units);
	u_strFromUTF8(units, (int32_t)len + 1, &n, text, (int32_t)len, &error);
	return U_SUCCESS(error);
}

static bool is_valid(const char *text, size_t len)
{
	size_t n = 1;
	uint32_t c;

	for (size_t at = 0; at < len && n; at += n)
		n = utf8_decode(&c, text + at, len - at);
	return n > 0;
}

/* A form is stable, valid, and within the limit. */
static void check_form(make_form *form, const char *text, struct arena *arena)
{
	const char *formed = NULL, *again = NULL;

	REQUIRE(form(&formed, arena, text) == OK);
	REQUIRE(is_valid(formed, strlen(formed)));
	REQUIRE(utf8_length(formed) <= GROWTH_MAX * utf8_length(text));
	REQUIRE(form(&again, arena, formed) == OK);
	REQUIRE(strcmp(again, formed) == 0);
}

static void check_forms(const char *text, struct arena *arena)
{
	static make_form *const forms[] = {text_nfc, text_nfkc, text_lower, text_fold};
	const char *composed = NULL;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		check_form(forms[i], text, arena);
	REQUIRE(text_nfc(&composed, arena, text) == OK);
	REQUIRE(utf8_length(text) <= TEXT_COMPOSED_MAX * utf8_length(composed));
}

/* A trimmed text is a part of the text, and a second trim doesn't change it. */
static void check_trim(const char *text)
{
	const char *trimmed = text, *again;
	size_t len = strlen(text), len_again;

	text_trim(&trimmed, &len);
	REQUIRE(trimmed >= text && trimmed + len <= text + strlen(text));
	again = trimmed;
	len_again = len;
	text_trim(&again, &len_again);
	REQUIRE(again == trimmed && len_again == len);
}

/* An ASCII name has only characters of DNS, and a second conversion doesn't change it. */
static void check_domain(const char *text)
{
	char ascii[DOMAIN_SIZE], again[DOMAIN_SIZE];
	size_t len;

	if (text_domain_to_ascii(ascii, text))
		return;
	len = strlen(ascii);
	REQUIRE(len < DOMAIN_SIZE);
	for (size_t i = 0; i < len; i++)
		REQUIRE(strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", ascii[i]));
	REQUIRE(text_domain_to_ascii(again, ascii) == OK && strcmp(again, ascii) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	const char *text = fuzz_rest(&in, arena), *ignored;
	size_t len = strlen(text);
	bool valid = is_valid(text, len);

	REQUIRE(text_init() == OK);
	REQUIRE(valid == is_valid_for_icu(text, len, arena));
	if (!valid) {
		REQUIRE(text_nfc(&ignored, arena, text) == ERR_INVALID);
		return 0;
	}
	check_forms(text, arena);
	check_trim(text);
	check_domain(text);
	REQUIRE(text_length(text) <= utf8_length(text));
	if (utf8_has_hidden(text) || text_is_visible(text))
		REQUIRE(*text);
	return 0;
}
