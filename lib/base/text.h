/*
 * Text as Unicode defines it, by ICU: normal forms, letter case, white space, domain names.
 *
 * Every function takes valid UTF-8 and is thread-safe. Those that make a text write it to the
 * arena, or return the argument itself where it has the form already. They fail with ERR_INVALID
 * for invalid UTF-8 and for more than TEXT_MAX bytes, with ERR_NO_MEMORY without memory. A result
 * has at most eighteen times as many characters as the argument. Source: The Unicode Standard 15.0;
 * UAX 15 (normal forms), UTS 46 (domain names).
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum {
	TEXT_MAX = 64 * 1024, /* bytes of an argument */
	DOMAIN_SIZE = 256,    /* a domain name (RFC 1035, 2.3.4) with NUL */
	/* Composition makes one character of this many at the most. */
	TEXT_COMPOSED_MAX = 4,
};

/* Loads ICU's tables, so that the functions below open no file: before the sandbox. Repeated calls
 * do nothing. ERR_INTERNAL where the tables are missing. */
enum err text_init(void) MUST_CHECK;

/* Normal form C: for texts that are kept and shown. */
enum err text_nfc(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Normal form KC, in which a letter's width and style are gone too: for passwords. */
enum err text_nfkc(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Lower case in normal form C, in no particular language: for names that are compared, and also
 * used as they are written. Letters with the same capital are one letter: ς becomes σ, wherever it
 * is in a word, and ſ becomes s (simple case folding; full case folding would turn ß into ss, which
 * is another mailbox). */
enum err text_lower(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* The form for searching: NFKC_Casefold without the combining marks U+0300 to U+036F. Marks of
 * other blocks stay: without them सेब would be सब. White space becomes U+0020. */
enum err text_fold(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Cuts Unicode white space (property White_Space) off both ends of `*len` bytes. */
void text_trim(const char **s, size_t *len);

/* Characters (code points) of valid UTF-8 without those that are ignorable
 * (Default_Ignorable_Code_Point): soft hyphens, U+200B, joiners, variation selectors. */
size_t text_length(const char *s);

/* Whether a text has a character with a glyph: a letter, number, punctuation mark or symbol that is
 * neither ignorable (Default_Ignorable_Code_Point) nor drawn blank. */
bool text_is_visible(const char *s);

/* Whether a character is a letter, a mark or a decimal digit of any script, and not ignorable. */
bool text_is_word_char(uint32_t c);

/* A domain name in ASCII and lower case, by UTS 46, nontransitional: bücher.example is
 * xn--bcher-kva.example. ERR_INVALID where it has no such form, or where a character of it is
 * ignorable: UTS 46 drops soft hyphens and variation selectors, which nobody types. */
enum err text_domain_to_ascii(char ascii[static DOMAIN_SIZE], const char *domain) MUST_CHECK;

#endif
