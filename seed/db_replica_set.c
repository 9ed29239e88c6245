#include "db_replica_set.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"

enum {
	POLL_MS = 100,           /* between two polls of a member */
	WARN_MS = 2 * 1000,      /* after which a wait for the stored address is logged */
	INITIATE_MS = 10 * 1000, /* for writing the first documents, even on a slow disk */
	ALREADY_INITIALIZED = 23,
	RECONFIGURATION_IN_PROGRESS = 109,
	HOST_SIZE = 280, /* a name and a port */
};

/* ---- commands to one member ---- */

/* Runs a command on a new connection: an existing one would cache the member's state, and a failure
 * for 5 s. */
static bool run_command(bson_t *reply, bson_error_t *error, const mongoc_uri_t *member,
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

static bool run_admin_command(bson_t *reply, bson_error_t *error, const mongoc_uri_t *member,
			      const bson_t *command)
{
	return run_command(reply, error, member, "admin", command);
}

static bool is_true(const bson_t *reply, const char *name)
{
	bson_iter_t it;

	return bson_iter_init_find(&it, reply, name) && bson_iter_as_bool(&it);
}

/* ---- the state of a member ---- */

/* MEMBER_NEW: in no set. MEMBER_READY: the set has a primary. */
enum member_state { MEMBER_AWAY, MEMBER_NEW, MEMBER_WAITING, MEMBER_READY };

static enum member_state member_state(const mongoc_uri_t *member)
{
	bson_t *command = BCON_NEW("hello", BCON_INT32(1));
	enum member_state state = MEMBER_AWAY;
	bson_error_t error;
	bson_t reply;

	if (run_admin_command(&reply, &error, member, command)) {
		/* A newly elected member names itself as primary before it accepts writes. */
		if (!bson_has_field(&reply, "setName"))
			state = MEMBER_NEW;
		else if (is_true(&reply, "isWritablePrimary") ||
			 (is_true(&reply, "secondary") && bson_has_field(&reply, "primary")))
			state = MEMBER_READY;
		else
			state = MEMBER_WAITING;
	}
	bson_destroy(&reply);
	bson_destroy(command);
	return state;
}

/* ---- the stored configuration ---- */

struct stored {
	const char *set;  /* name of the set */
	const char *host; /* address of the first member */
	int members;
	int64_t version;
	bson_t first; /* the first member; borrowed, as the texts */
};

/* False if the configuration is malformed. */
static bool stored_read(struct stored *stored, const bson_t *config)
{
	bson_iter_t id, version, members, item, host;
	const uint8_t *data;
	uint32_t length;

	*stored = (struct stored){0};
	if (!bson_iter_init_find(&id, config, "_id") || !BSON_ITER_HOLDS_UTF8(&id) ||
	    !bson_iter_init_find(&version, config, "version") ||
	    !bson_iter_init_find(&members, config, "members") || !BSON_ITER_HOLDS_ARRAY(&members) ||
	    !bson_iter_recurse(&members, &item))
		return false;
	stored->set = bson_iter_utf8(&id, NULL);
	stored->version = bson_iter_as_int64(&version);
	while (bson_iter_next(&item)) {
		if (stored->members++ || !BSON_ITER_HOLDS_DOCUMENT(&item))
			continue;
		bson_iter_document(&item, &length, &data);
		if (!bson_init_static(&stored->first, data, length) ||
		    !bson_iter_init_find(&host, &stored->first, "host") ||
		    !BSON_ITER_HOLDS_UTF8(&host))
			return false;
		stored->host = bson_iter_utf8(&host, NULL);
	}
	return stored->host;
}

static bool find_path(bson_iter_t *at, const bson_t *reply, const char *path)
{
	bson_iter_t it;

	return bson_iter_init(&it, reply) && bson_iter_find_descendant(&it, path, at);
}

/*
 * Whether local.system.replset has a document; also true if it can't be read, so that the member is
 * polled again. mongod may not have loaded the document yet: it first contacts the address in it,
 * for up to 32 s if a program accepts connections there without responding. `host` gets that
 * address, or "". The function reads a document because a killed server loses the collection's
 * count.
 */
static bool has_stored(char host[static HOST_SIZE], const mongoc_uri_t *member)
{
	bson_t *command = BCON_NEW("find", BCON_UTF8("system.replset"), "limit", BCON_INT32(1));
	bson_error_t error;
	bson_iter_t at;
	bson_t reply;
	bool stored = !run_command(&reply, &error, member, "local", command) ||
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

/* ---- changes of a member ---- */

/* Runs a command that another caller may have run just before: `done` is the server's code for
 * that. */
static enum err change_member(const mongoc_uri_t *member, const bson_t *command, uint32_t done)
{
	enum err e = OK;
	bson_error_t error;
	bson_t reply;

	if (!run_admin_command(&reply, &error, member, command) && error.code != done) {
		log_event(LOG_ERROR, NULL,
			  "replica_set.command_failed host=%s domain=%u code=%u reason=%s",
			  mongoc_uri_get_hosts(member)->host_and_port, error.domain, error.code,
			  error.message);
		e = ERR_INTERNAL;
	}
	bson_destroy(&reply);
	return e;
}

/* Sets the address of the only member of a stored configuration to its current one. */
static enum err move(const mongoc_uri_t *member, const char *set, const bson_t *config)
{
	const char *host = mongoc_uri_get_hosts(member)->host_and_port;
	bson_t *command, moved, members, only;
	struct stored stored;
	enum err e;

	if (!stored_read(&stored, config)) {
		log_event(LOG_ERROR, NULL, "replica_set.configuration_invalid");
		return ERR_INVALID;
	}
	if (strcmp(stored.set, set) != 0) {
		log_event(LOG_ERROR, NULL, "replica_set.foreign stored=%s expected=%s", stored.set,
			  set);
		return ERR_INVALID;
	}
	if (stored.members != 1) {
		log_event(LOG_ERROR, NULL, "replica_set.has_members members=%d", stored.members);
		return ERR_INVALID;
	}
	/* The address is current: the member is still starting. */
	if (strcmp(stored.host, host) == 0)
		return OK;
	/* {replSetReconfig: config with the member's host and the next version, force: true} */
	command = bson_new();
	BSON_APPEND_DOCUMENT_BEGIN(command, "replSetReconfig", &moved);
	bson_copy_to_excluding_noinit(config, &moved, "version", "members", (char *)NULL);
	BSON_APPEND_INT64(&moved, "version", stored.version + 1);
	BSON_APPEND_ARRAY_BEGIN(&moved, "members", &members);
	BSON_APPEND_DOCUMENT_BEGIN(&members, "0", &only);
	bson_copy_to_excluding_noinit(&stored.first, &only, "host", (char *)NULL);
	BSON_APPEND_UTF8(&only, "host", host);
	bson_append_document_end(&members, &only);
	bson_append_array_end(&moved, &members);
	bson_append_document_end(command, &moved);
	BSON_APPEND_BOOL(command, "force", true);
	e = change_member(member, command, RECONFIGURATION_IN_PROGRESS);
	bson_destroy(command);
	return e;
}

/* ---- waiting for a primary ---- */

struct waiting {
	const mongoc_uri_t *member;
	const char *set;
	int64_t began; /* clock_mono_ms() */
	bool warned;
};

/* Moves a stored configuration. `*waits`: there is one, which the member uses or will load soon. */
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
	bool read = run_admin_command(&reply, &error, waiting->member, command) &&
		    bson_iter_init_find(&it, &reply, "config") && BSON_ITER_HOLDS_DOCUMENT(&it);

	*waits = read || has_stored(host, waiting->member);
	if (read) {
		bson_iter_document(&it, &length, &data);
		e = bson_init_static(&config, data, length)
			? move(waiting->member, waiting->set, &config)
			: ERR_INTERNAL;
	} else if (*waits && *host && !waiting->warned &&
		   clock_mono_ms() - waiting->began >= WARN_MS) {
		waiting->warned = true;
		log_event(LOG_WARNING, NULL, "replica_set.waiting host=%s stored_address=%s",
			  mongoc_uri_get_hosts(waiting->member)->host_and_port, host);
	}
	bson_destroy(&reply);
	bson_destroy(command);
	return e;
}

static enum err await_primary(const mongoc_uri_t *member, const char *set, bool local)
{
	const char *host = mongoc_uri_get_hosts(member)->host_and_port;
	struct waiting waiting = {member, set, .began = clock_mono_ms()};
	bool initiated = false;
	int64_t until = waiting.began + (local ? DB_REPLICA_SET_LOCAL_MS : DB_REPLICA_SET_MS);

	while (clock_mono_ms() < until) {
		enum member_state state = member_state(member);
		bool waits = false;
		bson_t *command;
		enum err e = OK;

		if (state == MEMBER_READY)
			return OK;
		/* A member without a set joins its stored one, or a new one. */
		if (state == MEMBER_NEW && local)
			e = move_stored(&waits, &waiting);
		if (state == MEMBER_NEW && !e && !waits && !initiated) {
			command = BCON_NEW("replSetInitiate", "{", "_id", BCON_UTF8(set), "members",
					   "[", "{", "_id", BCON_INT32(0), "host", BCON_UTF8(host),
					   "}", "]", "}");
			e = change_member(member, command, ALREADY_INITIALIZED);
			bson_destroy(command);
			initiated = true;
		}
		if (e)
			return e;
		clock_sleep_ms(POLL_MS);
	}
	return ERR_UNAVAILABLE;
}

static enum err ensure(const char *text, bool local)
{
	mongoc_uri_t *set, *member = NULL;
	const mongoc_host_list_t *host = NULL;
	const char *name, *user, *source, *mechanism;
	enum err e = ERR_INVALID;
	bool ok;

	db_driver_init();
	set = mongoc_uri_new(text);
	name = set ? mongoc_uri_get_replica_set(set) : NULL;
	if (name)
		host = mongoc_uri_get_hosts(set);
	if (host)
		member = mongoc_uri_new_for_host_port(host->host, host->port);
	/* The first member, for a direct connection in any state, with the set's credentials. */
	ok = member && mongoc_uri_set_option_as_bool(member, MONGOC_URI_DIRECTCONNECTION, true) &&
	     mongoc_uri_set_option_as_int32(member, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
					    DB_SELECTION_MS) &&
	     mongoc_uri_set_option_as_int32(member, MONGOC_URI_CONNECTTIMEOUTMS, DB_CONNECT_MS) &&
	     mongoc_uri_set_option_as_int32(member, MONGOC_URI_SOCKETTIMEOUTMS, INITIATE_MS);
	user = ok ? mongoc_uri_get_username(set) : NULL;
	if (user) {
		source = mongoc_uri_get_auth_source(set);
		mechanism = mongoc_uri_get_auth_mechanism(set);
		ok = mongoc_uri_set_username(member, user) &&
		     mongoc_uri_set_password(member, mongoc_uri_get_password(set)) &&
		     (!source || mongoc_uri_set_auth_source(member, source)) &&
		     (!mechanism || mongoc_uri_set_auth_mechanism(member, mechanism));
	}
	if (ok)
		e = await_primary(member, name, local);
	mongoc_uri_destroy(member);
	mongoc_uri_destroy(set);
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
