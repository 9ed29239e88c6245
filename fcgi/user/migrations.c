/* Migrations of documents that older versions wrote to user_db. */
#include "migrations.h"

#include <string.h>

#include "email.h"

/* Versions until 2026-11-23 counted logins by minute and address: {_id: "MINUTE ADDRESS", n, at}.
 * No code reads these counters, and no index expires documents by `at`. The present index expires
 * them by `until`. */
static enum err expire_old_attempts(struct migration_change *change, struct ctx *ctx,
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

/* Stores addresses in the form of email_form(), by which they are found. If two accounts have the
 * same form, one of them keeps its old address: it is reported, and its user can't log in until an
 * operator changes the address, since the program can't know who owns the mailbox. */
static enum err normalize_email(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
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
    {"2026-11-login-attempts", "login_attempts", "{\"at\": 1, \"until\": 1}", expire_old_attempts},
    {"2026-11-email-form", "users", "{\"email\": 1}", normalize_email},
};
const struct migrations user_migrations = MIGRATIONS(rows);
