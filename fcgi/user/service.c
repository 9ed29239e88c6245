/* The user service: accounts and logins. */
#include "service.h"

#include <unistd.h>

#include "indexes.h"
#include "login_api.h"
#include "migrations.h"
#include "password.h"
#include "text.h"
#include "user_api.h"

enum {
	HASHES_MAX = 8,      /* at a time: 152 MiB, less than the memory limits of containers */
	HASHES_WAITING = 32, /* calls in the queue of the bulkhead */
	OTP_MEMORY = 4096,
};

static struct arena *otp_arena; /* owns OTP_CODE in NFC */

static const struct setting settings[] = {
    {"OTP_CODE", SETTING_TEXT, &otp_code, "1234", 1, 64, true, "the one-time code at registration",
     .demo = "1234"},
    {"RATE_LIMIT", SETTING_SWITCH, &login_is_limited, "on", 0, 0, false,
     "off: no limits, for load tests"},
};

static struct route routes[] = {
    {POST, "/register", ROUTE_PUBLIC, &register_in, user_register, .name = "register",
     .summary = "Create an account", .messages = {"User created successfully"},
     .cost = COST_REGISTER, .errors = {ERR_OTP, ERR_EMAIL_EXISTS}},
    {POST, "/login", ROUTE_PUBLIC, &login_in, user_login, .name = "login",
     .summary = "Log in and get a token, which is valid for two hours", .response = &login_out,
     .flags = ROUTE_DEVICE, .cost = COST_LOGIN, .errors = {ERR_CREDENTIALS}},
    {GET, "/profile", ROLES_SHOPPER, NULL, user_profile, .name = "getProfile",
     .summary = "Get the caller's account", .response = &profile_out,
     .errors = {ERR_USER_NOT_FOUND}},
};

/* Hashing needs a core and no other resource: more hashes at a time than cores would make each
 * slower. HASHES_WAITING leaves threads for calls without hashes. A container sees all cores of its
 * machine, even if it may use few: HASHES_MAX bounds the memory of all hashes. */
static enum err start(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned slots = cores > 2 ? (unsigned)cores / 2 : 1;
	enum err e;

	otp_arena = arena_new(OTP_MEMORY);
	if (!otp_arena)
		return ERR_NO_MEMORY;
	e = text_nfc(&otp_code, otp_arena, otp_code); /* as the input of /register */
	return e ? e : password_init(slots < HASHES_MAX ? slots : HASHES_MAX, HASHES_WAITING);
}

static void stop(void)
{
	arena_free(otp_arena);
}

const struct service user_service = {
    .name = "user",
    .database = "user_db",
    .greeting = "User service running",
    .about = "Accounts, and the tokens of those who log in",
    .threads = "40", /* most of them wait in the bulkhead of hashes */
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .metrics = &login_metrics,
    .indexes = &user_indexes,
    .migrations = &user_migrations,
    .start = start,
    .stop = stop,
};
