/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at the beginning of `len` bytes. Returns how many bytes it has, 1 to 4, or
 * 0 where they are invalid or cut short; *c is then as it was. */
size_t utf8_decode(uint32_t *c, const char *s, size_t len);

/* Characters (code points) of valid UTF-8. */
size_t utf8_length(const char *s);

/* Whether valid UTF-8 has invisible characters that make a text look like another: controls of
 * direction, U+200B, U+2060, U+FEFF, and the joiners U+200C and U+200D where they join nothing,
 * that is anywhere but inside a word of a script that has them, or inside an emoji. */
bool utf8_has_hidden(const char *s);

#endif
