#include "accounts.h"

#include <ctype.h>
#include <string.h>

#include "clock.h"
#include "fcgi/user/user_api.h"
#include "fcgi/user/user_store.h"
#include "id.h"
#include "password.h"

struct account {
	const char *name, *email, *role;
};

static const struct account accounts[] = {
    {"Demo Shopper", "shopper@example.com", "customer"},
    {"Demo Courier", "courier@example.com", "courier"},
    {"Demo Admin", "admin@example.com", "admin"},
};
static const char demo_password[] = "demo-password";

enum { HASH_PATIENCE_MS = 10000 };

static enum err role_index(int *role, const char *name)
{
	for (int i = 0; user_roles[i]; i++) {
		if (strcmp(user_roles[i], name) == 0) {
			*role = i;
			return OK;
		}
	}
	return ERR_INVALID;
}

/* Holds an account to what the service asks of a registration. */
static enum err validate(struct ctx *ctx, const struct account *a)
{
	struct json_object *json = json_object_new_object();
	struct binding binding = {.arena = ctx->arena, .body = json};
	void *bound;
	enum err e = json ? OK : ERR_UNAVAILABLE;

	if (!e) {
		json_object_object_add(json, "name", json_object_new_string(a->name));
		json_object_object_add(json, "email", json_object_new_string(a->email));
		json_object_object_add(json, "password", json_object_new_string(demo_password));
		json_object_object_add(json, "otp", json_object_new_string(""));
		e = shape_bind(&bound, &binding, &register_in);
	}
	json_object_put(json);
	return e;
}

static enum err account_add(struct ctx *ctx, const struct account *a)
{
	struct user user = {.name = a->name, .email = a->email};
	char hash[PASSWORD_HASH_SIZE];
	enum err e = validate(ctx, a);

	if (!e)
		e = role_index(&user.role, a->role);
	if (!e)
		e = password_hash(hash, demo_password, clock_mono_ms() + HASH_PATIENCE_MS);
	if (e)
		return e;
	user.password = hash;
	user.created_at.ms = clock_now_ms();
	id_new(&user._id);
	return user_insert(ctx, &user);
}

enum err accounts_seed(size_t *added, struct ctx *ctx)
{
	*added = 0;
	for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
		struct user user;
		enum err e = user_by_email(&user, ctx, accounts[i].email);

		if (!e)
			continue;
		if (e == ERR_USER_NOT_FOUND)
			e = account_add(ctx, &accounts[i]);
		if (e)
			return e;
		(*added)++;
	}
	return OK;
}

enum err account_grant(struct ctx *ctx, const char *role, const char *email)
{
	char address[256];
	int index;
	enum err e = role_index(&index, role);

	if (e)
		return e;
	snprintf(address, sizeof address, "%s", email);
	for (char *p = address; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return user_grant(ctx, address, index);
}
