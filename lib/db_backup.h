/*
 * Databases to files and back. Read is one moment of all of them at once, while the shop goes on: a
 * session with read concern snapshot (MongoDB 5.0 or later; the server keeps five minutes of
 * history for it). The files are those of mongodump, FOLDER/database/collection.bson, without
 * indexes, which the seed makes; FOLDER/MANIFEST names all, so that a part isn't taken for the
 * whole.
 */
#ifndef LIB_DB_BACKUP_H
#define LIB_DB_BACKUP_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Writes all collections to a folder that isn't there yet: it is there when all is in it. *n
 * documents. ERR_UNAVAILABLE; ERR_DUPLICATE: the folder is there. What is wrong is in the log. */
enum err db_backup(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		   const char *folder) MUST_CHECK;

/* Puts what is in a folder in the place of the databases' whole content. Looks at all files before
 * it touches anything. ERR_INVALID: the folder isn't a whole backup; ERR_UNAVAILABLE: the databases
 * may hold a part. */
enum err db_restore(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		    const char *folder) MUST_CHECK;

#endif
