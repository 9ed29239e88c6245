#include "db_replica_set.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"

enum {
	LOOK_MS = 100,           /* between two looks at a member */
	WARN_MS = 2 * 1000,      /* that a member asks its stored address */
	INITIATE_MS = 10 * 1000, /* writes its first documents, on a slow disk maybe */
	ALREADY_INITIALIZED = 23,
	RECONFIGURATION_IN_PROGRESS = 109,
	HOST_SIZE = 280, /* a name and a port */
};

/* ---- asking one member ---- */

/* An address of one member, whatever state it is in, with the credentials of the set's. */
static mongoc_uri_t *member_uri(const mongoc_uri_t *set)
{
	const mongoc_host_list_t *host = mongoc_uri_get_hosts(set);
	const char *user = mongoc_uri_get_username(set);
	const char *source = mongoc_uri_get_auth_source(set);
	const char *mechanism = mongoc_uri_get_auth_mechanism(set);
	mongoc_uri_t *uri = host ? mongoc_uri_new_for_host_port(host->host, host->port) : NULL;
	bool ok;

	if (!uri)
		return NULL;
	ok = mongoc_uri_set_option_as_bool(uri, MONGOC_URI_DIRECTCONNECTION, true) &&
	     mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
					    DB_SELECTION_MS) &&
	     mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, DB_CONNECT_MS) &&
	     mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, INITIATE_MS);
	if (ok && user)
		ok = mongoc_uri_set_username(uri, user) &&
		     mongoc_uri_set_password(uri, mongoc_uri_get_password(set)) &&
		     (!source || mongoc_uri_set_auth_source(uri, source)) &&
		     (!mechanism || mongoc_uri_set_auth_mechanism(uri, mechanism));
	if (ok)
		return uri;
	mongoc_uri_destroy(uri);
	return NULL;
}

/* A connection for each question: a kept one remembers a failure for 5 s, and the old state. */
static bool ask_database(bson_t *reply, bson_error_t *error, const mongoc_uri_t *member,
			 const char *database, const bson_t *command)
{
	mongoc_client_t *client = mongoc_client_new_from_uri_with_error(member, error);
	bool ok;

	bson_init(reply);
	if (!client)
		return false;
	mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
	ok = mongoc_client_command_simple(client, database, command, NULL, reply, error);
	mongoc_client_destroy(client);
	return ok;
}

static bool ask_member(bson_t *reply, bson_error_t *error, const mongoc_uri_t *member,
		       const bson_t *command)
{
	return ask_database(reply, error, member, "admin", command);
}

static bool is_true(const bson_t *reply, const char *name)
{
	bson_iter_t it;

	return bson_iter_init_find(&it, reply, name) && bson_iter_as_bool(&it);
}

/* ---- the state of a member ---- */

/* A primary takes writes, or is known. A member that was elected a moment ago names itself before
 * it takes them. */
static bool has_primary(const bson_t *reply)
{
	return is_true(reply, "isWritablePrimary") ||
	       (is_true(reply, "secondary") && bson_has_field(reply, "primary"));
}

enum member_state { MEMBER_AWAY, MEMBER_NEW, MEMBER_WAITING, MEMBER_READY };

static enum member_state member_state(const mongoc_uri_t *member)
{
	bson_t *command = BCON_NEW("hello", BCON_INT32(1));
	enum member_state state = MEMBER_AWAY;
	bson_error_t error;
	bson_t reply;

	if (ask_member(&reply, &error, member, command)) {
		if (!bson_has_field(&reply, "setName"))
			state = MEMBER_NEW;
		else
			state = has_primary(&reply) ? MEMBER_READY : MEMBER_WAITING;
	}
	bson_destroy(&reply);
	bson_destroy(command);
	return state;
}

/* ---- its stored configuration ---- */

/* What the stored configuration says of its members. */
struct stored {
	const char *set;  /* its name */
	const char *host; /* of the first member */
	int members;
	int64_t version;
	bson_t first; /* the first member; borrows */
};

static bool stored_member(struct stored *stored, const bson_iter_t *array)
{
	const uint8_t *data;
	bson_iter_t list, host;
	uint32_t length;

	if (!BSON_ITER_HOLDS_ARRAY(array) || !bson_iter_recurse(array, &list))
		return false;
	while (bson_iter_next(&list))
		if (stored->members++ == 0 && BSON_ITER_HOLDS_DOCUMENT(&list)) {
			bson_iter_document(&list, &length, &data);
			if (!bson_init_static(&stored->first, data, length) ||
			    !bson_iter_init_find(&host, &stored->first, "host") ||
			    !BSON_ITER_HOLDS_UTF8(&host))
				return false;
			stored->host = bson_iter_utf8(&host, NULL);
		}
	return stored->host;
}

static bool stored_read(struct stored *stored, const bson_t *config)
{
	bson_iter_t id, version, members;

	*stored = (struct stored){0};
	if (!bson_iter_init_find(&id, config, "_id") || !BSON_ITER_HOLDS_UTF8(&id) ||
	    !bson_iter_init_find(&version, config, "version") ||
	    !bson_iter_init_find(&members, config, "members"))
		return false;
	stored->set = bson_iter_utf8(&id, NULL);
	stored->version = bson_iter_as_int64(&version);
	return stored_member(stored, &members);
}

/* Whether a configuration may be changed at all. */
static bool stored_is_local(const struct stored *stored, const char *set)
{
	if (strcmp(stored->set, set) != 0)
		log_event(LOG_ERROR, NULL, "replica_set.foreign stored=%s expected=%s", stored->set,
			  set);
	else if (stored->members != 1)
		log_event(LOG_ERROR, NULL, "replica_set.has_members members=%d", stored->members);
	else
		return true;
	return false;
}

static bool find_path(bson_iter_t *at, const bson_t *reply, const char *path)
{
	bson_iter_t it;

	return bson_iter_init(&it, reply) && bson_iter_find_descendant(&it, path, at);
}

/* Whether local.system.replset has a document; true where that can't be read: the member is asked
 * again. mongod may not have loaded it yet: first it contacts the address stored there, for up to
 * 32 s where a program there accepts and is silent. `host` gets that address, or "". A document is
 * read, as the collection's count is lost when the server is killed. */
static bool has_stored(char host[static HOST_SIZE], const mongoc_uri_t *member)
{
	bson_t *command = BCON_NEW("find", BCON_UTF8("system.replset"), "limit", BCON_INT32(1));
	bson_error_t error;
	bson_iter_t at;
	bson_t reply;
	bool stored = !ask_database(&reply, &error, member, "local", command) ||
		      !find_path(&at, &reply, "cursor.firstBatch") ||
		      find_path(&at, &reply, "cursor.firstBatch.0");

	*host = '\0';
	if (find_path(&at, &reply, "cursor.firstBatch.0.members.0.host") &&
	    BSON_ITER_HOLDS_UTF8(&at))
		snprintf(host, HOST_SIZE, "%s", bson_iter_utf8(&at, NULL));
	bson_destroy(&reply);
	bson_destroy(command);
	return stored;
}

/* ---- what a member is asked to change ---- */

/* A command that another caller may have sent a moment ago: `done` is the server's code for that.
 */
static enum err change_member(const mongoc_uri_t *member, const bson_t *command, uint32_t done)
{
	enum err e = OK;
	bson_error_t error;
	bson_t reply;

	if (!ask_member(&reply, &error, member, command) && error.code != done) {
		log_event(LOG_ERROR, NULL,
			  "replica_set.command_failed host=%s domain=%u code=%u reason=%s",
			  mongoc_uri_get_hosts(member)->host_and_port, error.domain, error.code,
			  error.message);
		e = ERR_INTERNAL;
	}
	bson_destroy(&reply);
	return e;
}

static enum err initiate(const mongoc_uri_t *member, const char *set)
{
	const char *host = mongoc_uri_get_hosts(member)->host_and_port;
	bson_t *command =
	    BCON_NEW("replSetInitiate", "{", "_id", BCON_UTF8(set), "members", "[", "{", "_id",
		     BCON_INT32(0), "host", BCON_UTF8(host), "}", "]", "}");
	enum err e = change_member(member, command, ALREADY_INITIALIZED);

	bson_destroy(command);
	return e;
}

/* {replSetReconfig: config with the member's host and the next version, force: true} */
static bson_t *move_command(const bson_t *config, const struct stored *stored, const char *host)
{
	bson_t *command = bson_new();
	bson_t moved, members, member;

	BSON_APPEND_DOCUMENT_BEGIN(command, "replSetReconfig", &moved);
	bson_copy_to_excluding_noinit(config, &moved, "version", "members", (char *)NULL);
	BSON_APPEND_INT64(&moved, "version", stored->version + 1);
	BSON_APPEND_ARRAY_BEGIN(&moved, "members", &members);
	BSON_APPEND_DOCUMENT_BEGIN(&members, "0", &member);
	bson_copy_to_excluding_noinit(&stored->first, &member, "host", (char *)NULL);
	BSON_APPEND_UTF8(&member, "host", host);
	bson_append_document_end(&members, &member);
	bson_append_array_end(&moved, &members);
	bson_append_document_end(command, &moved);
	BSON_APPEND_BOOL(command, "force", true);
	return command;
}

/* Gives the one member of a stored configuration the address that it has now. */
static enum err move(const mongoc_uri_t *member, const char *set, const bson_t *config)
{
	const char *host = mongoc_uri_get_hosts(member)->host_and_port;
	struct stored stored;
	bson_t *command;
	enum err e;

	if (!stored_read(&stored, config)) {
		log_event(LOG_ERROR, NULL, "replica_set.configuration_invalid");
		return ERR_INVALID;
	}
	if (!stored_is_local(&stored, set))
		return ERR_INVALID;
	/* It is only just starting. */
	if (strcmp(stored.host, host) == 0)
		return OK;
	command = move_command(config, &stored, host);
	e = change_member(member, command, RECONFIGURATION_IN_PROGRESS);
	bson_destroy(command);
	return e;
}

/* ---- a set with a primary ---- */

struct waiting {
	const mongoc_uri_t *member;
	const char *set;
	bool local;
	int64_t began;
	bool initiated; /* the member was asked to */
	bool warned;
};

/* The usual start of a member takes less. */
static void warn_of_stored(struct waiting *waiting, const char *host)
{
	if (!*host || waiting->warned || clock_mono_ms() - waiting->began < WARN_MS)
		return;
	waiting->warned = true;
	log_event(LOG_WARNING, NULL, "replica_set.waiting host=%s stored_address=%s",
		  mongoc_uri_get_hosts(waiting->member)->host_and_port, host);
}

/* `waits` is set where a stored configuration is in use, or will be in a moment. */
static enum err move_stored(bool *waits, struct waiting *waiting)
{
	bson_t *command = BCON_NEW("replSetGetConfig", BCON_INT32(1));
	char host[HOST_SIZE];
	bson_t reply, config;
	bson_error_t error;
	bson_iter_t it;
	const uint8_t *data;
	uint32_t length;
	enum err e = OK;
	bool read = ask_member(&reply, &error, waiting->member, command) &&
		    bson_iter_init_find(&it, &reply, "config") && BSON_ITER_HOLDS_DOCUMENT(&it);

	*waits = read || has_stored(host, waiting->member);
	if (read) {
		bson_iter_document(&it, &length, &data);
		e = bson_init_static(&config, data, length)
			? move(waiting->member, waiting->set, &config)
			: ERR_INTERNAL;
	} else if (*waits) {
		warn_of_stored(waiting, host);
	}
	bson_destroy(&reply);
	bson_destroy(command);
	return e;
}

/* For a member that is in no set: moves the stored configuration of a local one, else initiates a
 * new set. */
static enum err join(struct waiting *waiting)
{
	bool waits = false;
	enum err e = OK;

	if (waiting->local)
		e = move_stored(&waits, waiting);
	if (e || waits || waiting->initiated)
		return e;
	waiting->initiated = true;
	return initiate(waiting->member, waiting->set);
}

static enum err await_primary(const mongoc_uri_t *member, const char *set, bool local)
{
	struct waiting waiting = {member, set, local, .began = clock_mono_ms()};
	int64_t until = waiting.began + (local ? DB_REPLICA_SET_LOCAL_MS : DB_REPLICA_SET_MS);

	while (clock_mono_ms() < until) {
		enum member_state state = member_state(member);
		enum err e = OK;

		if (state == MEMBER_READY)
			return OK;
		if (state == MEMBER_NEW)
			e = join(&waiting);
		if (e)
			return e;
		clock_sleep_ms(LOOK_MS);
	}
	return ERR_UNAVAILABLE;
}

static enum err ensure(const char *text, bool local)
{
	mongoc_uri_t *uri, *member = NULL;
	const char *set;
	enum err e;

	db_driver_init();
	uri = mongoc_uri_new(text);
	set = uri ? mongoc_uri_get_replica_set(uri) : NULL;
	if (set)
		member = member_uri(uri);
	e = member ? await_primary(member, set, local) : ERR_INVALID;
	mongoc_uri_destroy(member);
	mongoc_uri_destroy(uri);
	return e;
}

enum err db_replica_set_ensure(const char *uri)
{
	return ensure(uri, false);
}

enum err db_replica_set_ensure_local(const char *uri)
{
	return ensure(uri, true);
}
