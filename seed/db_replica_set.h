/* The replica set of a database, before it serves. */
#ifndef SEED_DB_REPLICA_SET_H
#define SEED_DB_REPLICA_SET_H

#include "err.h"

enum {
	DB_REPLICA_SET_MS = 20 * 1000,
	DB_REPLICA_SET_LOCAL_MS = 50 * 1000,
};

/*
 * Sees to it that the replica set that an address names has a primary: asks its first host, which
 * becomes the set's one member if it belongs to none yet. Harmless when repeated. ERR_INVALID for
 * an address without `replicaSet`; ERR_INTERNAL where the server refuses; ERR_UNAVAILABLE where
 * there is no primary within DB_REPLICA_SET_MS.
 */
enum err db_replica_set_ensure(const char *uri) MUST_CHECK;

/*
 * The same for a server that is the caller's own, and whose address may be another than the one in
 * its stored configuration: the one member gets the host and port of `uri`. ERR_INVALID, and a line
 * in the log, where the stored configuration has several members or another name: it is changed in
 * no such case.
 */
enum err db_replica_set_ensure_local(const char *uri) MUST_CHECK;

#endif
