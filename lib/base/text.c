#include "text.h"

#include <pthread.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "utf8.h"

/* ---- ICU's objects: immutable, created once, never freed ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static const UNormalizer2 *nfc, *nfd, *nfkc, *nfkc_casefold;
static UIDNA *idna;

static void load(void)
{
	UErrorCode error = U_ZERO_ERROR;

	nfc = unorm2_getNFCInstance(&error);
	nfd = unorm2_getNFDInstance(&error);
	nfkc = unorm2_getNFKCInstance(&error);
	nfkc_casefold = unorm2_getNFKCCasefoldInstance(&error);
	idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
				   UIDNA_NONTRANSITIONAL_TO_ASCII,
			       &error);
	loaded = U_SUCCESS(error);
}

enum err text_init(void)
{
	pthread_once(&once, load);
	return loaded ? OK : ERR_INTERNAL;
}

/* ---- steps: each converts one text of UTF-16 code units to another ---- */

struct units {
	UChar *units;
	int32_t n;
};

/* Simple case folding of lower-case text: ς becomes σ and ſ becomes s, but ß stays. Each letter
 * that it changes is one code unit before and after. */
static int32_t simple_fold(UChar *to, int32_t room, const UChar *from, int32_t n, UErrorCode *error)
{
	if (room < n)
		*error = U_BUFFER_OVERFLOW_ERROR;
	for (int32_t i = 0; i < n && i < room; i++)
		to[i] = (UChar)u_foldCase(from[i], U_FOLD_CASE_DEFAULT);
	return n;
}

enum { FIRST_MARK = 0x0300, LAST_MARK = 0x036F };

/* Removes combining marks of that block, and replaces white space by U+0020. The result is never
 * longer. No such character is encoded as surrogates. */
static int32_t remove_marks(UChar *to, int32_t room, const UChar *from, int32_t n,
			    UErrorCode *error)
{
	int32_t kept = 0;

	if (room < n) {
		*error = U_BUFFER_OVERFLOW_ERROR;
		return n;
	}
	for (int32_t i = 0; i < n; i++) {
		if (from[i] < FIRST_MARK || from[i] > LAST_MARK)
			to[kept++] = u_isUWhiteSpace(from[i]) ? ' ' : from[i];
	}
	return kept;
}

enum step { STEPS_END, NFC, NFD, NFKC, NFKC_CASEFOLD, LOWER, SIMPLE_FOLD, REMOVE_MARKS };

/* Like ICU's functions: returns the length of the result, and sets U_BUFFER_OVERFLOW_ERROR if
 * `room` is smaller. */
static int32_t apply_step(enum step step, UChar *to, int32_t room, const UChar *from, int32_t n,
			  UErrorCode *error)
{
	switch (step) {
	case NFC:
		return unorm2_normalize(nfc, from, n, to, room, error);
	case NFD:
		return unorm2_normalize(nfd, from, n, to, room, error);
	case NFKC:
		return unorm2_normalize(nfkc, from, n, to, room, error);
	case NFKC_CASEFOLD:
		return unorm2_normalize(nfkc_casefold, from, n, to, room, error);
	case LOWER:
		return u_strToLower(to, room, from, n, "", error);
	case SIMPLE_FOLD:
		return simple_fold(to, room, from, n, error);
	case REMOVE_MARKS:
		return remove_marks(to, room, from, n, error);
	case STEPS_END:
		break;
	}
	*error = U_ILLEGAL_ARGUMENT_ERROR;
	return 0;
}

/* A form as a sequence of steps. No form changes ASCII, except for letter case. */
struct form {
	enum step steps[5];    /* ends with STEPS_END */
	bool lower;            /* ASCII letters become lower case */
	UProperty quick_check; /* of UAX 15; UCHAR_INVALID_CODE: the form has none */
};

static const struct form nfc_form = {{NFC}, false, UCHAR_NFC_QUICK_CHECK};
static const struct form nfkc_form = {{NFKC}, false, UCHAR_NFKC_QUICK_CHECK};
static const struct form lower_form = {{NFC, LOWER, SIMPLE_FOLD, NFC}, true, UCHAR_INVALID_CODE};
static const struct form fold_form = {{NFKC_CASEFOLD, NFD, REMOVE_MARKS, NFC},
				      true,
				      UCHAR_INVALID_CODE};

/* ---- forms ---- */

static enum err err_of(UErrorCode error)
{
	return error == U_INVALID_CHAR_FOUND || error == U_ILLEGAL_CHAR_FOUND ? ERR_INVALID
	       : error == U_MEMORY_ALLOCATION_ERROR                           ? ERR_NO_MEMORY
									      : ERR_INTERNAL;
}

/* Replaces *text by the result of a step. Most results are nearly as long as the text; a longer one
 * needs a second attempt, with the length that the first returned. */
static enum err run_step(struct units *text, struct arena *arena, enum step step)
{
	enum { MORE = 16 };
	int32_t room = text->n + MORE;
	struct units result = {0};
	UErrorCode error = U_BUFFER_OVERFLOW_ERROR;

	for (int attempt = 0; attempt < 2 && error == U_BUFFER_OVERFLOW_ERROR; attempt++) {
		error = U_ZERO_ERROR;
		result.units = arena_array(arena, (size_t)room, sizeof *result.units);
		if (!result.units)
			return ERR_NO_MEMORY;
		result.n = apply_step(step, result.units, room, text->units, text->n, &error);
		room = result.n;
	}
	if (U_FAILURE(error))
		return err_of(error);
	*text = result;
	return OK;
}

static enum err run_steps(const char **out, struct arena *arena, const char *s, size_t len,
			  const enum step *steps)
{
	UErrorCode error = U_ZERO_ERROR;
	struct units text;
	size_t size;
	char *made;

	/* A byte of UTF-8 becomes at most one code unit, and a code unit at most three bytes. */
	text.units = arena_array(arena, len + 1, sizeof *text.units);
	if (!text.units)
		return ERR_NO_MEMORY;
	u_strFromUTF8(text.units, (int32_t)len + 1, &text.n, s, (int32_t)len, &error);
	if (U_FAILURE(error))
		return err_of(error);
	for (; *steps; steps++) {
		enum err e = run_step(&text, arena, *steps);

		if (e)
			return e;
	}
	size = 3 * (size_t)text.n + 1;
	made = arena_alloc(arena, size);
	if (!made)
		return ERR_NO_MEMORY;
	u_strToUTF8(made, (int32_t)size, NULL, text.units, text.n, &error);
	if (U_FAILURE(error))
		return err_of(error);
	*out = made;
	return OK;
}

/* Reads the character at *s and advances *s. False at the end, and at invalid UTF-8. */
static bool next_char(uint32_t *c, const char **s, const char *end)
{
	size_t n = utf8_decode(c, *s, (size_t)(end - *s));

	*s += n;
	return n > 0;
}

/* Whether a text certainly has a form; then no conversion is needed. Most texts have it. Source:
 * UAX 15, 9. */
static bool has_form(const char *s, const char *end, UProperty quick_check)
{
	uint8_t before = 0;
	uint32_t c;

	if (quick_check == UCHAR_INVALID_CODE)
		return false;
	while (next_char(&c, &s, end)) {
		uint8_t class = u_getCombiningClass((UChar32)c);

		if ((class && class < before) ||
		    u_getIntPropertyValue((UChar32)c, quick_check) != UNORM_YES)
			return false;
		before = class;
	}
	return s == end;
}

static enum err convert(const char **out, struct arena *arena, const char *s,
			const struct form *form)
{
	size_t len = strlen(s);
	unsigned char all = 0; /* bits of any byte */
	char *copy;
	enum err e = len > TEXT_MAX ? ERR_INVALID : text_init();

	if (e)
		return e;
	for (size_t i = 0; i < len; i++)
		all |= (unsigned char)s[i];
	if (all < 0x80 && form->lower) {
		copy = arena_strndup(arena, s, len);
		if (!copy)
			return ERR_NO_MEMORY;
		for (char *p = copy; *p; p++) {
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
		}
		*out = copy;
		return OK;
	}
	if (all < 0x80 || has_form(s, s + len, form->quick_check)) {
		*out = s;
		return OK;
	}
	return run_steps(out, arena, s, len, form->steps);
}

enum err text_nfc(const char **out, struct arena *arena, const char *s)
{
	return convert(out, arena, s, &nfc_form);
}

enum err text_nfkc(const char **out, struct arena *arena, const char *s)
{
	return convert(out, arena, s, &nfkc_form);
}

enum err text_lower(const char **out, struct arena *arena, const char *s)
{
	return convert(out, arena, s, &lower_form);
}

enum err text_fold(const char **out, struct arena *arena, const char *s)
{
	return convert(out, arena, s, &fold_form);
}

/* ---- characters ---- */

void text_trim(const char **s, size_t *len)
{
	const char *begin = *s, *end = *s + *len, *at = begin;
	uint32_t c;

	while (next_char(&c, &at, end) && u_isUWhiteSpace((UChar32)c))
		begin = at;
	while (begin < end) {
		const char *last = end - 1;

		while (last > begin && ((unsigned char)*last & 0xC0) == 0x80)
			last--;
		at = last;
		if (!next_char(&c, &at, end) || at != end || !u_isUWhiteSpace((UChar32)c))
			break;
		end = last;
	}
	*s = begin;
	*len = (size_t)(end - begin);
}

/* Symbols and letters without a glyph, for which Unicode has no property: Braille pattern blank,
 * null note head, Egyptian blanks. */
static const uint32_t blanks[] = {0x2800, 0x1D159, 0x13441, 0x13442};

static bool is_ignorable(uint32_t c)
{
	return u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* Whether a character is of one of the categories, and neither blank nor ignorable. */
static bool is_visible_char(uint32_t c, uint32_t categories)
{
	if (!(U_GET_GC_MASK((UChar32)c) & categories) || is_ignorable(c))
		return false;
	for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
		if (blanks[i] == c)
			return false;
	}
	return true;
}

size_t text_length(const char *s)
{
	const char *end = s + strlen(s);
	size_t n = 0;
	uint32_t c;

	while (next_char(&c, &s, end))
		n += !is_ignorable(c);
	return n;
}

bool text_is_visible(const char *s)
{
	const char *end = s + strlen(s);
	uint32_t c;

	while (next_char(&c, &s, end)) {
		if (is_visible_char(c, U_GC_L_MASK | U_GC_N_MASK | U_GC_P_MASK | U_GC_S_MASK))
			return true;
	}
	return false;
}

bool text_is_word_char(uint32_t c)
{
	return is_visible_char(c, U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK);
}

/* ---- domain names ---- */

/* Domains with hyphens as third and fourth character are registered and receive mail. */
enum { IDNA_IGNORED = UIDNA_ERROR_HYPHEN_3_4 };

enum { ZWNJ = 0x200C, ZWJ = 0x200D };

enum err text_domain_to_ascii(char ascii[static DOMAIN_SIZE], const char *domain)
{
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode error = U_ZERO_ERROR;
	size_t len = strlen(domain);
	const char *s = domain;
	char made[DOMAIN_SIZE];
	uint32_t c;
	enum err e = len > TEXT_MAX ? ERR_INVALID : text_init();

	if (e)
		return e;
	/* UTS 46 silently drops some ignorable characters. It checks joiners itself, by their
	 * neighbours (CONTEXTJ). */
	while (next_char(&c, &s, domain + len)) {
		if (is_ignorable(c) && c != ZWNJ && c != ZWJ)
			return ERR_INVALID;
	}
	uidna_nameToASCII_UTF8(idna, domain, (int32_t)len, made, sizeof made, &info, &error);
	if (error == U_MEMORY_ALLOCATION_ERROR)
		return ERR_NO_MEMORY;
	if (error != U_ZERO_ERROR || info.errors & ~(uint32_t)IDNA_IGNORED)
		return ERR_INVALID;
	memcpy(ascii, made, strlen(made) + 1);
	return OK;
}
