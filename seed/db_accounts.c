#include "db_accounts.h"

#include <string.h>

enum { LINE_SIZE = 256 };

#define DATABASE(name, NAME, title, database, port) database,
#define ACCOUNT(name, NAME, title, database, port) \
	{#name, NULL, "readWrite", (const char *const[]){database, NULL}},

/* A service can read and write only its own database. */
static const struct db_account rows[DB_ACCOUNTS] = {
    {"root", NULL, "root", (const char *const[]){"admin", NULL}},
    {"seed", NULL, "readWrite", (const char *const[]){SERVICES(DATABASE) NULL}},
    SERVICES(ACCOUNT)};

enum err db_accounts_read(struct db_account accounts[static DB_ACCOUNTS], struct arena *arena,
			  FILE *file)
{
	char line[LINE_SIZE];

	memcpy(accounts, rows, sizeof rows);
	while (fgets(line, sizeof line, file)) {
		char *rest, *name = strtok_r(line, " \n", &rest);
		const char *password = strtok_r(NULL, " \n", &rest);
		size_t i = 0;

		while (name && i < DB_ACCOUNTS && strcmp(accounts[i].name, name) != 0)
			i++;
		if (!name || !password || i == DB_ACCOUNTS)
			return ERR_INVALID;
		accounts[i].password = arena_strndup(arena, password, strlen(password));
		if (!accounts[i].password)
			return ERR_INTERNAL;
	}
	for (size_t i = 0; i < DB_ACCOUNTS; i++) {
		if (!accounts[i].password)
			return ERR_INVALID;
	}
	return OK;
}
