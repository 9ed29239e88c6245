/* UTF-8 according to RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the first character of `len` bytes. Returns its length in bytes, 1 to 4, or 0 if it is
 * invalid or truncated; *c is then unchanged. */
size_t utf8_decode(uint32_t *c, const char *s, size_t len);

/* Characters (code points) of valid UTF-8. */
size_t utf8_length(const char *s);

/* Whether valid UTF-8 has control characters: C0, DEL and C1 (U+0080 to U+009F). */
bool utf8_has_control(const char *s);

/* Whether valid UTF-8 has invisible characters, which make a text look like another: direction
 * controls, U+200B, U+2060, U+FEFF, and joiners (U+200C, U+200D) that join nothing. A joiner joins
 * inside a word of a script that uses joiners, and inside an emoji. */
bool utf8_has_hidden(const char *s);

#endif
