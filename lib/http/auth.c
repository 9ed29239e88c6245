#include "auth.h"

#include <bson/bson.h>
#include <string.h>

#include "text.h"
#include "token.h"

bool auth_required = true;

enum err form_user_id(const char **formed, struct arena *arena, const char *value)
{
	if (bson_oid_is_valid(value, strlen(value)))
		return text_lower(formed, arena, value);
	*formed = value;
	return OK;
}

const char *check_user_id(const char *value)
{
	if (!auth_required)
		return check_stored_user_id(value);
	if (bson_oid_is_valid(value, strlen(value)))
		return NULL;
	return "Input should be an id of 24 hexadecimal digits";
}

const char *check_stored_user_id(const char *value)
{
	static const char word[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t len = strlen(value);

	if (len >= 1 && len <= USER_ID_MAX && strspn(value, word) == len)
		return NULL;
	return "Input should be 1 to 64 letters, digits, - or _";
}
