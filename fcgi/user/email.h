/* E-mail addresses. */
#ifndef EMAIL_H
#define EMAIL_H

/* field_check: NULL, or what is wrong with the address. It is taken where it is one that a mail
 * server on the internet would take without quoting. Source: RFC 5321, 4.1.2 and 4.5.3.1; RFC
 * 1035, 2.3.1. */
const char *check_email(const char *address);

#endif
