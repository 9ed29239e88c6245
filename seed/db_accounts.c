#include "db_accounts.h"

#include <string.h>

enum { LINE_SIZE = 256 };

#define DATABASE(name, NAME, title, database, port) database,
#define ACCOUNT(name, NAME, title, database, port) \
	{#name, NULL, "readWrite", (const char *const[]){database, NULL}},

/* A service reads and writes its own database only. */
static const struct db_account rows[DB_ACCOUNTS] = {
    {"root", NULL, "root", (const char *const[]){"admin", NULL}},
    {"seed", NULL, "readWrite", (const char *const[]){SERVICES(DATABASE) NULL}},
    SERVICES(ACCOUNT)};

static struct db_account *find_account(struct db_account accounts[static DB_ACCOUNTS],
				       const char *name)
{
	for (size_t i = 0; i < DB_ACCOUNTS; i++) {
		if (strcmp(accounts[i].name, name) == 0)
			return &accounts[i];
	}
	return NULL;
}

static enum err read_line(struct db_account accounts[static DB_ACCOUNTS], struct arena *arena,
			  char *line)
{
	char *rest, *name = strtok_r(line, " \n", &rest);
	const char *password = strtok_r(NULL, " \n", &rest);
	struct db_account *account;

	if (!name || !password)
		return ERR_INVALID;
	account = find_account(accounts, name);
	if (!account)
		return ERR_INVALID;
	account->password = arena_strndup(arena, password, strlen(password));
	return account->password ? OK : ERR_INTERNAL;
}

enum err db_accounts_read(struct db_account accounts[static DB_ACCOUNTS], struct arena *arena,
			  FILE *file)
{
	char line[LINE_SIZE];

	memcpy(accounts, rows, sizeof rows);
	while (fgets(line, sizeof line, file)) {
		enum err e = read_line(accounts, arena, line);

		if (e)
			return e;
	}
	for (size_t i = 0; i < DB_ACCOUNTS; i++) {
		if (!accounts[i].password)
			return ERR_INVALID;
	}
	return OK;
}
