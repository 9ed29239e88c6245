/* What older versions wrote to delivery_db, and how it gets the form of today. */
#ifndef DELIVERY_MIGRATIONS_H
#define DELIVERY_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations delivery_migrations;

#endif
