/* POST /login, with limits of failed attempts. */
#include "login_api.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "attempt_store.h"
#include "auth.h"
#include "client_net.h"
#include "clock.h"
#include "db.h"
#include "device.h"
#include "email.h"
#include "log.h"
#include "password.h"
#include "text.h"
#include "user_api.h"
#include "user_store.h"
#include "utf8.h"

bool login_is_limited;

/* ---- input and output ---- */

struct login_in {
	const char *email, *password;
};

/* Without limits of length: too long texts get 401 like any other wrong credentials. */
static const struct field login_fields[] = {
    {FIELD(struct login_in, email), .form = email_form, .example = "asha@example.com"},
    {FIELD(struct login_in, password), .raw = true, .secret = true, .format = "password",
     .example = "correct horse"},
};
const struct shape login_in = NAMED_SHAPE("Credentials", struct login_in, login_fields);

struct login_out {
	const char *access_token, *token_type, *user_id;
	int64_t expires_in; /* seconds */
};

static const char *const token_types[] = {"bearer", NULL};

static const struct field login_out_fields[] = {
    {FIELD(struct login_out, access_token), .example = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…"},
    {FIELD(struct login_out, token_type), .values = token_types},
    {FIELD(struct login_out, user_id), USER_ID_OUT},
    {FIELD(struct login_out, expires_in), .example = "7200"},
};
const struct shape login_out = NAMED_SHAPE("Token", struct login_out, login_out_fields);

/* ---- metrics and limits ---- */

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

#define FAILED(reason)                                                               \
	{                                                                            \
		"logins_failed_total", "logins that failed", METRIC_COUNTER, reason, \
	}
#define LIMITED(limit)                                                                            \
	{                                                                                         \
		"logins_limited_total", "logins refused after too many failures", METRIC_COUNTER, \
		    limit,                                                                        \
	}

static struct metric failed_name = FAILED("reason=\"unknown_name\"");
static struct metric failed_password = FAILED("reason=\"wrong_password\"");
static struct metric failed_size = FAILED("reason=\"too_long\"");
static struct metric limited_address = LIMITED("limit=\"name_and_address\"");
static struct metric limited_name = LIMITED("limit=\"name\"");
static struct metric limited_device = LIMITED("limit=\"device\"");

static struct metric *const rows[] = {&password_waiting, &password_refused, &failed_name,
				      &failed_password,  &failed_size,      &limited_address,
				      &limited_name,     &limited_device};
const struct metrics login_metrics = METRICS(rows);

struct failure {
	const char *reason; /* in the log */
	const struct metric *count;
};

static const struct failure unknown_name = {"unknown_name", &failed_name};
static const struct failure wrong_password = {"wrong_password", &failed_password};
static const struct failure too_long = {"too_long", &failed_size};

struct limit {
	const char *name; /* in the log, and in the counters' ids */
	int64_t max_attempts, window_ms;
	const struct metric *count;
};

static const struct limit by_address = {"name_and_address", 10, MINUTE_MS, &limited_address};
static const struct limit by_name = {"name", 100, HOUR_MS, &limited_name};
/* Replaces the limit by name for a known device: failures of other clients do not lock it out, and
 * a stolen device has no more guesses than any other client. */
static const struct limit by_device = {"device", 100, HOUR_MS, &limited_device};

enum { LIMITS = 2, PASSWORD_FORMS = 2 };

struct login {
	const struct login_in *in;
	struct user user;
	bool known; /* whether the account exists */
	/* The forms of the password that are compared, in this order: in NFKC; as it was sent, if
	 * that differs: earlier versions hashed that form. */
	const char *passwords[PASSWORD_FORMS];
	size_t n_passwords;
	char new_hash[PASSWORD_HASH_SIZE]; /* replaces a hash of an earlier version; empty: none */
	const struct limit *limits[LIMITS];
	struct attempt attempts[LIMITS]; /* one for each limit */
	size_t n;                        /* of both; 0: logins are not limited */
};

/* ---- refusals ---- */

enum { NAME_HASH_BYTES = 8, NAME_HASH_SIZE = 2 * NAME_HASH_BYTES + 1 };

/* The keyed hash of a login name for the log: lines of the same name can be found, and the name
 * cannot be read. */
static void hash_name(char hash[static NAME_HASH_SIZE], const char *name)
{
	unsigned char mac[TOKEN_MAC_SIZE] = {0};

	if (!token_mac(mac, TOKEN_SECRET, "login name", name, strlen(name)))
		memset(mac, 0, sizeof mac);
	sodium_bin2hex(hash, NAME_HASH_SIZE, mac, NAME_HASH_BYTES);
}

static enum err fail(struct req *rq, const char *name, const struct failure *failure)
{
	char hash[NAME_HASH_SIZE];

	hash_name(hash, name);
	metric_add(failure->count, 1);
	log_event(LOG_INFO, req_ctx(rq), "login.failed name=%s reason=%s", hash, failure->reason);
	return ERR_CREDENTIALS;
}

static enum err refuse(struct req *rq, const char *name, const struct limit *limit, int64_t wait_ms)
{
	char hash[NAME_HASH_SIZE];
	enum err e =
	    req_header(rq, "Retry-After",
		       arena_printf(req_ctx(rq)->arena, "%" PRId64, (wait_ms + 999) / 1000));

	hash_name(hash, name);
	metric_add(limit->count, 1);
	log_event(LOG_INFO, req_ctx(rq), "login.limited name=%s limit=%s", hash, limit->name);
	return e ? e : ERR_TOO_MANY_REQUESTS;
}

/* ---- limits ---- */

/* client: the part of the counter's key beside limit and login name. */
static enum err add_limit(struct login *login, struct req *rq, const struct limit *limit,
			  const char *client)
{
	/* The name has no control characters, so the newlines separate the parts. */
	char *text =
	    arena_printf(req_ctx(rq)->arena, "%s\n%s\n%s", limit->name, login->in->email, client);
	struct attempt *attempt = &login->attempts[login->n];
	unsigned char mac[TOKEN_MAC_SIZE];

	if (!text)
		return ERR_NO_MEMORY;
	if (!token_mac(mac, TOKEN_SECRET, "login attempts", text, strlen(text)))
		return ERR_INTERNAL;
	sodium_bin2hex(attempt->id, sizeof attempt->id, mac, (sizeof attempt->id - 1) / 2);
	attempt->max_attempts = limit->max_attempts;
	attempt->window_ms = limit->window_ms;
	login->limits[login->n++] = limit;
	return OK;
}

/* Chooses the limits, and refuses a call that exceeds one before it waits for the bulkhead, so that
 * refused calls do not fill its queue. */
static enum err check_limits(struct login *login, struct req *rq)
{
	int64_t wait_ms[LIMITS];
	char net[CLIENT_NET_SIZE];
	const char *device;
	size_t longest = 0;
	enum err e;

	client_net(net, req_param(rq, "REMOTE_ADDR"));
	e = add_limit(login, rq, &by_address, net);
	if (e)
		return e;
	/* A header that was sent twice is ignored. */
	if (login->known && !req_single_param(&device, rq, "HTTP_X_DEVICE") &&
	    device_belongs_to(device, &login->user._id, clock_now_ms() / 1000))
		e = add_limit(login, rq, &by_device, device);
	else
		e = add_limit(login, rq, &by_name, "");
	if (!e)
		e = attempts_read(wait_ms, req_ctx(rq), login->attempts, login->n);
	if (e)
		return e;
	for (size_t i = 1; i < login->n; i++) {
		if (wait_ms[i] > wait_ms[longest])
			longest = i;
	}
	if (!wait_ms[longest])
		return OK;
	return refuse(rq, login->in->email, login->limits[longest], wait_ms[longest]);
}

static void release(struct login *login, struct req *rq, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (attempt_release(req_ctx(rq), &login->attempts[i]))
			log_event(LOG_WARNING, req_ctx(rq), "login.not_released limit=%s",
				  login->limits[i]->name);
	}
}

/* Reserves an attempt of each limit, or of none. */
static enum err reserve(struct login *login, struct req *rq)
{
	for (size_t i = 0; i < login->n; i++) {
		int64_t wait_ms = 0;
		enum err e = attempt_reserve(&wait_ms, req_ctx(rq), &login->attempts[i]);

		if (!e && !wait_ms)
			continue;
		release(login, rq, i);
		return e ? e : refuse(rq, login->in->email, login->limits[i], wait_ms);
	}
	return OK;
}

/* ---- the call ---- */

static void add_password(struct login *login, const char *password)
{
	if (utf8_length(password) <= PASSWORD_MAX)
		login->passwords[login->n_passwords++] = password;
}

/* The number of forms, and so the time, depends on the input only: it reveals nothing of the
 * account.
 */
static enum err choose_passwords(struct login *login, struct req *rq)
{
	const char *nfkc, *sent = login->in->password;
	enum err e = text_nfkc(&nfkc, req_ctx(rq)->arena, sent);

	if (e)
		return e;
	add_password(login, nfkc);
	if (strcmp(nfkc, sent) != 0)
		add_password(login, sent);
	return OK;
}

/* An account whose hash is malformed (edited by hand) is treated as an unknown one, in the same
 * time.
 */
static enum err compare_password(bool *matches, struct login *login, struct req *rq,
				 const char *password)
{
	const char *hash = login->known ? login->user.password : NULL;
	enum err e = password_compare(matches, hash, password);
	char id[25];

	if (e != ERR_INTERNAL || !hash)
		return e;
	bson_oid_to_string(&login->user._id, id);
	log_event(LOG_ERROR, req_ctx(rq), "login.unreadable_hash account_id=%s", id);
	login->known = false;
	return password_compare(matches, NULL, password);
}

/* Compares the password's forms, with the attempt reserved. It runs in the bulkhead, which bounds
 * how many attempts are reserved at a time: attempts with the right password, which are released,
 * hardly ever refuse another call. */
static enum err compare(bool *matches, struct login *login, struct req *rq)
{
	bool matched_as_sent = false;
	enum err e = reserve(login, rq);

	if (e)
		return e;
	*matches = false;
	for (size_t i = 0; i < login->n_passwords && !e && !*matches; i++) {
		e = compare_password(matches, login, rq, login->passwords[i]);
		matched_as_sent = *matches && i > 0;
	}
	if (!e && matched_as_sent)
		e = password_make(login->new_hash, login->passwords[0]);
	if (e)
		release(login, rq, login->n);
	return e;
}

/* The time does not depend on whether the account exists. */
static enum err check_password(struct login *login, struct req *rq)
{
	bool matches = false;
	enum err e;

	db_client_push(req_ctx(rq)); /* other calls need it while this one waits for the bulkhead */
	e = password_enter(req_ctx(rq)->deadline);
	if (e)
		return e;
	e = compare(&matches, login, rq);
	password_leave();
	if (e)
		return e;
	if (!matches)
		return fail(rq, login->in->email, login->known ? &wrong_password : &unknown_name);
	release(login, rq, login->n);
	/* After an error the login succeeds all the same, and the next one tries again. */
	e = *login->new_hash ? user_rehash(req_ctx(rq), &login->user, login->new_hash) : OK;
	if (e)
		log_event(LOG_WARNING, req_ctx(rq), "login.not_rehashed reason=%s",
			  err_info(e)->text);
	return OK;
}

static enum err reply_token(struct req *rq, const struct user *user)
{
	char id[25], device[DEVICE_TEXT_SIZE];
	struct login_out out = {.token_type = "bearer",
				.user_id = id,
				.expires_in = TOKEN_LIFETIME};
	struct arena *arena = req_ctx(rq)->arena;
	enum err e;

	if (!device_make(device, &user->_id, clock_now_ms() / 1000))
		return ERR_INTERNAL;
	e = req_header(rq, "X-Device", arena_strndup(arena, device, DEVICE_TEXT_SIZE - 1));
	if (e)
		return e;
	bson_oid_to_string(&user->_id, id);
	e = token_sign(&out.access_token, arena, id, account_role(user->role), TOKEN_LIFETIME);
	return e ? e : req_reply(rq, &login_out, &out);
}

enum err user_login(struct req *rq)
{
	struct login login = {.in = req_input(rq)};
	enum err e = choose_passwords(&login, rq);

	if (e)
		return e;
	/* Too long for any account: no hash is necessary. */
	if (strlen(login.in->email) > EMAIL_MAX || !login.n_passwords)
		return fail(rq, login.in->email, &too_long);
	e = user_for_login(&login.user, req_ctx(rq), login.in->email);
	login.known = !e;
	if (e == ERR_USER_NOT_FOUND)
		e = OK;
	if (!e && login_is_limited)
		e = check_limits(&login, rq);
	if (!e)
		e = check_password(&login, rq);
	return e ? e : reply_token(rq, &login.user);
}
