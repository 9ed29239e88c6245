/*
 * Unicode text, with ICU: normal forms, letter case, white space, domain names.
 *
 * Every function takes valid UTF-8 and is thread-safe. A function that returns a text allocates it
 * in the arena, or returns its argument if that has the form already. It fails with ERR_INVALID for
 * invalid UTF-8 and for more than TEXT_MAX bytes, and with ERR_NO_MEMORY if out of memory. A result
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
	/* Composition replaces at most this many characters by one. */
	TEXT_COMPOSED_MAX = 4,
};

/* Loads ICU's tables. The functions below then open no file, which the sandbox would forbid.
 * Idempotent. ERR_INTERNAL if the tables are missing. */
enum err text_init(void) MUST_CHECK;

/* Normal form C: for texts that are stored and shown. */
enum err text_nfc(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Normal form KC, which also removes differences of width and style: for passwords. */
enum err text_nfkc(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Lower case in normal form C, independent of language: for names that are compared and also used
 * as written, such as mail addresses. It applies simple case folding, so letters with the same
 * capital become one letter: ς becomes σ anywhere in a word, and ſ becomes s. Full case folding
 * would also turn ß into ss, which is another mailbox. */
enum err text_lower(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* The form for searching: NFKC_Casefold without the combining marks U+0300 to U+036F. Marks of
 * other blocks stay, because सेब and सब are different words. White space becomes U+0020. */
enum err text_fold(const char **out, struct arena *arena, const char *s) MUST_CHECK;

/* Moves *s and *len past Unicode white space (property White_Space) at both ends. */
void text_trim(const char **s, size_t *len);

/* Number of characters (code points), without ignorable ones (Default_Ignorable_Code_Point): soft
 * hyphens, U+200B, joiners, variation selectors. */
size_t text_length(const char *s);

/* Whether a text has a character with a glyph: a letter, number, punctuation mark or symbol that is
 * neither ignorable (Default_Ignorable_Code_Point) nor drawn blank. */
bool text_is_visible(const char *s);

/* Whether a character is a letter, a mark or a decimal digit of any script, and not ignorable. */
bool text_is_word_char(uint32_t c);

/* Converts a domain name to ASCII and lower case with UTS 46, nontransitional: bücher.example
 * becomes xn--bcher-kva.example. ERR_INVALID if it has no such form, or has an ignorable character:
 * UTS 46 would silently drop soft hyphens and variation selectors. */
enum err text_domain_to_ascii(char ascii[static DOMAIN_SIZE], const char *domain) MUST_CHECK;

#endif
