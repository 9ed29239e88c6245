/* Users in the database: user_db.users. */
#ifndef USER_STORE_H
#define USER_STORE_H

#include "ctx.h"
#include "role.h"
#include "shape.h"

struct user {
	bson_oid_t _id;
	const char *name;
	const char *email;    /* as email_form() makes it; unique */
	const char *password; /* hash in PHC form */
	int role;             /* index into account_roles */
	struct timestamp created_at;
};

/* ERR_EMAIL_EXISTS. */
enum err user_insert(struct ctx *ctx, const struct user *user) MUST_CHECK;

/* ERR_USER_NOT_FOUND. */
enum err user_by_email(struct user *user, struct ctx *ctx, const char *email) MUST_CHECK;
enum err user_by_id(struct user *user, struct ctx *ctx, const char *id) MUST_CHECK;

/* As user_by_email(), but a document that can't be read is logged, and no user's. */
enum err user_to_log_in(struct user *user, struct ctx *ctx, const char *email) MUST_CHECK;

/* Gives a role to a user. ERR_INVALID for a role that no account can have, ERR_USER_NOT_FOUND. */
enum err user_grant(struct ctx *ctx, const bson_oid_t *id, enum role role) MUST_CHECK;

/* Replaces the hash of a user's password by another one of the same password. ERR_USER_NOT_FOUND
 * where the password was changed meanwhile. */
enum err user_rehash(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

/* Replaces the password of a user who still has it, until user_enable(), by the hash of another
 * one. ERR_USER_NOT_FOUND where the password was changed meanwhile. */
enum err user_disable(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

/* Gives a user who is disabled, and whose password was not changed since, the password of this
 * hash. ERR_USER_NOT_FOUND for any other user. */
enum err user_enable(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

#endif
