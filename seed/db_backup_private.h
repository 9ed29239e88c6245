/* Shared by db_backup.c and db_restore.c; only these include it. */
#ifndef SEED_DB_BACKUP_PRIVATE_H
#define SEED_DB_BACKUP_PRIVATE_H

#include <mongoc/mongoc.h>
#include <stdbool.h>

#include "err.h"

enum { BACKUP_PATH_SIZE = 4096 };

static const char backup_ending[] = ".bson";
static const char backup_manifest[] = "MANIFEST"; /* lines `PATH<TAB>BYTES` */

/* Connects with a long timeout. The caller destroys *client. ERR_INVALID for an invalid address. */
enum err backup_connect(mongoc_client_t **client, const char *uri) MUST_CHECK;

/* Prints an error to stderr. Returns ERR_UNAVAILABLE. */
enum err backup_error(const char *what, const char *name, const char *why);

/* Writes FOLDER/NAME and a suffix; false if that is too long. */
bool backup_path(char out[static BACKUP_PATH_SIZE], const char *folder, const char *name,
		 const char *suffix);

/* Whether a collection belongs to the server. */
bool backup_is_system(const char *collection);

#endif
