/* Users in the database: user_db.users. */
#ifndef USER_STORE_H
#define USER_STORE_H

#include "ctx.h"
#include "shape.h"
#include "token.h"

struct user {
	bson_oid_t _id;
	const char *name;
	const char *email;    /* in lower case; unique */
	const char *password; /* hash in PHC form */
	int role;             /* index into user_roles */
	struct timestamp created_at;
};

/* Words of roles, in the order of enum role's bits. */
extern const char *const user_roles[];

static inline enum role user_role(const struct user *user)
{
	return (enum role)(1 << user->role);
}

/* ERR_EMAIL_EXISTS. */
enum err user_insert(struct ctx *ctx, const struct user *user) MUST_CHECK;

/* ERR_USER_NOT_FOUND. */
enum err user_by_email(struct user *user, struct ctx *ctx, const char *email) MUST_CHECK;
enum err user_by_id(struct user *user, struct ctx *ctx, const char *id) MUST_CHECK;

/* Gives a role to the user with that address. ERR_USER_NOT_FOUND. */
enum err user_grant(struct ctx *ctx, const char *email, int role) MUST_CHECK;

#endif
