#include "db_backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_backup_private.h"
#include "db_private.h"

enum { TIMEOUT_MS = 60 * 1000 };

/* ---- shared ---- */

static enum err bad_address(void)
{
	(void)backup_error("the address in", "MONGODB_URI", "is not valid");
	return ERR_INVALID;
}

enum err backup_connect(mongoc_client_t **client, const char *text)
{
	bson_error_t error;
	mongoc_uri_t *uri;

	db_driver_init();
	uri = mongoc_uri_new_with_error(text, &error);
	if (!uri)
		return bad_address();
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, TIMEOUT_MS);
	*client = mongoc_client_new_from_uri_with_error(uri, &error);
	mongoc_uri_destroy(uri);
	if (!*client)
		return bad_address();
	mongoc_client_set_error_api(*client, MONGOC_ERROR_API_VERSION_2);
	return OK;
}

enum err backup_error(const char *what, const char *name, const char *why)
{
	fprintf(stderr, "backup: %s %s: %s\n", what, name, why);
	return ERR_UNAVAILABLE;
}

bool backup_path(char out[static BACKUP_PATH_SIZE], const char *folder, const char *name,
		 const char *suffix)
{
	int len = snprintf(out, BACKUP_PATH_SIZE, "%s/%s%s", folder, name, suffix);

	return len > 0 && len < BACKUP_PATH_SIZE;
}

bool backup_is_system(const char *collection)
{
	return strncmp(collection, "system.", 7) == 0;
}

/* ---- writing ---- */

struct writing {
	mongoc_client_t *client;
	mongoc_client_session_t *session;
	FILE *manifest;
	size_t root_len; /* length of the backup folder in paths */
	int64_t n;
};

/* Writes the documents of a collection to a file, and its line in the manifest. */
static enum err write_collection(struct writing *w, mongoc_database_t *database, const char *folder,
				 const char *name)
{
	mongoc_collection_t *collection;
	bson_t opts = BSON_INITIALIZER, all = BSON_INITIALIZER;
	char path[BACKUP_PATH_SIZE];
	mongoc_cursor_t *cursor;
	const bson_t *doc;
	bson_error_t error;
	int64_t bytes = 0;
	FILE *out;
	bool ok;
	enum err e = OK;

	if (!backup_path(path, folder, name, backup_ending) ||
	    !mongoc_client_session_append(w->session, &opts, &error))
		return backup_error("collection", name, "can't be read");
	collection = mongoc_database_get_collection(database, name);
	cursor = mongoc_collection_find_with_opts(collection, &all, &opts, NULL);
	out = fopen(path, "wx");
	ok = out;
	while (ok && mongoc_cursor_next(cursor, &doc)) {
		ok = fwrite(bson_get_data(doc), doc->len, 1, out) == 1;
		bytes += doc->len;
		w->n++;
	}
	ok = ok && !fflush(out) && !fsync(fileno(out));
	if ((out && fclose(out)) || !ok)
		e = backup_error("file", path, strerror(errno));
	else if (mongoc_cursor_error(cursor, &error))
		e = backup_error("reading for", path, error.message);
	else
		fprintf(w->manifest, "%s\t%lld\n", path + w->root_len + 1, (long long)bytes);
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(collection);
	bson_destroy(&opts);
	return e;
}

static enum err write_database(struct writing *w, const char *folder, const char *name)
{
	mongoc_database_t *database = mongoc_client_get_database(w->client, name);
	bson_error_t error;
	char **names = mongoc_database_get_collection_names_with_opts(database, NULL, &error);
	char path[BACKUP_PATH_SIZE];
	enum err e = OK;

	if (!names)
		e = backup_error("database", name, error.message);
	else if (!backup_path(path, folder, name, "") || mkdir(path, 0700))
		e = backup_error("folder", path, strerror(errno));
	for (size_t i = 0; !e && names[i]; i++) {
		if (!backup_is_system(names[i]))
			e = write_collection(w, database, path, names[i]);
	}
	bson_strfreev(names);
	mongoc_database_destroy(database);
	return e;
}

/* Writes all databases and the manifest to an existing folder. */
static enum err write_folder(struct writing *w, const char *const *databases, size_t n,
			     const char *folder)
{
	mongoc_session_opt_t *opts;
	char path[BACKUP_PATH_SIZE];
	bson_error_t error;
	enum err e = OK;

	if (!backup_path(path, folder, backup_manifest, ""))
		return ERR_INVALID;
	w->root_len = strlen(folder);
	w->manifest = fopen(path, "wx");
	if (!w->manifest)
		return backup_error("file", path, strerror(errno));
	opts = mongoc_session_opts_new();
	mongoc_session_opts_set_causal_consistency(opts, false);
	mongoc_session_opts_set_snapshot(opts, true);
	w->session = mongoc_client_start_session(w->client, opts, &error);
	mongoc_session_opts_destroy(opts);
	if (!w->session)
		e = backup_error("the snapshot to read", "", error.message);
	for (size_t i = 0; i < n && !e; i++)
		e = write_database(w, folder, databases[i]);
	if (w->session)
		mongoc_client_session_destroy(w->session);
	if (ferror(w->manifest) || fflush(w->manifest) || fsync(fileno(w->manifest)))
		e = backup_error("file", path, strerror(errno));
	fclose(w->manifest);
	return e;
}

enum err db_backup(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		   const char *folder)
{
	struct writing w = {0};
	char unfinished[BACKUP_PATH_SIZE];
	enum err e;

	if (access(folder, F_OK) == 0) {
		(void)backup_error("folder", folder, "is there already");
		return ERR_DUPLICATE;
	}
	if (snprintf(unfinished, sizeof unfinished, "%s.unfinished", folder) >= BACKUP_PATH_SIZE ||
	    mkdir(unfinished, 0700))
		return backup_error("folder", unfinished,
				    errno == EEXIST
					? "a backup to it is running, or was interrupted; "
					  "remove it in that case"
					: strerror(errno));
	e = backup_connect(&w.client, uri);
	if (!e)
		e = write_folder(&w, databases, n_databases, unfinished);
	if (!e && rename(unfinished, folder))
		e = backup_error("folder", folder, strerror(errno));
	mongoc_client_destroy(w.client);
	*n = w.n;
	return e;
}
