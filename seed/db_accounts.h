/* The database accounts of the programs. */
#ifndef DB_ACCOUNTS_H
#define DB_ACCOUNTS_H

#include <stdio.h>

#include "arena.h"
#include "db_admin.h"
#include "services.h"

enum { DB_ACCOUNTS = 2 + N_SERVICES /* root, seed, and one for each service */ };

/* Fills in the accounts, with passwords from a file that has a line `NAME PASSWORD` for each. The
 * passwords are in the arena. ERR_INVALID for a malformed line, an unknown name, or a missing
 * account; ERR_INTERNAL if out of memory. */
enum err db_accounts_read(struct db_account accounts[static DB_ACCOUNTS], struct arena *arena,
			  FILE *file) MUST_CHECK;

#endif
