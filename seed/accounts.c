#include "accounts.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi/user/user_api.h"
#include "fcgi/user/user_store.h"
#include "id.h"
#include "password.h"

struct account {
	const char *name, *email;
	enum role role;
};

static const struct account accounts[] = {
    {"Demo Shopper", "shopper@example.com", ROLE_CUSTOMER},
    {"Demo Courier", "courier@example.com", ROLE_COURIER},
    {"Demo Admin", "admin@example.com", ROLE_ADMIN},
};
static const char demo_password[] = "demo-password";

enum { HASH_TIMEOUT_MS = 10000 };

static int64_t hash_deadline(void)
{
	return clock_mono_ms() + HASH_TIMEOUT_MS;
}

/* Inserts a demo account, after the validation that the service applies to a registration. */
static enum err account_add(struct ctx *ctx, const struct account *a)
{
	struct user user = {.name = a->name,
			    .email = a->email,
			    .role = account_role_index(a->role)};
	struct json_object *json = json_object_new_object();
	struct binding binding = {.arena = ctx->arena, .body = json};
	char hash[PASSWORD_HASH_SIZE];
	void *bound;
	enum err e = json ? OK : ERR_NO_MEMORY;

	if (!e) {
		json_object_object_add(json, "name", json_object_new_string(a->name));
		json_object_object_add(json, "email", json_object_new_string(a->email));
		json_object_object_add(json, "password", json_object_new_string(demo_password));
		json_object_object_add(json, "otp", json_object_new_string(""));
		e = shape_bind(&bound, &binding, &register_in);
	}
	json_object_put(json);
	if (!e)
		e = password_hash(hash, demo_password, hash_deadline());
	if (e)
		return e;
	user.password = hash;
	user.created_at.ms = clock_now_ms();
	id_new(&user._id);
	return user_insert(ctx, &user);
}

static enum err account_seed(bool *changed, struct ctx *ctx, const struct account *a)
{
	char hash[PASSWORD_HASH_SIZE];
	struct user user;
	enum err e = user_by_email(&user, ctx, a->email);

	*changed = false;
	if (!e) {
		/* An account that accounts_disable() disabled gets its published password again. */
		e = password_hash(hash, demo_password, hash_deadline());
		if (!e)
			e = user_enable(ctx, &user, hash);
		*changed = !e;
		return e == ERR_USER_NOT_FOUND ? OK : e;
	}
	if (e != ERR_USER_NOT_FOUND)
		return e;
	e = account_add(ctx, a);
	*changed = !e;
	return e;
}

static enum err account_disable(bool *disabled, struct ctx *ctx, const struct account *a)
{
	unsigned char bytes[32];
	char random_password[2 * sizeof bytes + 1], hash[PASSWORD_HASH_SIZE];
	struct user user;
	bool published;
	enum err e = user_by_email(&user, ctx, a->email);

	*disabled = false;
	if (e)
		return e == ERR_USER_NOT_FOUND ? OK : e;
	e = password_verify(&published, user.password, demo_password, hash_deadline());
	if (e || !published)
		return e;
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(random_password, sizeof random_password, bytes, sizeof bytes);
	e = password_hash(hash, random_password, hash_deadline());
	if (!e)
		e = user_disable(ctx, &user, hash);
	*disabled = !e;
	return e == ERR_USER_NOT_FOUND ? OK : e;
}

static enum err for_all(size_t *n, struct ctx *ctx,
			enum err (*body)(bool *done, struct ctx *ctx, const struct account *a))
{
	enum err e = OK;

	*n = 0;
	for (size_t i = 0; i < sizeof accounts / sizeof accounts[0] && !e; i++) {
		bool done;

		e = body(&done, ctx, &accounts[i]);
		*n += !e && done;
	}
	return e;
}

enum err accounts_seed(size_t *changed, struct ctx *ctx)
{
	return for_all(changed, ctx, account_seed);
}

enum err accounts_disable(size_t *disabled, struct ctx *ctx)
{
	return for_all(disabled, ctx, account_disable);
}

/* ---- roles ---- */

static bool is_confirmed(const char *role)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO)) {
		fputs("seed: standard input is not a terminal; to change this account, repeat the "
		      "command with --yes\n",
		      stderr);
		return false;
	}
	printf("Make this account %s? [y/N] ", role);
	fflush(stdout);
	if (!fgets(answer, sizeof answer, stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

enum err account_grant(bool *granted, struct ctx *ctx, const struct grant *grant)
{
	char id[25], at[sizeof "2026-01-01 00:00:00 UTC"];
	struct user user;
	time_t seconds;
	struct tm tm;
	enum role role;
	enum err e =
	    role_parse(&role, grant->role) && account_role_index(role) >= 0 ? OK : ERR_INVALID;

	if (!e)
		e = user_by_id(&user, ctx, grant->user_id);
	if (e)
		return e;
	seconds = (time_t)(user.created_at.ms / 1000);
	if (!gmtime_r(&seconds, &tm) || !strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S UTC", &tm))
		at[0] = '\0';
	bson_oid_to_string(&user._id, id);
	printf("id         %s\nname       %s\naddress    %s\nsigned up  %s\nrole       %s\n", id,
	       user.name, user.email, at, account_roles[user.role]);
	fflush(stdout);
	if (!grant->yes && !is_confirmed(grant->role))
		return OK;
	e = user_grant(ctx, &user._id, role);
	*granted = !e;
	return e;
}
