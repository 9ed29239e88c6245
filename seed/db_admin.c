#include "db_admin.h"

#include <mongoc/mongoc.h>
#include <string.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"

enum { USER_NOT_FOUND = 11 };

/* ---- indexes ---- */

/* {createIndexes, indexes: [{key, name, …}], maxTimeMS}. NULL if the keys or the filter aren't
 * JSON. */
static bson_t *index_command(const struct db_index *index, int64_t time_ms)
{
	bson_t *keys = bson_new_from_json((const uint8_t *)index->keys, -1, NULL);
	bson_t *partial = NULL, *command = NULL, list, item;
	char *name;

	if (index->partial)
		partial = bson_new_from_json((const uint8_t *)index->partial, -1, NULL);
	if (keys && (partial || !index->partial)) {
		command = BCON_NEW("createIndexes", BCON_UTF8(index->collection), "maxTimeMS",
				   BCON_INT64(time_ms), "writeConcern", "{", "w",
				   BCON_UTF8("majority"), "}");
		BSON_APPEND_ARRAY_BEGIN(command, "indexes", &list);
		BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &item);
		name = mongoc_collection_keys_to_index_string(keys);
		BSON_APPEND_DOCUMENT(&item, "key", keys);
		BSON_APPEND_UTF8(&item, "name", name);
		bson_free(name);
		if (partial)
			BSON_APPEND_DOCUMENT(&item, "partialFilterExpression", partial);
		if (index->unique)
			BSON_APPEND_BOOL(&item, "unique", true);
		if (index->expire_after > 0)
			BSON_APPEND_INT64(&item, "expireAfterSeconds", index->expire_after);
		bson_append_document_end(&list, &item);
		bson_append_array_end(command, &list);
	}
	bson_destroy(partial);
	bson_destroy(keys);
	return command;
}

/* Creates a client with a long timeout: indexing many documents takes longer than the pool's
 * clients wait. */
static mongoc_client_t *slow_client(const struct ctx *ctx, int64_t time_ms)
{
	mongoc_uri_t *uri = mongoc_uri_copy(ctx->db->uri);
	int32_t socket_ms =
	    time_ms < INT32_MAX - DB_SOCKET_MS ? (int32_t)time_ms + DB_SOCKET_MS : INT32_MAX;
	mongoc_client_t *client = NULL;

	if (mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, socket_ms))
		client = mongoc_client_new_from_uri_with_error(uri, NULL);
	if (client)
		mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
	mongoc_uri_destroy(uri);
	return client;
}

enum err db_index_ensure(struct ctx *ctx, const char *database, const struct db_index *index)
{
	int64_t left = db_time_left(ctx);
	mongoc_client_t *client;
	bson_error_t error;
	struct db_failure failure = {"createIndexes", clock_mono_ms(), &error, NULL};
	enum err e = ERR_INTERNAL;
	bson_t *command;

	if (left == 0)
		return ERR_TIMEOUT;
	command = index_command(index, left);
	client = slow_client(ctx, left);
	if (!command)
		log_event(LOG_ERROR, ctx, "index.invalid collection=%s reason=%s",
			  index->collection, "keys aren't JSON");
	else if (client &&
		 mongoc_client_command_simple(client, database, command, NULL, NULL, &error))
		e = OK;
	else if (client)
		e = db_failure_report(ctx, &failure);
	bson_destroy(command);
	mongoc_client_destroy(client);
	return e;
}

/* ---- accounts ---- */

/* Sends {createUser or updateUser: name, pwd, mechanisms, roles: [{role, db}, …], …}. The iteration
 * count of SCRAM-SHA-256 may be low, because the passwords are 32 random bytes. */
static bool account_write(mongoc_client_t *client, const char *verb,
			  const struct db_account *account, int64_t time_ms, bson_error_t *error)
{
	bson_t *command =
	    BCON_NEW(verb, BCON_UTF8(account->name), "pwd", BCON_UTF8(account->password),
		     "mechanisms", "[", BCON_UTF8("SCRAM-SHA-256"), "]", "maxTimeMS",
		     BCON_INT64(time_ms), "writeConcern", "{", "w", BCON_UTF8("majority"), "}");
	bson_t roles, role;
	bool ok;

	BSON_APPEND_ARRAY_BEGIN(command, "roles", &roles);
	for (uint32_t i = 0; account->databases[i]; i++) {
		char text[16];
		const char *key;

		bson_uint32_to_string(i, &key, text, sizeof text);
		BSON_APPEND_DOCUMENT_BEGIN(&roles, key, &role);
		BSON_APPEND_UTF8(&role, "role", account->role);
		BSON_APPEND_UTF8(&role, "db", account->databases[i]);
		bson_append_document_end(&roles, &role);
	}
	bson_append_array_end(command, &roles);
	ok = mongoc_client_command_simple(client, "admin", command, NULL, NULL, error);
	bson_destroy(command);
	return ok;
}

enum err db_account_ensure(struct ctx *ctx, const struct db_account *account)
{
	int64_t left = db_time_left(ctx);
	mongoc_client_t *client;
	bson_error_t error;
	struct db_failure failure = {"updateUser", clock_mono_ms(), &error, NULL};
	enum err e = OK;

	if (left == 0)
		return ERR_TIMEOUT;
	client = slow_client(ctx, left);
	if (!client)
		return ERR_INTERNAL;
	if (!account_write(client, "updateUser", account, left, &error) &&
	    (error.code != USER_NOT_FOUND ||
	     !account_write(client, "createUser", account, left, &error)))
		e = db_failure_report(ctx, &failure);
	mongoc_client_destroy(client);
	return e;
}
