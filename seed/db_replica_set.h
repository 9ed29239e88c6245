/* Initiation of a replica set. */
#ifndef SEED_DB_REPLICA_SET_H
#define SEED_DB_REPLICA_SET_H

#include "err.h"

enum {
	DB_REPLICA_SET_MS = 20 * 1000,
	DB_REPLICA_SET_LOCAL_MS = 50 * 1000,
};

/*
 * Ensures that the replica set of an address has a primary. If the first host is in no set, it
 * becomes the only member of a new one. Idempotent. ERR_INVALID for an address without
 * `replicaSet`, ERR_INTERNAL if the server refuses, ERR_UNAVAILABLE if there is no primary within
 * DB_REPLICA_SET_MS.
 */
enum err db_replica_set_ensure(const char *uri) MUST_CHECK;

/*
 * The same for a server that belongs to the caller and may have moved: if its stored configuration
 * has another address, the only member gets the host and port of `uri`. The limit is
 * DB_REPLICA_SET_LOCAL_MS. ERR_INVALID, with a line in the log and without a change, if the stored
 * configuration has several members or another name.
 */
enum err db_replica_set_ensure_local(const char *uri) MUST_CHECK;

#endif
