#include "utf8.h"

/* Well-formed sequences by their first byte. Source: RFC 3629, 4. */
struct sequence {
	unsigned char first, last; /* of the first byte */
	unsigned char low, high;   /* of the second; all others are 80 to BF */
	unsigned char len;
};

static const struct sequence sequences[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static const struct sequence *sequence_find(unsigned char first)
{
	for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
		if (first >= sequences[i].first && first <= sequences[i].last)
			return &sequences[i];
	}
	return NULL;
}

static size_t decode_sequence(uint32_t *c, const unsigned char *s, const struct sequence *seq)
{
	/* The first byte of a sequence of n carries 7 - n bits. */
	uint32_t value = s[0] & (0x7Fu >> seq->len);

	if (s[1] < seq->low || s[1] > seq->high)
		return 0;
	for (size_t i = 1; i < seq->len; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3F);
	}
	*c = value;
	return seq->len;
}

size_t utf8_decode(uint32_t *c, const char *s, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)s;
	const struct sequence *seq;

	if (!len)
		return 0;
	if (bytes[0] < 0x80) {
		*c = bytes[0];
		return 1;
	}
	seq = sequence_find(bytes[0]);
	return seq && seq->len <= len ? decode_sequence(c, bytes, seq) : 0;
}
