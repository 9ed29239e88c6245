#include "migrations.h"

/* Up to 2026-11-23 logins were counted by minute and address: {_id: "MINUTE ADDRESS", n, at}.
 * Nothing reads such a counter, and its index, which removed it by `at`, is not in the seed's table
 * any more: with `until` it is removed by the index of today's counters. */
static enum err end_old_attempts(struct migration_change *change, struct ctx *ctx,
				 const bson_t *doc)
{
	bson_iter_t at;

	(void)ctx;
	if (bson_has_field(doc, "until") || !bson_iter_init_find(&at, doc, "at") ||
	    !BSON_ITER_HOLDS_DATE_TIME(&at))
		return OK;
	BCON_APPEND(change->update, "$set", "{", "until", BCON_DATE_TIME(bson_iter_date_time(&at)),
		    "}");
	return OK;
}

static const struct migration rows[] = {
    {"2026-11-login-attempts", "login_attempts", "{\"at\": 1, \"until\": 1}", end_old_attempts},
};
const struct migrations user_migrations = MIGRATIONS(rows);
