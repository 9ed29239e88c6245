/* Whether tokens are required, and what a user id may look like because of it. */
#ifndef LIB_AUTH_H
#define LIB_AUTH_H

#include <stdbool.h>

#include "arena.h"

/* AUTH_REQUIRED, read once at start-up. Off: the published calls are let through without a token.
 */
extern bool auth_required;

#define USER_ID_EXAMPLE "6b037802bb724bd6bf0a3c51"

/* Members of a field: a user id that a caller sends, */
#define USER_ID_IN                                                                                 \
	.form = form_user_id, .check = check_user_id, .raw = true, .pattern = "^[0-9a-fA-F]{24}$", \
	.about = "With AUTH_REQUIRED=off also 1 to 64 letters, digits, - or _ of any kind",        \
	.example = USER_ID_EXAMPLE

/* and one that he is shown, which AUTH_REQUIRED=off may have let in. */
#define USER_ID_OUT .pattern = "^[A-Za-z0-9_-]{1,64}$", .example = USER_ID_EXAMPLE

/* field_form: 24 hexadecimal digits in lower case, as tokens and documents have them. Another word
 * of AUTH_REQUIRED=off stays as it is. */
enum err form_user_id(const char **formed, struct arena *arena, const char *value) MUST_CHECK;

/* field_check: 24 hexadecimal digits; with AUTH_REQUIRED=off also any 1–64 letters, digits, `-`,
 * `_`, as the published app sends. */
const char *check_user_id(const char *value);

/* The same whatever AUTH_REQUIRED is: for an id that another service has checked and stored. */
const char *check_stored_user_id(const char *value);

#endif
