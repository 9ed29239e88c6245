/* What older versions wrote to user_db, and how it gets the form of today. */
#ifndef USER_MIGRATIONS_H
#define USER_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations user_migrations;

#endif
