/* Demo accounts, and roles of existing accounts. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <stdbool.h>

#include "ctx.h"

/* Creates missing demo accounts and enables disabled ones. *changed: the number of both. */
enum err accounts_seed(size_t *changed, struct ctx *ctx) MUST_CHECK;

/* Disables the demo accounts that still have the published password. *disabled: their number. */
enum err accounts_disable(size_t *disabled, struct ctx *ctx) MUST_CHECK;

struct grant {
	const char *role;    /* its name */
	const char *user_id; /* 24 hexadecimal digits */
	bool yes;            /* don't ask for confirmation */
};

/* Prints the account with that id and gives it the role, after confirmation at the terminal or with
 * `yes`; *granted is then true. Without a terminal it changes nothing and prints a line on stderr.
 * ERR_INVALID for an unknown role, ERR_USER_NOT_FOUND. */
enum err account_grant(bool *granted, struct ctx *ctx, const struct grant *grant) MUST_CHECK;

#endif
