/*
 * X-Device: proof that a client has logged in to an account before. It names the account, the time
 * of that login and a random number, all under a MAC of the tokens' secret, and says nothing of
 * rights: what it passes is one limit of failed logins.
 * Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <bson/bson.h>
#include <stdbool.h>

enum {
	DEVICE_TEXT_SIZE = 81,         /* 60 bytes in base64url, and the NUL */
	DEVICE_LIFETIME = 180 * 86400, /* seconds */
};

/* Makes one for a login at `now` (seconds since 1970). false without a secret. */
bool device_make(char text[static DEVICE_TEXT_SIZE], const bson_oid_t *user_id, int64_t now);

/* Whether it was made for that account, by this secret or the one before, and is not too old at
 * `now`. NULL and any other text are not. */
bool device_belongs_to(const char *text, const bson_oid_t *user_id, int64_t now);

#endif
