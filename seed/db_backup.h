/*
 * Databases to files and back. Read is one moment of all of them at once, while the shop goes on: a
 * session with read concern snapshot (MongoDB 5.0 or later; the server keeps five minutes of
 * history for it). The files are those of mongodump, FOLDER/database/collection.bson, without
 * indexes, which the seed makes; FOLDER/MANIFEST names all, so that a part isn't taken for the
 * whole.
 */
#ifndef SEED_DB_BACKUP_H
#define SEED_DB_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Writes all collections to a folder that isn't there yet: it is there when all is in it. *n
 * documents. ERR_UNAVAILABLE; ERR_DUPLICATE: the folder is there. Of all three: what is wrong is
 * said on stderr, in words. */
enum err db_backup(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		   const char *folder) MUST_CHECK;

/* Looks at all files of a backup, without a database. *n documents. ERR_INVALID: the folder isn't a
 * whole backup. */
enum err db_backup_check(int64_t *n, const char *const *databases, size_t n_databases,
			 const char *folder) MUST_CHECK;

/* Puts what is in a folder in the place of the databases' whole content, after such a look. *begun:
 * the databases were changed; with an error they hold a part. ERR_INVALID, ERR_UNAVAILABLE. */
enum err db_restore(int64_t *n, bool *begun, const char *uri, const char *const *databases,
		    size_t n_databases, const char *folder) MUST_CHECK;

#endif
