/* The words of roles, and the roles of accounts. */
#include "role.h"

#include <stddef.h>
#include <string.h>

static const struct {
	enum role role;
	const char *word;
} roles[ROLE_COUNT] = {
#define X(name, word, kind) {ROLE_##name, word},
    ROLES(X)
#undef X
};

const char *role_name(enum role role)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		if (roles[i].role == role)
			return roles[i].word;
	}
	return NULL;
}

bool role_parse(enum role *role, const char *name)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(roles[i].word, name) == 0) {
			*role = roles[i].role;
			return true;
		}
	}
	return false;
}

/* ---- accounts ---- */

/* Expand to an item of the two lists of account roles, depending on the kind of a row. */
#define LIST_PERSON(item) item,
#define LIST_STAFF(item)  item,
#define LIST_SERVICE(item)

const char *const account_roles[] = {
#define X(name, word, kind) LIST_##kind(word)
    ROLES(X)
#undef X
	NULL,
};

static const enum role of_accounts[] = {
#define X(name, word, kind) LIST_##kind(ROLE_##name)
    ROLES(X)
#undef X
};

enum { N_OF_ACCOUNTS = sizeof of_accounts / sizeof of_accounts[0] };

enum role account_role(int index)
{
	return of_accounts[index];
}

int account_role_index(enum role role)
{
	for (int i = 0; i < N_OF_ACCOUNTS; i++) {
		if (of_accounts[i] == role)
			return i;
	}
	return -1;
}
