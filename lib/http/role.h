/*
 * Roles: one table for the bit, the word and the kind of caller. Tokens, routes, stored accounts
 * and the description of the API derive from it; a word that it does not have is refused by all.
 */
#ifndef LIB_ROLE_H
#define LIB_ROLE_H

#include <stdbool.h>

/* PERSON: an account of a customer. STAFF: an account of the shop's staff, whose limits are other
 * and whose changes are logged. SERVICE: no account; calls between services. */
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

/* A bit each, so that a route's row can name several. */
enum role {
#define X(name, word, kind) ROLE_##name = 1 << ROLE_ROW_##name,
	ROLES(X)
#undef X
};

enum role_kind { ROLE_KIND_PERSON, ROLE_KIND_STAFF, ROLE_KIND_SERVICE };

/* All roles of a kind, and of several kinds. */
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
	ROLES_SHOPPER = ROLES_PERSON | ROLES_STAFF, /* whoever has an account */
	ROLES_ANY = ROLES_SHOPPER | ROLES_SERVICE,
};

/* The word of a single role, NULL for anything else; and back: false where the word is unknown. */
const char *role_name(enum role role);
bool role_parse(enum role *role, const char *name);

/* The words of the roles that an account can have, NULL behind the last: the words of a field. */
extern const char *const account_roles[];

/* The role of an index into account_roles; */
enum role account_role(int index);

/* and the index of a role: -1 where no account can have it. */
int account_role_index(enum role role);

#endif
