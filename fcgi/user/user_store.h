/* Users in the database: user_db.users. */
#ifndef USER_STORE_H
#define USER_STORE_H

#include "ctx.h"
#include "role.h"
#include "shape.h"

struct user {
	bson_oid_t _id;
	const char *name;
	const char *email;    /* in the form of email_form(); unique */
	const char *password; /* hash in PHC form */
	int role;             /* index into account_roles */
	struct timestamp created_at;
};

/* ERR_EMAIL_EXISTS. */
enum err user_insert(struct ctx *ctx, const struct user *user) MUST_CHECK;

/* ERR_USER_NOT_FOUND. */
enum err user_by_email(struct user *user, struct ctx *ctx, const char *email) MUST_CHECK;
enum err user_by_id(struct user *user, struct ctx *ctx, const char *id) MUST_CHECK;

/* As user_by_email(), but a malformed document is logged, and is ERR_USER_NOT_FOUND. */
enum err user_for_login(struct user *user, struct ctx *ctx, const char *email) MUST_CHECK;

/* Sets the role of a user. ERR_INVALID: a role that no account can have; ERR_USER_NOT_FOUND. */
enum err user_grant(struct ctx *ctx, const bson_oid_t *id, enum role role) MUST_CHECK;

/* Replaces the hash of a user's password by another hash of the same password. ERR_USER_NOT_FOUND:
 * the password has changed since the user was read. */
enum err user_rehash(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

/* Disables a user: replaces the password's hash by `hash`, of another password, until
 * user_enable(). ERR_USER_NOT_FOUND: the password has changed since the user was read. */
enum err user_disable(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

/* Enables a disabled user with the password of this hash. ERR_USER_NOT_FOUND: the user is not
 * disabled, or the password has changed since user_disable(). */
enum err user_enable(struct ctx *ctx, const struct user *user, const char *hash) MUST_CHECK;

#endif
