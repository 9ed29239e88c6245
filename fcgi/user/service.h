/* The user service's tables. */
#ifndef USER_SERVICE_H
#define USER_SERVICE_H

#include "lib/service/service.h"

extern const struct service user_service;

#endif
