/*
 * Backup of databases to files, and restore. A backup has the state of all databases at one moment,
 * while the shop continues: it uses a session with read concern snapshot (MongoDB 5.0 or later; the
 * server keeps five minutes of history for it). The files have mongodump's format,
 * FOLDER/database/collection.bson, without indexes, which the seed creates. FOLDER/MANIFEST lists
 * all files, so that an incomplete backup is detected.
 */
#ifndef SEED_DB_BACKUP_H
#define SEED_DB_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Writes all collections to a new folder, which appears only when it is complete. *n: the number of
 * documents. ERR_DUPLICATE if the folder exists, ERR_INVALID for an invalid address, else
 * ERR_UNAVAILABLE. The functions here print their errors to stderr. */
enum err db_backup(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		   const char *folder) MUST_CHECK;

/* Checks all files of a backup, without a database. *n: the number of documents. ERR_INVALID if the
 * backup is incomplete or damaged. */
enum err db_backup_check(int64_t *n, const char *const *databases, size_t n_databases,
			 const char *folder) MUST_CHECK;

/* Replaces the content of the databases by a backup, after a check of its files. *begun: the
 * databases were changed; with an error they have a part of the backup. ERR_INVALID,
 * ERR_UNAVAILABLE. */
enum err db_restore(int64_t *n, bool *begun, const char *uri, const char *const *databases,
		    size_t n_databases, const char *folder) MUST_CHECK;

#endif
