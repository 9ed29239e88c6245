/* Users in the database. */
#include "user_store.h"

#include <string.h>

#include "db.h"

static const char users[] = "users";

static const struct field user_fields[] = {
    {FIELD(struct user, _id)},
    {FIELD(struct user, name)},
    {FIELD(struct user, email)},
    {FIELD(struct user, password)},
    {FIELD(struct user, role), .values = account_roles, .absent = "customer"},
    {FIELD(struct user, created_at)},
};
static const struct shape user_doc = SHAPE(struct user, user_fields);

enum err user_insert(struct ctx *ctx, const struct user *user)
{
	enum err e = db_insert(ctx, users, &user_doc, user);

	return e == ERR_DUPLICATE ? ERR_EMAIL_EXISTS : e;
}

/* Takes ownership of the filter. */
static enum err user_find(struct user *user, struct ctx *ctx, bson_t *filter)
{
	struct user found = {0};
	enum err e;

	filter = ctx_bson(ctx, filter);
	if (!filter)
		return ERR_NO_MEMORY;
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

enum err user_for_login(struct user *user, struct ctx *ctx, const char *email)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("email", BCON_UTF8(email)));
	struct list found;
	enum err e;

	if (!filter)
		return ERR_NO_MEMORY;
	e = db_find(&found, ctx, users, &user_doc,
		    &(struct db_query){.filter = filter, .limit = 1, .skip_malformed = true});
	if (e)
		return e;
	if (!found.n)
		return ERR_USER_NOT_FOUND;
	*user = *(const struct user *)found.items;
	return OK;
}

enum err user_by_id(struct user *user, struct ctx *ctx, const char *id)
{
	bson_oid_t oid;

	if (!bson_oid_is_valid(id, strlen(id)))
		return ERR_USER_NOT_FOUND;
	bson_oid_init_from_string(&oid, id);
	return user_find(user, ctx, BCON_NEW("_id", BCON_OID(&oid)));
}

/* Takes ownership of both documents. */
static enum err user_update(struct ctx *ctx, bson_t *filter, bson_t *update)
{
	enum err e;

	filter = ctx_bson(ctx, filter);
	update = ctx_bson(ctx, update);
	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update(NULL, ctx, users, filter, update, false);
	return e == ERR_NO_DOCUMENT ? ERR_USER_NOT_FOUND : e;
}

enum err user_grant(struct ctx *ctx, const bson_oid_t *id, enum role role)
{
	if (account_role_index(role) < 0)
		return ERR_INVALID;
	return user_update(ctx, BCON_NEW("_id", BCON_OID(id)),
			   BCON_NEW("$set", "{", "role", BCON_UTF8(role_name(role)), "}"));
}

enum err user_rehash(struct ctx *ctx, const struct user *user, const char *hash)
{
	return user_update(ctx,
			   BCON_NEW("_id", BCON_OID(&user->_id), "password",
				    BCON_UTF8(user->password)),
			   BCON_NEW("$set", "{", "password", BCON_UTF8(hash), "}"));
}

/* Writes the new hash to two fields, so that user_enable() detects a later change. */
enum err user_disable(struct ctx *ctx, const struct user *user, const char *hash)
{
	return user_update(
	    ctx, BCON_NEW("_id", BCON_OID(&user->_id), "password", BCON_UTF8(user->password)),
	    BCON_NEW("$set", "{", "password", BCON_UTF8(hash), "disabled", BCON_UTF8(hash), "}"));
}

enum err user_enable(struct ctx *ctx, const struct user *user, const char *hash)
{
	return user_update(ctx,
			   BCON_NEW("_id", BCON_OID(&user->_id), "disabled",
				    BCON_UTF8(user->password), "password",
				    BCON_UTF8(user->password)),
			   BCON_NEW("$set", "{", "password", BCON_UTF8(hash), "}", "$unset", "{",
				    "disabled", BCON_UTF8(""), "}"));
}
