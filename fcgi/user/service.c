/* The user service: accounts, and the tokens of those who log in. */
#include "service.h"

#include <unistd.h>

#include "indexes.h"
#include "login_api.h"
#include "migrations.h"
#include "password.h"
#include "text.h"
#include "user_api.h"

enum {
	HASHES_MAX = 8, /* at a time: 152 MiB, for which limits of containers have room */
	HASHES_WAITING = 32,
	OTP_MEMORY = 4096,
};

static struct arena *otp_arena; /* of the normal form of OTP_CODE */

static const struct setting settings[] = {
    {"OTP_CODE", SETTING_TEXT, &otp_code, "1234", 1, 64, true, "one-time password at registration",
     .demo = "1234"},
    {"RATE_LIMIT", SETTING_SWITCH, &login_is_limited, "on", 0, 0, false, "off: for load tests"},
};

static struct route routes[] = {
    {POST, "/register", ROUTE_PUBLIC, &register_in, user_register, .name = "register",
     .summary = "Make an account", .messages = {"User created successfully"}, .cost = COST_REGISTER,
     .errors = {ERR_OTP, ERR_EMAIL_EXISTS}},
    {POST, "/login", ROUTE_PUBLIC, &login_in, user_login, .name = "login",
     .summary = "Log in: a token for two hours", .response = &login_out, .flags = ROUTE_DEVICE,
     .cost = COST_LOGIN, .errors = {ERR_CREDENTIALS}},
    {GET, "/profile", ROLES_SHOPPER, NULL, user_profile, .name = "getProfile",
     .summary = "The caller's account", .response = &profile_out, .errors = {ERR_USER_NOT_FOUND}},
};

/* What comes in is in NFC; the setting need not be. */
static enum err compose_otp_code(void)
{
	otp_arena = arena_new(OTP_MEMORY);
	return otp_arena ? text_nfc(&otp_code, otp_arena, otp_code) : ERR_NO_MEMORY;
}

/* Hashes are the processor's alone: more at a time than cores would only make each slower. What
 * waits for them must leave threads for the profile calls. A container sees all cores of its
 * machine, however few it may use: so there is a bound to what all of them need. */
static enum err start(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned slots = cores > 2 ? (unsigned)cores / 2 : 1;
	enum err e = compose_otp_code();

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
    .threads = "40", /* most of them wait for their turn to hash */
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .metrics = &login_metrics,
    .indexes = &user_indexes,
    .migrations = &user_migrations,
    .start = start,
    .stop = stop,
};
