/* What writing a backup and reading it back share; nobody else includes it. */
#ifndef SEED_DB_BACKUP_PRIVATE_H
#define SEED_DB_BACKUP_PRIVATE_H

#include <mongoc/mongoc.h>
#include <stdbool.h>

#include "err.h"

enum { BACKUP_PATH_SIZE = 4096 };

static const char backup_ending[] = ".bson";
static const char backup_manifest[] = "MANIFEST"; /* `PATH<TAB>BYTES` a line, of all files */

/* A connection that takes its time. ERR_INVALID: no such address. */
enum err backup_connect(mongoc_client_t **client, const char *uri) MUST_CHECK;

/* Says on stderr what is wrong; ERR_UNAVAILABLE. */
enum err backup_say(const char *what, const char *name, const char *why);

/* FOLDER/NAME with something behind it; false where that is too long. */
bool backup_path(char out[static BACKUP_PATH_SIZE], const char *folder, const char *name,
		 const char *behind);

/* Whether a collection is the server's own. */
bool backup_is_system(const char *collection);

#endif
