#include "utf8.h"

#include <string.h>

/* Well-formed sequences by their first byte. Source: RFC 3629, 4. */
struct sequence {
	unsigned char first, last; /* range of the first byte */
	unsigned char low, high;   /* range of the second byte; further ones are 80 to BF */
	unsigned char len;
};

static const struct sequence sequences[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

size_t utf8_decode(uint32_t *c, const char *s, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)s;
	const struct sequence *seq = NULL;
	uint32_t value;

	if (!len)
		return 0;
	if (bytes[0] < 0x80) {
		*c = bytes[0];
		return 1;
	}
	for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
		if (bytes[0] >= sequences[i].first && bytes[0] <= sequences[i].last)
			seq = &sequences[i];
	}
	if (!seq || seq->len > len || bytes[1] < seq->low || bytes[1] > seq->high)
		return 0;
	/* The first byte of a sequence of n bytes has 7 - n bits of the value. */
	value = bytes[0] & (0x7Fu >> seq->len);
	for (size_t i = 1; i < seq->len; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3F);
	}
	*c = value;
	return seq->len;
}

size_t utf8_length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* C1 is in UTF-8 the bytes C2 80 to C2 9F. */
bool utf8_has_control(const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)s[1] < 0xA0))
			return true;
	}
	return false;
}

/* ---- invisible characters ---- */

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

#define IN(ranges, c) in_ranges((ranges), sizeof(ranges) / sizeof((ranges)[0]), (c))

/* Source: Unicode 15.0, PropList.txt, Bidi_Control; and zero width space, word joiner, byte order
 * mark. */
static const struct range hidden[] = {
    {0x061C, 0x061C}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x202A, 0x202E},
    {0x2060, 0x2060}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
};

/* Letters and marks, but not digits and stops, of scripts in which a joiner changes how a word is
 * written: Arabic and related scripts, scripts of India and its neighbours, Mongolian. In other
 * scripts a joiner is invisible. Source: Unicode 15.0, Blocks.txt; chapters 9, 12, 13 and 16. */
static const struct range joining[] = {
    {0x0620, 0x065F}, {0x066E, 0x06D3},   {0x06D5, 0x06EF},   {0x06FA, 0x06FF}, {0x0710, 0x07BF},
    {0x07CA, 0x07F5}, {0x0840, 0x085B},   {0x0860, 0x0963},   {0x0971, 0x09E5}, {0x09F0, 0x0A65},
    {0x0A70, 0x0AE5}, {0x0AF0, 0x0B65},   {0x0B70, 0x0BE5},   {0x0BF0, 0x0C65}, {0x0C70, 0x0CE5},
    {0x0CF0, 0x0D65}, {0x0D70, 0x0DE5},   {0x0DF2, 0x0DF3},   {0x1000, 0x103F}, {0x1050, 0x108F},
    {0x1780, 0x17D3}, {0x180B, 0x180D},   {0x1820, 0x18AA},   {0x1B00, 0x1B4C}, {0x1CD0, 0x1CFA},
    {0xA8E0, 0xA8FF}, {0xA980, 0xA9C0},   {0xAA60, 0xAA7F},   {0xABC0, 0xABEA}, {0xFB50, 0xFDFB},
    {0xFE70, 0xFEFC}, {0x11000, 0x11FFF}, {0x1E900, 0x1E94B},
};

/* Viramas: signs that remove a consonant's vowel. A joiner after one may also end a word: Malayalam
 * chillu and Bengali khanda ta as written before Unicode 5.1 and 4.1. Source: Unicode 15.0,
 * IndicSyllabicCategory.txt, Virama; UAX 31, 2.3, rule B. */
static const struct range viramas[] = {
    {0x094D, 0x094D}, {0x09CD, 0x09CD}, {0x0A4D, 0x0A4D}, {0x0ACD, 0x0ACD}, {0x0B4D, 0x0B4D},
    {0x0BCD, 0x0BCD}, {0x0C4D, 0x0C4D}, {0x0CCD, 0x0CCD}, {0x0D4D, 0x0D4D}, {0x0DCA, 0x0DCA},
};

/* Characters that emoji sequences join, and skin tones. Source: Unicode 15.0,
 * emoji-zwj-sequences.txt. */
static const struct range emoji[] = {
    {0x2194, 0x2195},
    {0x2600, 0x27BF},
    {0x2B05, 0x2B55},
    {0x1F300, 0x1FAFF},
};

enum { ZWNJ = 0x200C, ZWJ = 0x200D, EMOJI_STYLE = 0xFE0F };

/* Returns the character at *s and advances *s; 0 at the end. */
static uint32_t next_char(const char **s, const char *end)
{
	uint32_t c = 0;

	*s += utf8_decode(&c, *s, (size_t)(end - *s));
	return c;
}

bool utf8_has_hidden(const char *s)
{
	const char *end = s + strlen(s);
	uint32_t before = 0, c, after;
	bool joins;

	for (after = next_char(&s, end); (c = after);) {
		after = next_char(&s, end);
		if (IN(hidden, c))
			return true;
		if (c == ZWNJ || c == ZWJ) {
			joins = IN(joining, before) && IN(joining, after);
			if (c == ZWJ && !joins)
				joins =
				    IN(viramas, before) || (IN(emoji, before) && IN(emoji, after));
			if (!joins)
				return true;
		}
		if (c != EMOJI_STYLE) /* a variation selector of the emoji before it */
			before = c;
	}
	return false;
}
