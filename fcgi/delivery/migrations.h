/* Migrations of documents that older versions wrote to delivery_db. */
#ifndef DELIVERY_MIGRATIONS_H
#define DELIVERY_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations delivery_migrations;

#endif
