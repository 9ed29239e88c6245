/* Calls on accounts: POST /register, GET /profile. */
#ifndef USER_API_H
#define USER_API_H

#include "req.h"

/* OTP_CODE, in NFC. Set once, before any thread. */
extern const char *otp_code;

enum {
	PASSWORD_MIN = 8,   /* characters, as they were typed and in NFKC, without ignorable ones */
	PASSWORD_MAX = 128, /* characters in NFKC, the form that is hashed */
};

/* What a registration has to look like; the seed holds its accounts to the same. */
struct register_in {
	const char *name, *email, *password, *otp;
};
extern const struct shape register_in, profile_out;

handler user_register, user_profile;

#endif
