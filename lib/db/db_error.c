/* Maps errors of the driver and the server to enum err, by a table. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "db_private.h"
#include "log.h"

enum { SUDDEN_MS = 200 };

enum kind { KIND_OTHER, KIND_DUPLICATE, KIND_LATE, KIND_BUSY, KIND_AWAY };

static const enum err errors[] = {
    [KIND_OTHER] = ERR_INTERNAL,   [KIND_DUPLICATE] = ERR_DUPLICATE,
    [KIND_LATE] = ERR_TIMEOUT,     /* the server's time limit ended first */
    [KIND_BUSY] = ERR_UNAVAILABLE, /* the server answers; other operations conflict */
    [KIND_AWAY] = ERR_UNAVAILABLE, /* no server is reachable, or none is primary */
};

/* Source: MongoDB's list of error codes (src/mongo/base/error_codes.yml). */
static const struct {
	uint32_t code;
	enum kind kind;
} codes[] = {
    {11000, KIND_DUPLICATE},                 /* DuplicateKey */
    {11001, KIND_DUPLICATE},                 /* its older numbers */
    {12582, KIND_DUPLICATE}, {6, KIND_AWAY}, /* HostUnreachable */
    {7, KIND_AWAY},                          /* HostNotFound */
    {89, KIND_AWAY},                         /* NetworkTimeout */
    {91, KIND_AWAY},                         /* ShutdownInProgress */
    {189, KIND_AWAY},                        /* PrimarySteppedDown */
    {9001, KIND_AWAY},                       /* SocketException */
    {10058, KIND_AWAY},                      /* LegacyNotPrimary */
    {10107, KIND_AWAY},                      /* NotWritablePrimary */
    {11600, KIND_AWAY},                      /* InterruptedAtShutdown */
    {11602, KIND_AWAY},                      /* InterruptedDueToReplStateChange */
    {13435, KIND_AWAY},                      /* NotPrimaryNoSecondaryOk */
    {13436, KIND_AWAY},                      /* NotPrimaryOrSecondary */
    {24, KIND_LATE},                         /* LockTimeout */
    {46, KIND_BUSY},                         /* LockBusy */
    {50, KIND_LATE},                         /* MaxTimeMSExpired */
    {64, KIND_LATE},                         /* WriteConcernFailed: the majority is slow */
    {112, KIND_BUSY},                        /* WriteConflict */
    {225, KIND_BUSY},                        /* TransactionTooOld */
    {239, KIND_BUSY},                        /* SnapshotTooOld */
    {246, KIND_BUSY},                        /* SnapshotUnavailable */
    {290, KIND_LATE},                        /* TransactionExceededLifetimeLimitSeconds */
    {11601, KIND_BUSY},                      /* Interrupted */
    {251, KIND_BUSY},                        /* NoSuchTransaction: the server aborted it */
    {262, KIND_LATE},                        /* ExceededTimeLimit */
};

/* The table applies to codes of the server only: in other domains they mean something else. */
static enum kind kind_of(const bson_error_t *error)
{
	if (error->domain == MONGOC_ERROR_STREAM || error->domain == MONGOC_ERROR_SERVER_SELECTION)
		return KIND_AWAY;
	/* The connection broke while the driver authenticated, or the password is wrong. */
	if (error->domain == MONGOC_ERROR_CLIENT && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE)
		return KIND_AWAY;
	if (error->domain != MONGOC_ERROR_SERVER && error->domain != MONGOC_ERROR_WRITE_CONCERN)
		return KIND_OTHER;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (codes[i].code == error->code)
			return codes[i].kind;
	}
	return KIND_OTHER;
}

bool db_failure_is_away(const struct db_failure *failure)
{
	return kind_of(failure->error) == KIND_AWAY;
}

bool db_failure_is_sudden(const struct db_failure *failure)
{
	return clock_mono_ms() - failure->started <= SUDDEN_MS;
}

/* A server's message may quote the document, so the log has only the part before the first bracket
 * or quotation mark. */
static void log_failure(enum log_level level, const struct ctx *ctx,
			const struct db_failure *failure)
{
	const bson_error_t *error = failure->error;

	log_event(level, ctx,
		  "database.operation_failed operation=%s domain=%u code=%u reason=%.*s",
		  failure->operation, error->domain, error->code,
		  (int)strcspn(error->message, "{[\"'"), error->message);
}

enum err db_failure_report(struct ctx *ctx, const struct db_failure *failure)
{
	static const struct {
		const char *name;
		enum db_label label;
	} labels[] = {
	    {"TransientTransactionError", DB_LABEL_TRANSIENT},
	    {"UnknownTransactionCommitResult", DB_LABEL_UNKNOWN_COMMIT},
	};
	enum kind kind = kind_of(failure->error);

	ctx->db_labels = 0;
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		if (ctx->session && failure->reply &&
		    mongoc_error_has_label(failure->reply, labels[i].name))
			ctx->db_labels |= labels[i].label;
	}
	if (kind == KIND_AWAY && db_failure_is_sudden(failure))
		circuit_breaker_check(ctx->db->breaker);
	else if (kind == KIND_AWAY)
		circuit_breaker_trip(ctx->db->breaker, failure->error->message);
	else if (kind == KIND_OTHER)
		log_failure(LOG_ERROR, ctx, failure);
	else if ((kind == KIND_BUSY || kind == KIND_LATE) && !ctx->db_labels)
		log_failure(LOG_WARNING, ctx, failure);
	return errors[kind];
}

/* ---- ids in the log ---- */

const char *db_log_id(char text[static DB_LOG_ID_SIZE], const bson_t *doc)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	bson_iter_t it;
	const char *id;
	uint32_t len;

	if (!bson_iter_init_find(&it, doc, "_id"))
		return "(no ObjectId)";
	if (BSON_ITER_HOLDS_OID(&it)) {
		bson_oid_to_string(bson_iter_oid(&it), text);
		return text;
	}
	if (!BSON_ITER_HOLDS_UTF8(&it))
		return "(no ObjectId)";
	id = bson_iter_utf8(&it, &len);
	if (!len || strspn(id, plain) != len)
		return "(a text that isn't logged)";
	snprintf(text, DB_LOG_ID_SIZE, "%s", id);
	return text;
}
