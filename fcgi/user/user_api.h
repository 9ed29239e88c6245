#ifndef USER_API_H
#define USER_API_H

#include "service.h"

extern const struct service user_service;

enum {
	EMAIL_MAX = 254,  /* RFC 5321, 4.5.3.1.3, less the brackets */
	PASSWORD_MIN = 8, /* characters */
	PASSWORD_MAX = 128,
};

/* What a registration has to look like; the seed holds its accounts to the same. */
struct register_in {
	const char *name, *email, *password, *otp;
};
extern const struct shape register_in;

#endif
