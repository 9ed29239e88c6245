/* What older versions wrote to user_db, and how it gets the form of today. */
#include "migrations.h"

#include <string.h>

#include "email.h"

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

/* Addresses are stored as email_form() makes them, and found by that form alone. Where two accounts
 * have the same form, one of them keeps its old address, is listed, and can't log in until somebody
 * has given it another: who owns the mailbox is not known here. */
static enum err give_email_its_form(struct migration_change *change, struct ctx *ctx,
				    const bson_t *doc)
{
	const char *email, *formed;
	bson_iter_t it;
	enum err e;

	if (!bson_iter_init_find(&it, doc, "email") || !BSON_ITER_HOLDS_UTF8(&it))
		return OK;
	email = bson_iter_utf8(&it, NULL);
	e = email_form(&formed, ctx->arena, email);
	if (e == ERR_INVALID)
		change->left = "its address is no text";
	if (e)
		return e == ERR_INVALID ? OK : e;
	if (strcmp(formed, email) == 0)
		return OK;
	BCON_APPEND(change->filter, "email", BCON_UTF8(email));
	BCON_APPEND(change->update, "$set", "{", "email", BCON_UTF8(formed), "}");
	return OK;
}

static const struct migration rows[] = {
    {"2026-11-login-attempts", "login_attempts", "{\"at\": 1, \"until\": 1}", end_old_attempts},
    {"2026-11-email-form", "users", "{\"email\": 1}", give_email_its_form},
};
const struct migrations user_migrations = MIGRATIONS(rows);
