/* E-mail addresses. */
#ifndef EMAIL_H
#define EMAIL_H

#include "arena.h"

enum { EMAIL_MAX = 254 }; /* bytes: RFC 5321, 4.5.3.1.3, less the brackets */

/* A field_form: the normal form in which addresses are stored and compared. The local part is in
 * lower case and NFC (text_lower(): ς becomes σ), the domain in ASCII (UTS 46). A text without @,
 * or whose domain has no ASCII form, is in lower case and NFC as a whole: check_email() refuses it
 * unless it is ASCII. */
enum err email_form(const char **formed, struct arena *arena, const char *address) MUST_CHECK;

/* A field_check of an address in normal form: NULL, or a validation error. It accepts addresses
 * that a mail server on the internet accepts without quoting. Source: RFC 5321, 4.1.2 and 4.5.3.1;
 * RFC 1035, 2.3.1; RFC 6531, 3.3, of which it accepts letters, marks and digits. */
const char *check_email(const char *address);

#endif
