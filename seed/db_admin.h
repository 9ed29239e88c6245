/* Preparation of a database: its accounts and its indexes. */
#ifndef SEED_DB_ADMIN_H
#define SEED_DB_ADMIN_H

#include "ctx.h"
#include "db_index.h"

/* Creates an index, and its collection, if they don't exist. May take all of the context's time.
 * Uses only the address of the context's database. ERR_INTERNAL if the documents or another index
 * conflict with it. */
enum err db_index_ensure(struct ctx *ctx, const char *database,
			 const struct db_index *index) MUST_CHECK;

struct db_account {
	const char *name, *password;
	const char *role;             /* a built-in role: readWrite, root */
	const char *const *databases; /* for which it has the role; NULL-terminated */
};

/* Creates an account, or sets the password and exactly these roles of an existing one. Uses only
 * the address of the context's database, which must have the rights to do so. ERR_INTERNAL if the
 * server refuses, a temporary error if it is unavailable. */
enum err db_account_ensure(struct ctx *ctx, const struct db_account *account) MUST_CHECK;

#endif
