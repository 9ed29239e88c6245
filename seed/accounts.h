/* The demo accounts, and roles for accounts that are there. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <stdbool.h>

#include "ctx.h"

/* Makes the demo accounts that are missing and enables those that were disabled; *changed says how
 * many there were of both. */
enum err accounts_seed(size_t *changed, struct ctx *ctx) MUST_CHECK;

/* Disables the demo accounts that still have the published password: *disabled of them. The others
 * stay as they are. */
enum err accounts_disable(size_t *disabled, struct ctx *ctx) MUST_CHECK;

struct grant {
	const char *role;    /* its word */
	const char *user_id; /* 24 hexadecimal digits */
	bool yes;            /* without asking */
};

/* Prints the account that has an id and, after a yes at the terminal or with `yes`, gives it a
 * role: *granted. Without a terminal to ask at nothing is changed, and a line says so. ERR_INVALID
 * for an unknown role, ERR_USER_NOT_FOUND. */
enum err account_grant(bool *granted, struct ctx *ctx, const struct grant *grant) MUST_CHECK;

#endif
