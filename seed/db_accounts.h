/* The accounts that programs log in to the database with. */
#ifndef DB_ACCOUNTS_H
#define DB_ACCOUNTS_H

#include <stdio.h>

#include "arena.h"
#include "db_admin.h"
#include "services.h"

enum { DB_ACCOUNTS = 2 + N_SERVICES /* root, seed, and one a service */ };

/* Reads the accounts' passwords from a file with a line `NAME PASSWORD` for each of them; they live
 * in the arena. ERR_INVALID for a malformed line, an unknown name, or one that is missing. */
enum err db_accounts_read(struct db_account accounts[static DB_ACCOUNTS], struct arena *arena,
			  FILE *file) MUST_CHECK;

#endif
