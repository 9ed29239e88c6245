/*
 * X-Device: proof that a client has logged in to an account before. It contains the account's id,
 * the time of that login and a random number, under a MAC with the tokens' secret. It grants no
 * rights: it replaces the limit of failed logins by name with one by device. Source: OWASP, Slow
 * Down Online Guessing Attacks with Device Cookies.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <bson/bson.h>
#include <stdbool.h>

enum {
	DEVICE_TEXT_SIZE = 81,         /* 60 bytes in base64url, and the NUL */
	DEVICE_LIFETIME = 180 * 86400, /* seconds */
};

/* Creates the text for a login at `now` (seconds since 1970). false: no secret is set. */
bool device_make(char text[static DEVICE_TEXT_SIZE], const bson_oid_t *user_id, int64_t now);

/* Whether the text was created for this account, with the present secret or the previous one, and
 * is at most DEVICE_LIFETIME old at `now`. text may be NULL or any text: false. */
bool device_belongs_to(const char *text, const bson_oid_t *user_id, int64_t now);

#endif
