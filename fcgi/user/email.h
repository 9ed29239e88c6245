/* E-mail addresses. */
#ifndef EMAIL_H
#define EMAIL_H

#include "arena.h"

enum { EMAIL_MAX = 254 }; /* bytes: RFC 5321, 4.5.3.1.3, less the brackets */

/* field_form: the form in which an address is stored and compared: the local part in lower case and
 * NFC (text_lower(): ς is σ), the domain in ASCII (UTS 46). A text that is no address, or whose
 * domain has no such form, is in lower case and NFC as a whole: check_email() refuses it unless it
 * is ASCII. */
enum err email_form(const char **formed, struct arena *arena, const char *address) MUST_CHECK;

/* field_check: NULL, or what is wrong with an address that has its form. It is taken where it is
 * one that a mail server on the internet would take without quoting. Source: RFC 5321, 4.1.2 and
 * 4.5.3.1; RFC 1035, 2.3.1; RFC 6531, 3.3, of which letters, marks and digits are taken. */
const char *check_email(const char *address);

#endif
