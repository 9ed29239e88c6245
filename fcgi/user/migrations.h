/* Migrations of documents that older versions wrote to user_db. */
#ifndef USER_MIGRATIONS_H
#define USER_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations user_migrations;

#endif
