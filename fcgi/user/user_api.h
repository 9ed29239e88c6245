/* Calls on accounts: POST /register, GET /profile. */
#ifndef USER_API_H
#define USER_API_H

#include "req.h"

/* OTP_CODE, in NFC. Set once, before threads start. */
extern const char *otp_code;

enum {
	PASSWORD_MIN = 8,   /* characters as sent and in NFKC, without ignorable ones */
	PASSWORD_MAX = 128, /* characters in NFKC, the form that is hashed */
};

/* The input of a registration. The seed validates its accounts with the same shape. */
struct register_in {
	const char *name, *email, *password, *otp;
};
extern const struct shape register_in, profile_out;

handler user_register, user_profile;

#endif
