/* Whether tokens are required, and what a user id may look like because of it. */
#ifndef LIB_AUTH_H
#define LIB_AUTH_H

#include <stdbool.h>

/* AUTH_REQUIRED, read once at start-up. Off: the published calls are let through without a token.
 */
extern bool auth_required;

/* field_check: 24 hexadecimal digits; with AUTH_REQUIRED=off also any 1–64 letters, digits, `-`,
 * `_`, as the published app sends. */
const char *check_user_id(const char *value);

/* The same whatever AUTH_REQUIRED is: for an id that another service has checked and stored. */
const char *check_stored_user_id(const char *value);

#endif
