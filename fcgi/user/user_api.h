#ifndef USER_API_H
#define USER_API_H

#include "service.h"

extern const struct service user_service;

/* What a registration has to look like; the seed holds its accounts to the same. */
struct register_in {
	const char *name, *email, *password, *otp;
};
extern const struct shape register_in;

#endif
