/* What is done to a database before it serves: its accounts and its indexes. */
#ifndef SEED_DB_ADMIN_H
#define SEED_DB_ADMIN_H

#include "ctx.h"
#include "db_index.h"

/* Makes an index of a database, and its collection, where they are not there yet; may take all of
 * the context's time. Of the context's database only the address is used. ERR_INTERNAL where the
 * documents or an older index conflict with it. */
enum err db_index_ensure(struct ctx *ctx, const char *database,
			 const struct db_index *index) MUST_CHECK;

struct db_account {
	const char *name, *password;
	const char *role;             /* one of the server's own: readWrite, root */
	const char *const *databases; /* that the role is for; ends with NULL */
};

/* Creates an account, or gives one of that name this password and exactly these roles. Of the
 * context's database only the address is used: it needs the rights to do so. ERR_INTERNAL where the
 * server refuses, a temporary error where there is none. */
enum err db_account_ensure(struct ctx *ctx, const struct db_account *account) MUST_CHECK;

#endif
