/* The lock of migrations: a document with a holder and the end of its lease. */
#include "clock.h"
#include "db.h"
#include "db_migrate_private.h"
#include "id.h"

enum {
	RENEW_MS = MIGRATION_LEASE_MS / 3,
	LONGEST_MS = 2 * MIGRATION_LEASE_MS, /* the clock of a new primary may be a little slow */
};

/* Which lock document write_lease() may replace. */
enum lock_is {
	LOCK_OWN,     /* this holder's */
	LOCK_EXPIRED, /* one whose lease has ended, or is too long: a clock was set back */
	LOCK_ABSENT,  /* none: for an upsert, which fails by its _id if another holder has one */
};

static bson_t *lock_filter(struct ctx *ctx, const bson_oid_t *holder, enum lock_is which)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(MIGRATION_LOCK_ID)));

	if (!filter)
		return NULL;
	if (which == LOCK_OWN)
		BSON_APPEND_OID(filter, "holder", holder);
	else if (which == LOCK_EXPIRED)
		BCON_APPEND(filter, "$expr", "{", "$or", "[", "{", "$lte", "[",
			    BCON_UTF8("$expires"), BCON_UTF8("$$NOW"), "]", "}", "{", "$gt", "[",
			    BCON_UTF8("$expires"), "{", "$add", "[", BCON_UTF8("$$NOW"),
			    BCON_INT64(LONGEST_MS), "]", "}", "]", "}", "]", "}");
	else
		BCON_APPEND(filter, "holder", "{", "$exists", BCON_BOOL(false), "}");
	return filter;
}

static enum err write_lease(struct migration_lock *lock, struct ctx *ctx, enum lock_is which)
{
	int64_t now = clock_mono_ms();
	const bson_t *filter = lock_filter(ctx, &lock->holder, which);
	/* By the server's clock, which all programs share. */
	const bson_t *lease =
	    ctx_bson(ctx, BCON_NEW("0", "{", "$set", "{", "holder", BCON_OID(&lock->holder),
				   "expires", "{", "$add", "[", BCON_UTF8("$$NOW"),
				   BCON_INT64(MIGRATION_LEASE_MS), "]", "}", "}", "}"));
	enum err e = ERR_NO_MEMORY;

	if (filter && lease)
		e = db_update(NULL, ctx, migration_collection, filter, lease, which == LOCK_ABSENT);
	if (!e)
		lock->taken = now;
	return e;
}

enum err migration_lock_take(struct migration_lock *lock, struct ctx *ctx)
{
	enum err e;

	id_new(&lock->holder);
	e = write_lease(lock, ctx, LOCK_EXPIRED);
	return e == ERR_NO_DOCUMENT ? write_lease(lock, ctx, LOCK_ABSENT) : e;
}

enum err migration_lock_renew(struct migration_lock *lock, struct ctx *ctx)
{
	enum err e;

	if (clock_mono_ms() - lock->taken < RENEW_MS)
		return OK;
	e = write_lease(lock, ctx, LOCK_OWN);
	return e == ERR_NO_DOCUMENT ? ERR_RETRY : e;
}

void migration_lock_release(const struct migration_lock *lock, struct ctx *ctx)
{
	const bson_t *filter = lock_filter(ctx, &lock->holder, LOCK_OWN);
	int64_t n;

	/* A failure is logged; the lease then ends by itself. */
	if (filter)
		(void)!db_delete(&n, ctx, migration_collection, filter);
}
