/* The demo accounts, and roles for accounts that are there. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "ctx.h"

/* Makes the demo accounts that are missing; *added says how many. */
enum err accounts_seed(size_t *added, struct ctx *ctx) MUST_CHECK;

/* Gives a role (its word) to the account with that address. ERR_INVALID for an unknown word,
 * ERR_USER_NOT_FOUND. */
enum err account_grant(struct ctx *ctx, const char *role, const char *email) MUST_CHECK;

#endif
