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
#include "json.h"
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

static enum err account_seed(bool *changed, struct ctx *ctx, const struct account *a)
{
	struct binding binding = {.arena = ctx->arena};
	char hash[PASSWORD_HASH_SIZE];
	struct user user;
	void *bound;
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
	/* The validation that the service applies to a registration. */
	binding.body = arena_defer(ctx->arena, json_release, json_object_new_object());
	if (!json_add(binding.body, "name", json_object_new_string(a->name)) ||
	    !json_add(binding.body, "email", json_object_new_string(a->email)) ||
	    !json_add(binding.body, "password", json_object_new_string(demo_password)) ||
	    !json_add(binding.body, "otp", json_object_new_string("")))
		return ERR_NO_MEMORY;
	e = shape_bind(&bound, &binding, &register_in);
	if (!e)
		e = password_hash(hash, demo_password, hash_deadline());
	if (e)
		return e;
	user = (struct user){.name = a->name, .email = a->email, .password = hash};
	user.role = account_role_index(a->role);
	user.created_at.ms = clock_now_ms();
	id_new(&user._id);
	e = user_insert(ctx, &user);
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

enum err account_grant(bool *granted, struct ctx *ctx, const struct grant *grant)
{
	char id[25], at[sizeof "2026-01-01 00:00:00 UTC"], answer[16];
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
	if (!grant->yes && !isatty(STDIN_FILENO)) {
		fputs("seed: standard input is not a terminal; to change this account, repeat the "
		      "command with --yes\n",
		      stderr);
		return OK;
	}
	if (!grant->yes) {
		printf("Make this account %s? [y/N] ", grant->role);
		fflush(stdout);
		if (!fgets(answer, sizeof answer, stdin))
			return OK;
		answer[strcspn(answer, "\n")] = '\0';
		if (strcasecmp(answer, "y") != 0 && strcasecmp(answer, "yes") != 0)
			return OK;
	}
	e = user_grant(ctx, &user._id, role);
	*granted = !e;
	return e;
}
