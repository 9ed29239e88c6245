/* POST /login, and its limits of failed attempts. */
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

/* ---- what comes in and goes out ---- */

struct login_in {
	const char *email, *password;
};

/* No limits: what doesn't fit an account is a 401 like any other wrong pair. */
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

/* ---- what is counted ---- */

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
	const char *word; /* in the log, and in the counters' ids */
	int64_t most, window_ms;
	const struct metric *count;
};

static const struct limit by_address = {"name_and_address", 10, MINUTE_MS, &limited_address};
static const struct limit by_name = {"name", 100, HOUR_MS, &limited_name};
/* In place of the one by name: others' failures do not refuse a known device, and one that was
 * stolen has no more guesses than a stranger. */
static const struct limit by_device = {"device", 100, HOUR_MS, &limited_device};

enum { LIMITS = 2, PASSWORD_FORMS = 2 };

struct login {
	const struct login_in *in;
	struct user user;
	bool known; /* whether there is such a user */
	/* What is compared, in this order: the password in NFKC, and as it was sent, where that is
	 * another: accounts of earlier versions have a hash of it. */
	const char *passwords[PASSWORD_FORMS];
	size_t n_passwords;
	char new_hash[PASSWORD_HASH_SIZE]; /* in place of such a hash; empty: none */
	const struct limit *limits[LIMITS];
	struct attempt attempts[LIMITS]; /* of each limit */
	size_t n;                        /* 0: nothing is limited */
};

/* ---- refusals ---- */

enum { NAME_HASH_BYTES = 8, NAME_HASH_SIZE = 2 * NAME_HASH_BYTES + 1 };

/* A login name in a log line: it can be compared with others, and with a name that a customer
 * tells, but not read. */
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
	log_event(LOG_INFO, req_ctx(rq), "login.limited name=%s limit=%s", hash, limit->word);
	return e ? e : ERR_TOO_MANY_REQUESTS;
}

/* ---- limits ---- */

/* A client that has logged in to this account before; sent twice it counts as absent. */
static const char *known_device(const struct login *login, struct req *rq)
{
	const char *device;

	if (req_single_param(&device, rq, "HTTP_X_DEVICE") ||
	    !device_belongs_to(device, &login->user._id, clock_now_ms() / 1000))
		return NULL;
	return login->known ? device : NULL;
}

static enum err add_limit(struct login *login, struct req *rq, const struct limit *limit,
			  const char *who)
{
	/* The name has no control characters: the parts cannot run into each other. */
	char *text =
	    arena_printf(req_ctx(rq)->arena, "%s\n%s\n%s", limit->word, login->in->email, who);
	struct attempt *attempt = &login->attempts[login->n];
	unsigned char mac[TOKEN_MAC_SIZE];

	if (!text)
		return ERR_NO_MEMORY;
	if (!token_mac(mac, TOKEN_SECRET, "login attempts", text, strlen(text)))
		return ERR_INTERNAL;
	sodium_bin2hex(attempt->id, sizeof attempt->id, mac, (sizeof attempt->id - 1) / 2);
	attempt->most = limit->most;
	attempt->window_ms = limit->window_ms;
	login->limits[login->n++] = limit;
	return OK;
}

static enum err choose_limits(struct login *login, struct req *rq)
{
	const char *device = known_device(login, rq);
	char net[CLIENT_NET_SIZE];
	enum err e;

	client_net(net, req_param(rq, "REMOTE_ADDR"));
	e = add_limit(login, rq, &by_address, net);
	if (e)
		return e;
	return device ? add_limit(login, rq, &by_device, device)
		      : add_limit(login, rq, &by_name, "");
}

/* Before the call waits for its turn to hash: calls that are refused anyway must not fill the
 * bulkhead. */
static enum err check_limits(struct login *login, struct req *rq)
{
	int64_t wait_ms[LIMITS];
	size_t longest = 0;
	enum err e = choose_limits(login, rq);

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
				  login->limits[i]->word);
	}
}

/* All limits, or none. */
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

static enum err find_user(struct login *login, struct req *rq)
{
	enum err e = user_to_log_in(&login->user, req_ctx(rq), login->in->email);

	login->known = !e;
	return e == ERR_USER_NOT_FOUND ? OK : e;
}

static void add_password(struct login *login, const char *password)
{
	if (utf8_length(password) <= PASSWORD_MAX)
		login->passwords[login->n_passwords++] = password;
}

/* The forms depend on what was sent alone: so the time tells nothing of the account. */
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

/* A user whose hash can't be read (one that was written by hand) is answered as an unknown name, in
 * the same time. */
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

static enum err compare_passwords(bool *matches, struct login *login, struct req *rq)
{
	bool matched_as_sent = false;
	enum err e = OK;

	*matches = false;
	for (size_t i = 0; i < login->n_passwords && !e && !*matches; i++) {
		e = compare_password(matches, login, rq, login->passwords[i]);
		matched_as_sent = *matches && i > 0;
	}
	if (!e && matched_as_sent)
		e = password_make(login->new_hash, login->passwords[0]);
	return e;
}

/* Within the bulkhead, where at most as many attempts are reserved at a time as hashes run: those
 * of right passwords, which are released, hardly ever refuse another call. */
static enum err compare(bool *matches, struct login *login, struct req *rq)
{
	enum err e = reserve(login, rq);

	if (e)
		return e;
	e = compare_passwords(matches, login, rq);
	if (e)
		release(login, rq, login->n);
	return e;
}

/* A failure costs this login nothing: the next one does it. */
static void store_new_hash(struct req *rq, const struct login *login)
{
	enum err e;

	if (!*login->new_hash)
		return;
	e = user_rehash(req_ctx(rq), &login->user, login->new_hash);
	if (e)
		log_event(LOG_WARNING, req_ctx(rq), "login.not_rehashed reason=%s",
			  err_info(e)->text);
}

/* In a time that doesn't tell whether the name is known. */
static enum err check_password(struct login *login, struct req *rq)
{
	bool matches = false;
	enum err e;

	db_client_push(req_ctx(rq)); /* others need it while this call waits for its turn to hash */
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
	store_new_hash(rq, login);
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
	/* Neither can be an account's, whichever it is: no hash is spent on it. */
	if (strlen(login.in->email) > EMAIL_MAX || !login.n_passwords)
		return fail(rq, login.in->email, &too_long);
	e = find_user(&login, rq);
	if (!e && login_is_limited)
		e = check_limits(&login, rq);
	if (!e)
		e = check_password(&login, rq);
	return e ? e : reply_token(rq, &login.user);
}
