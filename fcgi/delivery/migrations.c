/* Migrations of documents that older versions wrote to delivery_db. */
#include "migrations.h"

#include <string.h>

#include "clock.h"
#include "shape.h"
#include "transitions.h"

static void append_entry(bson_t *history, const char *key, const char *status, int64_t at)
{
	BCON_APPEND(history, key, "{", "status", BCON_UTF8(status), "at", BCON_DATE_TIME(at), "by",
		    BCON_UTF8("service"), "}");
}

/* Completes a document of versions until 2026-11-22, {_id, order_id, user_id?, status,
 * last_updated}: adds created_at, a history of the creation and the present status, and the
 * simulator's deadline. The list of deliveries ends at a document without created_at, and the
 * simulator finds none without a deadline. */
static enum err complete_record(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	const char *placed = order_status_names[STATUS_PLACED], *name;
	enum order_status status;
	bson_iter_t id, word, last;
	bson_t set, history;
	int64_t created;

	(void)ctx;
	if (bson_has_field(doc, "created_at"))
		return OK;
	if (!bson_iter_init_find(&id, doc, "_id") || !BSON_ITER_HOLDS_OID(&id) ||
	    !bson_iter_init_find(&word, doc, "status") || !BSON_ITER_HOLDS_UTF8(&word) ||
	    !bson_iter_init_find(&last, doc, "last_updated") || !BSON_ITER_HOLDS_DATE_TIME(&last)) {
		change->left = "it has no status, last_updated or ObjectId";
		return OK;
	}
	created = (int64_t)bson_oid_get_time_t(bson_iter_oid(&id)) * 1000;
	name = bson_iter_utf8(&word, NULL);
	status = order_status_parse(name);
	BCON_APPEND(change->filter, "created_at", "{", "$exists", BCON_BOOL(false), "}", "status",
		    BCON_UTF8(name));
	BSON_APPEND_DOCUMENT_BEGIN(change->update, "$set", &set);
	BSON_APPEND_DATE_TIME(&set, "created_at", created);
	if (!bson_has_field(doc, "history")) {
		BSON_APPEND_ARRAY_BEGIN(&set, "history", &history);
		append_entry(&history, "0", placed, created);
		if (strcmp(name, placed) != 0)
			append_entry(&history, "1", name, bson_iter_date_time(&last));
		bson_append_array_end(&set, &history);
	}
	if (status != STATUS_COUNT && !status_is_end(status) && !bson_has_field(doc, "due"))
		BSON_APPEND_DATE_TIME(&set, "due", clock_now_ms());
	bson_append_document_end(change->update, &set);
	return OK;
}

static const struct migration rows[] = {
    {"2026-11-delivery-history", "order_status",
     "{\"created_at\": 1, \"history\": 1, \"due\": 1, \"status\": 1, \"last_updated\": 1}",
     complete_record},
};
const struct migrations delivery_migrations = MIGRATIONS(rows);
