#include "user_store.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "db.h"

static const char users[] = "users";
static const char attempts_of_logins[] = "login_attempts";

const char *const user_roles[] = {"customer", "courier", "admin", NULL};

static const struct field user_fields[] = {
    {FIELD(struct user, _id)},
    {FIELD(struct user, name)},
    {FIELD(struct user, email)},
    {FIELD(struct user, password)},
    {FIELD(struct user, role), .words = user_roles},
    {FIELD(struct user, created_at)},
};
static const struct shape user_doc = SHAPE(struct user, user_fields);

enum err user_insert(struct ctx *ctx, const struct user *user)
{
	enum err e = db_insert(ctx, users, &user_doc, user);

	return e == ERR_DUPLICATE ? ERR_EMAIL_EXISTS : e;
}

static enum err user_find(struct user *user, struct ctx *ctx, bson_t *filter)
{
	struct user found = {0};
	enum err e;

	filter = ctx_bson(ctx, filter);
	if (!filter)
		return ERR_UNAVAILABLE;
	e = db_find_one(&found, ctx, users, &user_doc, filter);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_USER_NOT_FOUND : e;
	*user = found;
	return OK;
}

enum err user_by_email(struct user *user, struct ctx *ctx, const char *email)
{
	return user_find(user, ctx, BCON_NEW("email", BCON_UTF8(email)));
}

enum err user_by_id(struct user *user, struct ctx *ctx, const char *id)
{
	bson_oid_t oid;

	if (!bson_oid_is_valid(id, strlen(id)))
		return ERR_USER_NOT_FOUND;
	bson_oid_init_from_string(&oid, id);
	return user_find(user, ctx, BCON_NEW("_id", BCON_OID(&oid)));
}

enum err user_grant(struct ctx *ctx, const char *email, int role)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("email", BCON_UTF8(email)));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "role", BCON_UTF8(user_roles[role]), "}"));
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	e = db_update(NULL, ctx, users, filter, update, false);
	return e == ERR_NO_DOCUMENT ? ERR_USER_NOT_FOUND : e;
}

/* ---- attempts ---- */

struct attempts {
	int64_t n;
};

static const struct field attempts_fields[] = {{FIELD(struct attempts, n)}};
static const struct shape attempts_doc = SHAPE(struct attempts, attempts_fields);

enum err login_attempt(int64_t *attempts, int64_t *seconds_left, struct ctx *ctx, const char *email)
{
	int64_t now = clock_now_ms(), minute = now / 60000;
	struct attempts counted = {0};
	char *id = arena_printf(ctx->arena, "%" PRId64 " %s", minute, email);
	bson_t *filter, *update;
	enum err e;

	if (!id)
		return ERR_UNAVAILABLE;
	filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id)));
	update = ctx_bson(ctx, BCON_NEW("$inc", "{", "n", BCON_INT64(1), "}", "$setOnInsert", "{",
					"at", BCON_DATE_TIME(now), "}"));
	if (!filter || !update)
		return ERR_UNAVAILABLE;
	e = db_update_and_get(&counted, ctx, attempts_of_logins, &attempts_doc, filter, update,
			      true);
	if (e)
		return e;
	*attempts = counted.n;
	*seconds_left = 60 - now / 1000 % 60;
	return OK;
}
