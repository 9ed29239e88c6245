#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db_backup.h"
#include "db_backup_private.h"

enum {
	BATCH_DOCUMENTS = 1000,
	BATCH_BYTES = 8 << 20,
};

struct file {
	const char *path;
	mongoc_collection_t *collection; /* NULL: only check the file */
	bson_reader_t *reader;
	int64_t n; /* documents found */
};

/* Processes a file of a backup. */
typedef enum err file_visit(struct file *file);

/* Checks the sum of the documents' lengths, too, because the reader accepts a truncated last
 * document as the end of the file. */
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

/* Inserts the documents of a file in batches. */
static enum err insert_file(struct file *file)
{
	mongoc_bulk_operation_t *bulk;
	const bson_t *doc;
	size_t n, bytes;
	bson_error_t error;
	bson_t reply;
	enum err e = OK;

	do {
		bulk = mongoc_collection_create_bulk_operation_with_opts(file->collection, NULL);
		doc = NULL;
		for (n = bytes = 0; !e && n < BATCH_DOCUMENTS && bytes < BATCH_BYTES; n++) {
			doc = bson_reader_read(file->reader, NULL);
			if (!doc)
				break;
			if (!mongoc_bulk_operation_insert_with_opts(bulk, doc, NULL, &error))
				e = backup_error("document of",
						 mongoc_collection_get_name(file->collection),
						 error.message);
			bytes += doc->len;
		}
		if (!e && n) {
			if (!mongoc_bulk_operation_execute(bulk, &reply, &error))
				e = backup_error("writing", "", error.message);
			bson_destroy(&reply);
		}
		mongoc_bulk_operation_destroy(bulk);
	} while (!e && doc);
	return e;
}

static enum err visit_file(mongoc_client_t *client, const char *database, const char *folder,
			   const char *name, file_visit *visit, int64_t *n)
{
	char collection[NAME_MAX + 1], path[BACKUP_PATH_SIZE];
	size_t len = strlen(name), ending = sizeof backup_ending - 1;
	struct file file = {.path = path};
	bson_error_t error;
	enum err e;

	if (len <= ending || len > NAME_MAX || strcmp(name + len - ending, backup_ending) != 0)
		return OK; /* not a file of a collection */
	memcpy(collection, name, len - ending);
	collection[len - ending] = '\0';
	if (!backup_path(path, folder, name, ""))
		return ERR_INVALID;
	file.reader = bson_reader_new_from_file(path, &error);
	if (!file.reader) {
		(void)backup_error("file", path, error.message);
		return ERR_INVALID;
	}
	if (client)
		file.collection = mongoc_client_get_collection(client, database, collection);
	e = visit(&file);
	if (e == ERR_INVALID)
		(void)backup_error("file", path, "is truncated, or not BSON");
	*n += file.n;
	mongoc_collection_destroy(file.collection);
	bson_reader_destroy(file.reader);
	return e;
}

static enum err visit_database(mongoc_client_t *client, const char *database, const char *folder,
			       file_visit *visit, int64_t *n)
{
	const struct dirent *entry;
	char path[BACKUP_PATH_SIZE];
	enum err e = OK;
	DIR *dir;

	if (!backup_path(path, folder, database, ""))
		return ERR_INVALID;
	dir = opendir(path);
	if (!dir) {
		(void)backup_error("folder", path, strerror(errno));
		return ERR_INVALID;
	}
	while (!e && (entry = readdir(dir)))
		e = visit_file(client, database, path, entry->d_name, visit, n);
	closedir(dir);
	return e;
}

enum err db_backup_check(int64_t *n, const char *const *databases, size_t n_databases,
			 const char *folder)
{
	char path[BACKUP_PATH_SIZE], line[BACKUP_PATH_SIZE], *tab;
	enum err e = OK;
	struct stat found;
	FILE *in;

	*n = 0;
	if (!backup_path(path, folder, backup_manifest, ""))
		return ERR_INVALID;
	in = fopen(path, "r");
	if (!in)
		e = ERR_INVALID;
	while (!e && fgets(line, sizeof line, in)) {
		tab = strchr(line, '\t');
		if (tab)
			*tab = '\0';
		if (!tab || !backup_path(path, folder, line, "") || stat(path, &found) ||
		    found.st_size != strtoll(tab + 1, NULL, 10))
			e = ERR_INVALID;
	}
	if (e)
		(void)backup_error("file", path,
				   "is missing, or doesn't match the files beside it");
	if (in)
		fclose(in);
	for (size_t i = 0; i < n_databases && !e; i++)
		e = visit_database(NULL, databases[i], folder, check_file, n);
	return e;
}

enum err db_restore(int64_t *n, bool *begun, const char *uri, const char *const *databases,
		    size_t n_databases, const char *folder)
{
	mongoc_client_t *client = NULL;
	bson_error_t error;
	enum err e = db_backup_check(n, databases, n_databases, folder);

	*begun = false;
	if (!e)
		e = backup_connect(&client, uri);
	/* The collections are dropped one by one: an account with the role readWrite can't drop the
	 * database. */
	for (size_t i = 0; i < n_databases && !e; i++) {
		mongoc_database_t *database = mongoc_client_get_database(client, databases[i]);
		char **names =
		    mongoc_database_get_collection_names_with_opts(database, NULL, &error);

		if (!names)
			e = backup_error("database", databases[i], error.message);
		for (size_t j = 0; !e && names[j]; j++) {
			mongoc_collection_t *collection;

			if (backup_is_system(names[j]))
				continue;
			*begun = true;
			collection = mongoc_database_get_collection(database, names[j]);
			if (!mongoc_collection_drop(collection, &error))
				e = backup_error("collection", names[j], error.message);
			mongoc_collection_destroy(collection);
		}
		bson_strfreev(names);
		mongoc_database_destroy(database);
	}
	for (size_t i = 0; i < n_databases && !e; i++)
		e = visit_database(client, databases[i], folder, insert_file, n);
	mongoc_client_destroy(client);
	return e;
}
