#include "user_api.h"

#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "clock.h"
#include "db.h"
#include "email.h"
#include "id.h"
#include "indexes.h"
#include "login_api.h"
#include "migrations.h"
#include "password.h"
#include "req.h"
#include "text.h"
#include "user_store.h"

enum {
	HASHES_MAX = 8, /* at a time: 152 MiB, for which limits of containers have room */
	HASHES_WAITING = 32,
	OTP_MEMORY = 4096,
};

static const char *otp_code;
static struct arena *otp_arena; /* of its normal form */

static const struct setting settings[] = {
    {"OTP_CODE", SETTING_TEXT, &otp_code, "1234", 1, 64, true, "one-time password at registration",
     .demo = "1234"},
    {"RATE_LIMIT", SETTING_SWITCH, &login_is_limited, "on", 0, 0, false, "off: for load tests"},
};

/* ---- register ---- */

static const struct field register_fields[] = {
    {FIELD(struct register_in, name), .min = 1, .max = 100, .example = "Asha"},
    {FIELD(struct register_in, email), .max = EMAIL_MAX, .form = email_form, .check = check_email,
     .format = "idn-email", .example = "asha@example.com"},
    {FIELD(struct register_in, password), .min = PASSWORD_MIN, .max = PASSWORD_MAX, .raw = true,
     .form = text_nfkc, .secret = true, .format = "password", .example = "correct horse"},
    {FIELD(struct register_in, otp), .max = 64, .secret = true, .example = "1234"},
};
const struct shape register_in = NAMED_SHAPE("Registration", struct register_in, register_fields);

/* ERR_EMAIL_EXISTS, before a hash is spent on it. */
static enum err email_is_free(struct ctx *ctx, const char *email)
{
	struct user user;
	enum err e = user_by_email(&user, ctx, email);

	return e == ERR_USER_NOT_FOUND ? OK : e ? e : ERR_EMAIL_EXISTS;
}

static enum err user_register(struct req *rq)
{
	const struct register_in *in = req_input(rq);
	struct user user = {.name = in->name, .email = in->email};
	char hash[PASSWORD_HASH_SIZE];
	enum err e;

	e = strcmp(in->otp, otp_code) == 0 ? email_is_free(req_ctx(rq), in->email) : ERR_OTP;
	if (e)
		return e;
	db_client_push(req_ctx(rq)); /* as at login */
	e = password_hash(hash, in->password, req_ctx(rq)->deadline);
	if (e)
		return e;
	user.password = hash;
	user.created_at.ms = clock_now_ms();
	id_new(&user._id);
	e = user_insert(req_ctx(rq), &user);
	return e ? e : req_message(rq, "User created successfully");
}

/* ---- profile ---- */

struct profile_out {
	bson_oid_t id;
	const char *name, *email;
	struct timestamp created_at;
};

static const struct field profile_fields[] = {
    {FIELD(struct profile_out, id)},
    {FIELD(struct profile_out, name), .example = "Asha"},
    {FIELD(struct profile_out, email), .example = "asha@example.com"},
    {FIELD(struct profile_out, created_at)},
};
static const struct shape profile_out = NAMED_SHAPE("Profile", struct profile_out, profile_fields);

static enum err user_profile(struct req *rq)
{
	struct user user;
	enum err e = user_by_id(&user, req_ctx(rq), req_user_id(rq));

	if (e)
		return e;
	return req_reply(rq, &profile_out,
			 &(struct profile_out){user._id, user.name, user.email, user.created_at});
}

/* ---- the service ---- */

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
