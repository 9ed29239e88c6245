/* Migrations of documents in cart_db that older versions wrote. */
#include "migrations.h"

#include "checkout_store.h"
#include "clock.h"

static const char *text_of(const bson_t *doc, const char *name)
{
	bson_iter_t it;

	return bson_iter_init_find(&it, doc, name) && BSON_ITER_HOLDS_UTF8(&it)
		   ? bson_iter_utf8(&it, NULL)
		   : NULL;
}

/* Until 2026-11-22 an order that was not dispatched yet had a document in the collection outbox,
 * {_id: its id, user_id, due, request_id, traceparent}. Now it has a checkout, whose lines are
 * needed only where stock is returned. */
static enum err checkout_from_outbox(struct migration_change *change, struct ctx *ctx,
				     const bson_t *doc)
{
	struct checkout checkout = {.user_id = text_of(doc, "user_id"),
				    .state = CHECKOUT_COMMITTED,
				    .request_id = text_of(doc, "request_id"),
				    .traceparent = text_of(doc, "traceparent")};
	bson_iter_t id;
	bson_t set;
	enum err e;

	(void)ctx;
	if (!bson_iter_init_find(&id, doc, "_id") || !BSON_ITER_HOLDS_OID(&id) ||
	    !checkout.user_id || !checkout.request_id || !checkout.traceparent) {
		change->left = "it has no order id, user_id, request_id or traceparent";
		return OK;
	}
	bson_oid_copy(bson_iter_oid(&id), &checkout._id);
	checkout.due.ms = clock_now_ms();
	BSON_APPEND_DOCUMENT_BEGIN(change->update, "$setOnInsert", &set);
	e = checkout_to_bson(&set, &checkout);
	bson_append_document_end(change->update, &set);
	return e;
}

static const struct migration rows[] = {
    {"2026-11-outbox", "outbox", "{}", checkout_from_outbox, .into = "checkouts"},
};
const struct migrations cart_order_migrations = MIGRATIONS(rows);
