/* Whether tokens are required, and the forms of user ids that this allows. */
#ifndef LIB_AUTH_H
#define LIB_AUTH_H

#include <stdbool.h>

#include "arena.h"

/* AUTH_REQUIRED, read once at start-up. Off: the published calls need no token. */
extern bool auth_required;

#define USER_ID_EXAMPLE "6b037802bb724bd6bf0a3c51"

/* Members of a field: a user id that a client sends. */
#define USER_ID_IN                                                                                 \
	.form = form_user_id, .check = check_user_id, .raw = true, .pattern = "^[0-9a-fA-F]{24}$", \
	.about = "With AUTH_REQUIRED=off also 1 to 64 letters, digits, - or _ of any kind",        \
	.example = USER_ID_EXAMPLE

/* Members of a field: a user id in an answer, which AUTH_REQUIRED=off may have accepted. */
#define USER_ID_OUT .pattern = "^[A-Za-z0-9_-]{1,64}$", .example = USER_ID_EXAMPLE

/* A field_form: converts 24 hexadecimal digits to lower case, as in tokens and documents. Other
 * ids, which AUTH_REQUIRED=off allows, stay unchanged. */
enum err form_user_id(const char **formed, struct arena *arena, const char *value) MUST_CHECK;

/* A field_check: accepts 24 hexadecimal digits; with AUTH_REQUIRED=off also 1 to 64 letters,
 * digits,
 * `-` and `_`, as the published app sends. */
const char *check_user_id(const char *value);

/* Accepts both forms whatever AUTH_REQUIRED is, for an id that another service has checked and
 * stored. */
const char *check_stored_user_id(const char *value);

#endif
