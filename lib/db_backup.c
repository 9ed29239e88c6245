#include "db_backup.h"

#include <dirent.h>
#include <errno.h>
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_private.h"
#include "log.h"

enum {
	PATH_SIZE = 4096,
	BATCH_DOCUMENTS = 1000,
	BATCH_BYTES = 8 << 20,
	PATIENCE_MS = 60 * 1000,
};

static const char ending[] = ".bson";
static const char manifest[] = "MANIFEST"; /* `PATH<TAB>BYTES` a line, of all files */

/* ---- a connection that takes its time ---- */

static enum err connect_to(mongoc_client_t **client, const char *text)
{
	bson_error_t error;
	mongoc_uri_t *uri;

	db_driver_init();
	uri = mongoc_uri_new_with_error(text, &error);
	if (!uri)
		return ERR_INVALID;
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, PATIENCE_MS);
	*client = mongoc_client_new_from_uri_with_error(uri, &error);
	mongoc_uri_destroy(uri);
	if (!*client)
		return ERR_INVALID;
	mongoc_client_set_error_api(*client, MONGOC_ERROR_API_VERSION_2);
	return OK;
}

static enum err say(const char *what, const char *name, const char *why)
{
	log_event(LOG_ERROR, NULL, "%s %s: %s", what, name, why);
	return ERR_UNAVAILABLE;
}

static bool path_of(char out[static PATH_SIZE], const char *folder, const char *name,
		    const char *behind)
{
	int len = snprintf(out, PATH_SIZE, "%s/%s%s", folder, name, behind);

	return len > 0 && len < PATH_SIZE;
}

/* ---- out ---- */

struct writing {
	mongoc_client_t *client;
	mongoc_client_session_t *session;
	FILE *manifest;
	size_t root_len; /* of paths, up to the backup's own */
	int64_t n;
};

static enum err write_documents(struct writing *w, mongoc_cursor_t *cursor, const char *path)
{
	FILE *out = fopen(path, "wx");
	const bson_t *doc;
	bson_error_t error;
	int64_t bytes = 0;
	bool ok = out;

	if (!out)
		return say("file", path, strerror(errno));
	while (ok && mongoc_cursor_next(cursor, &doc)) {
		ok = fwrite(bson_get_data(doc), doc->len, 1, out) == 1;
		bytes += doc->len;
		w->n++;
	}
	fprintf(w->manifest, "%s\t%lld\n", path + w->root_len + 1, (long long)bytes);
	ok = ok && !fflush(out) && !fsync(fileno(out));
	if (fclose(out) || !ok)
		return say("file", path, strerror(errno));
	if (mongoc_cursor_error(cursor, &error))
		return say("reading for", path, error.message);
	return OK;
}

static enum err write_collection(struct writing *w, mongoc_database_t *database, const char *folder,
				 const char *name)
{
	mongoc_collection_t *collection;
	bson_t opts = BSON_INITIALIZER, all = BSON_INITIALIZER;
	char path[PATH_SIZE];
	mongoc_cursor_t *cursor;
	bson_error_t error;
	enum err e;

	if (!path_of(path, folder, name, ending) ||
	    !mongoc_client_session_append(w->session, &opts, &error))
		return say("collection", name, "can't be read");
	collection = mongoc_database_get_collection(database, name);
	cursor = mongoc_collection_find_with_opts(collection, &all, &opts, NULL);
	e = write_documents(w, cursor, path);
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
	char path[PATH_SIZE];
	enum err e = OK;

	if (!names)
		e = say("database", name, error.message);
	else if (!path_of(path, folder, name, "") || mkdir(path, 0700))
		e = say("folder", path, strerror(errno));
	for (size_t i = 0; !e && names[i]; i++) {
		if (strncmp(names[i], "system.", 7) != 0)
			e = write_collection(w, database, path, names[i]);
	}
	bson_strfreev(names);
	mongoc_database_destroy(database);
	return e;
}

static enum err write_all(struct writing *w, const char *const *databases, size_t n,
			  const char *folder)
{
	mongoc_session_opt_t *opts = mongoc_session_opts_new();
	bson_error_t error;
	enum err e = OK;

	mongoc_session_opts_set_causal_consistency(opts, false);
	mongoc_session_opts_set_snapshot(opts, true);
	w->session = mongoc_client_start_session(w->client, opts, &error);
	mongoc_session_opts_destroy(opts);
	if (!w->session)
		return say("the moment to read", "", error.message);
	for (size_t i = 0; i < n && !e; i++)
		e = write_database(w, folder, databases[i]);
	mongoc_client_session_destroy(w->session);
	return e;
}

static enum err write_with_manifest(struct writing *w, const char *const *databases, size_t n,
				    const char *folder)
{
	char path[PATH_SIZE];
	enum err e;

	if (!path_of(path, folder, manifest, ""))
		return ERR_INVALID;
	w->root_len = strlen(folder);
	w->manifest = fopen(path, "wx");
	if (!w->manifest)
		return say("file", path, strerror(errno));
	e = write_all(w, databases, n, folder);
	if (ferror(w->manifest) || fflush(w->manifest) || fsync(fileno(w->manifest)))
		e = say("file", path, strerror(errno));
	fclose(w->manifest);
	return e;
}

enum err db_backup(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		   const char *folder)
{
	struct writing w = {0};
	char unfinished[PATH_SIZE];
	enum err e;

	if (access(folder, F_OK) == 0) {
		(void)say("folder", folder, "is there already");
		return ERR_DUPLICATE;
	}
	if (snprintf(unfinished, sizeof unfinished, "%s.unfinished", folder) >= PATH_SIZE ||
	    mkdir(unfinished, 0700))
		return say("folder", unfinished, strerror(errno));
	e = connect_to(&w.client, uri);
	if (!e)
		e = write_with_manifest(&w, databases, n_databases, unfinished);
	if (!e && rename(unfinished, folder))
		e = say("folder", folder, strerror(errno));
	mongoc_client_destroy(w.client);
	*n = w.n;
	return e;
}

/* ---- and in ---- */

struct file {
	const char *path;
	mongoc_collection_t *collection;
	bson_reader_t *reader;
	int64_t n; /* documents found */
};

/* What is done with each file of a backup. */
typedef enum err file_visit(struct file *file);

/* The reader takes the end of a file for the end of its last document. */
static enum err check_file(struct file *file)
{
	const bson_t *doc;
	struct stat stat_of;
	int64_t bytes = 0;

	while ((doc = bson_reader_read(file->reader, NULL))) {
		if (!bson_validate(doc, BSON_VALIDATE_NONE, NULL))
			return ERR_INVALID;
		bytes += doc->len;
		file->n++;
	}
	return stat(file->path, &stat_of) || stat_of.st_size != bytes ? ERR_INVALID : OK;
}

static enum err insert_batch(mongoc_bulk_operation_t *bulk)
{
	bson_error_t error;
	bson_t reply;
	bool ok = mongoc_bulk_operation_execute(bulk, &reply, &error);

	bson_destroy(&reply);
	return ok ? OK : say("writing", "", error.message);
}

/* Sends what the next documents of a file are, up to a batch; *more where there may be others. */
static enum err insert_some(bool *more, mongoc_collection_t *collection, bson_reader_t *reader)
{
	mongoc_bulk_operation_t *bulk =
	    mongoc_collection_create_bulk_operation_with_opts(collection, NULL);
	size_t n = 0, bytes = 0;
	bson_error_t error;
	const bson_t *doc = NULL;
	enum err e = OK;

	while (!e && n < BATCH_DOCUMENTS && bytes < BATCH_BYTES &&
	       (doc = bson_reader_read(reader, NULL))) {
		if (!mongoc_bulk_operation_insert_with_opts(bulk, doc, NULL, &error))
			e = say("document of", mongoc_collection_get_name(collection),
				error.message);
		bytes += doc->len;
		n++;
	}
	if (!e && n)
		e = insert_batch(bulk);
	mongoc_bulk_operation_destroy(bulk);
	*more = doc;
	return e;
}

static enum err insert_file(struct file *file)
{
	bool more = true;
	enum err e = OK;

	while (!e && more)
		e = insert_some(&more, file->collection, file->reader);
	return e;
}

/* A name of a collection from that of its file: false for other files. */
static bool collection_of(char out[static NAME_MAX + 1], const char *file)
{
	size_t len = strlen(file), end = sizeof ending - 1;

	if (len <= end || len > NAME_MAX || strcmp(file + len - end, ending) != 0)
		return false;
	memcpy(out, file, len - end);
	out[len - end] = '\0';
	return true;
}

static enum err visit_file(mongoc_client_t *client, const char *database, const char *folder,
			   const char *name, file_visit *visit, int64_t *n)
{
	char collection[NAME_MAX + 1], path[PATH_SIZE];
	struct file file = {.path = path};
	bson_error_t error;
	enum err e;

	if (!collection_of(collection, name))
		return OK;
	if (!path_of(path, folder, name, ""))
		return ERR_INVALID;
	file.reader = bson_reader_new_from_file(path, &error);
	if (!file.reader) {
		(void)say("file", path, error.message);
		return ERR_INVALID;
	}
	file.collection = mongoc_client_get_collection(client, database, collection);
	e = visit(&file);
	if (e == ERR_INVALID)
		(void)say("file", path, "is cut short, or no BSON");
	*n += file.n;
	mongoc_collection_destroy(file.collection);
	bson_reader_destroy(file.reader);
	return e;
}

static enum err visit_database(mongoc_client_t *client, const char *database, const char *folder,
			       file_visit *visit, int64_t *n)
{
	const struct dirent *entry;
	char path[PATH_SIZE];
	enum err e = OK;
	DIR *dir;

	if (!path_of(path, folder, database, ""))
		return ERR_INVALID;
	dir = opendir(path);
	if (!dir) {
		(void)say("folder", path, strerror(errno));
		return ERR_INVALID;
	}
	while (!e && (entry = readdir(dir)))
		e = visit_file(client, database, path, entry->d_name, visit, n);
	closedir(dir);
	return e;
}

static enum err empty(mongoc_client_t *client, const char *name)
{
	mongoc_database_t *database = mongoc_client_get_database(client, name);
	bson_error_t error;
	bool dropped = mongoc_database_drop(database, &error);

	mongoc_database_destroy(database);
	return dropped ? OK : say("database", name, error.message);
}

/* Whether all files are there, and as long as they were. */
static enum err check_manifest(const char *folder)
{
	char path[PATH_SIZE], line[PATH_SIZE], *tab;
	enum err e = OK;
	struct stat found;
	FILE *in;

	if (!path_of(path, folder, manifest, ""))
		return ERR_INVALID;
	in = fopen(path, "r");
	if (!in)
		e = ERR_INVALID;
	while (!e && fgets(line, sizeof line, in)) {
		tab = strchr(line, '\t');
		if (tab)
			*tab = '\0';
		if (!tab || !path_of(path, folder, line, "") || stat(path, &found) ||
		    found.st_size != strtoll(tab + 1, NULL, 10))
			e = ERR_INVALID;
	}
	if (e)
		(void)say("file", path, "is missing, or not as the backup left it");
	if (in)
		fclose(in);
	return e;
}

enum err db_restore(int64_t *n, const char *uri, const char *const *databases, size_t n_databases,
		    const char *folder)
{
	mongoc_client_t *client = NULL;
	enum err e = connect_to(&client, uri);

	*n = 0;
	if (!e)
		e = check_manifest(folder);
	for (size_t i = 0; i < n_databases && !e; i++)
		e = visit_database(client, databases[i], folder, check_file, n);
	for (size_t i = 0; i < n_databases && !e; i++)
		e = empty(client, databases[i]);
	for (size_t i = 0; i < n_databases && !e; i++)
		e = visit_database(client, databases[i], folder, insert_file, n);
	mongoc_client_destroy(client);
	return e;
}
