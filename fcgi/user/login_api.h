/* POST /login, with limits of failed attempts. */
#ifndef LOGIN_API_H
#define LOGIN_API_H

#include "metrics.h"
#include "req.h"

extern const struct shape login_in, login_out;
extern const struct metrics login_metrics;

/* RATE_LIMIT: read once at start-up. */
extern bool login_is_limited;

handler user_login;

#endif
