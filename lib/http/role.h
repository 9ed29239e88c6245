/*
 * Roles: one table of the bit, the word and the kind of each. Tokens, routes, stored accounts and
 * the description of the API use it, and refuse any other word.
 */
#ifndef LIB_ROLE_H
#define LIB_ROLE_H

#include <stdbool.h>

/* PERSON: accounts of customers. STAFF: accounts of the shop's staff, with other limits, whose
 * changes are logged. SERVICE: calls between services, without an account. */
/* clang-format off */
#define ROLES(X)                          \
	X(CUSTOMER, "customer", PERSON)   \
	X(COURIER,  "courier",  STAFF)    \
	X(ADMIN,    "admin",    STAFF)    \
	X(SERVICE,  "service",  SERVICE)
/* clang-format on */

enum role_row {
#define X(name, word, kind) ROLE_ROW_##name,
	ROLES(X)
#undef X
	    ROLE_COUNT
};

/* Each role is a bit, so that a row can name several roles. */
enum role {
#define X(name, word, kind) ROLE_##name = 1 << ROLE_ROW_##name,
	ROLES(X)
#undef X
};

enum role_kind { ROLE_KIND_PERSON, ROLE_KIND_STAFF, ROLE_KIND_SERVICE };

/* All roles of a kind, or of several kinds. */
enum {
#define OF_KIND(wanted, name, kind) | (ROLE_KIND_##kind == ROLE_KIND_##wanted ? ROLE_##name : 0)
#define X(name, word, kind)         OF_KIND(PERSON, name, kind)
	ROLES_PERSON = 0 ROLES(X),
#undef X
#define X(name, word, kind) OF_KIND(STAFF, name, kind)
	ROLES_STAFF = 0 ROLES(X),
#undef X
#define X(name, word, kind) OF_KIND(SERVICE, name, kind)
	ROLES_SERVICE = 0 ROLES(X),
#undef X
#undef OF_KIND
	ROLES_SHOPPER = ROLES_PERSON | ROLES_STAFF, /* roles of accounts */
	ROLES_ANY = ROLES_SHOPPER | ROLES_SERVICE,
};

/* The word of a single role, NULL for any other value; and the role of a word: false if the word is
 * unknown. */
const char *role_name(enum role role);
bool role_parse(enum role *role, const char *name);

/* The words of the roles that an account can have, for the values of a field; NULL after the last.
 */
extern const char *const account_roles[];

/* The role of an index into account_roles. */
enum role account_role(int index);

/* The index of a role in account_roles; -1 if no account can have it. */
int account_role_index(enum role role);

#endif
