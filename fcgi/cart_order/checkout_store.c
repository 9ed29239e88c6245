/* Checkouts in the database. Each change of state is a compare-and-set. */
#include "checkout_store.h"

#include "clock.h"
#include "db.h"
#include "group_commit.h"
#include "stock_client.h"

const char checkout_collection[] = "checkouts";

static const char *const state_names[CHECKOUT_STATES + 1] = {
    [CHECKOUT_RESERVING] = "RESERVING", [CHECKOUT_ABANDONED] = "ABANDONED",
    [CHECKOUT_COMMITTED] = "COMMITTED", [CHECKOUT_CANCELLING] = "CANCELLING",
    [CHECKOUT_CANCELLED] = "CANCELLED", [CHECKOUT_RETURNED] = "RETURNED",
};

/* The lease in ms of the process that moves a checkout into a state, to run the action itself. */
static const int64_t lease_ms[CHECKOUT_STATES] = {
    /* longer than any call takes whose process is not killed or frozen */
    [CHECKOUT_RESERVING] = STOCK_RESERVATION_MS,
    [CHECKOUT_ABANDONED] = 2000,
    [CHECKOUT_COMMITTED] = 3000,
    [CHECKOUT_CANCELLING] = 5000,
    [CHECKOUT_CANCELLED] = 2000,
};

static const struct field fields[] = {
    {FIELD(struct checkout, _id)},
    {FIELD(struct checkout, user_id)},
    {FIELD(struct checkout, state), .values = state_names},
    {FIELD(struct checkout, due)},
    {FIELD(struct checkout, items), .of = &stock_line},
    {FIELD(struct checkout, by), .optional = true},
    {FIELD(struct checkout, answered), .optional = true},
    {FIELD(struct checkout, request_id)},
    {FIELD(struct checkout, traceparent)},
    {FIELD(struct checkout, abandoned_at), .optional = true}, /* the last: see new_doc */
};
enum { CHECKOUTS_COUNTED = 100000 /* at the most */ };

static const struct shape checkout_doc = SHAPE(struct checkout, fields);
/* For inserts: without abandoned_at. */
static const struct shape new_doc = {.size = sizeof(struct checkout),
				     .fields = fields,
				     .n = sizeof fields / sizeof fields[0] - 1};

static void fill_in(struct checkout *checkout, const struct ctx *ctx, enum checkout_state state)
{
	checkout->state = state;
	checkout->due.ms = clock_now_ms() + lease_ms[state];
	checkout->request_id = ctx->request_id;
	checkout->traceparent = ctx->traceparent;
}

/* ---- open ---- */

struct opening {
	struct group_commit_job job;
	const struct checkout *checkout;
};

static void insert_all(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	const void *checkouts[GROUP_COMMIT_MAX] = {NULL};
	enum err errors[GROUP_COMMIT_MAX], e;

	for (size_t i = 0; i < n; i++)
		checkouts[i] = ((struct opening *)(void *)jobs[i])->checkout;
	e = db_insert_each(errors, ctx, checkout_collection, &new_doc, checkouts, n);
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e ? e : errors[i];
}

static struct group_commit opening_all = GROUP_COMMIT(insert_all);

enum err checkout_open(struct ctx *ctx, struct checkout *checkout)
{
	struct opening opening = {.job.ctx = ctx, .checkout = checkout};

	fill_in(checkout, ctx, CHECKOUT_RESERVING);
	return group_commit(&opening_all, &opening.job);
}

enum err checkout_to_bson(bson_t *doc, const struct checkout *checkout)
{
	return shape_to_bson(doc, &new_doc, checkout);
}

/* ---- move ---- */

static bson_t *in_state(struct ctx *ctx, const bson_oid_t *id, enum checkout_state state)
{
	return ctx_bson(ctx, BCON_NEW("_id", BCON_OID(id), "state", BCON_UTF8(state_names[state])));
}

static bson_t *set_state_and_deadline(struct ctx *ctx, enum checkout_state to, int64_t due)
{
	return ctx_bson(ctx, BCON_NEW("$set", "{", "state", BCON_UTF8(state_names[to]), "due",
				      BCON_DATE_TIME(due), "}"));
}

static bson_t *set_state(struct ctx *ctx, enum checkout_state to)
{
	return set_state_and_deadline(ctx, to, clock_now_ms() + lease_ms[to]);
}

static enum err update_one(struct ctx *ctx, const bson_t *filter, const bson_t *update)
{
	return filter && update ? db_update(NULL, ctx, checkout_collection, filter, update, false)
				: ERR_NO_MEMORY;
}

enum err checkout_move(struct ctx *ctx, const bson_oid_t *id, enum checkout_state from,
		       enum checkout_state to)
{
	return update_one(ctx, in_state(ctx, id, from), set_state(ctx, to));
}

enum err checkout_abandon(struct ctx *ctx, struct checkout *checkout)
{
	static const struct field time_fields[] = {{FIELD(struct checkout, abandoned_at)}};
	static const struct shape time_doc = SHAPE(struct checkout, time_fields);
	int64_t due = clock_now_ms() + lease_ms[CHECKOUT_ABANDONED];
	const bson_t *filter = in_state(ctx, &checkout->_id, CHECKOUT_RESERVING);
	const bson_t *update =
	    ctx_bson(ctx,
		     BCON_NEW("$set", "{", "state", BCON_UTF8(state_names[CHECKOUT_ABANDONED]),
			      "due", BCON_DATE_TIME(due), "answered", BCON_BOOL(checkout->answered),
			      "}", "$currentDate", "{", "abandoned_at", BCON_BOOL(true), "}"));
	struct checkout abandoned;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_and_get(&abandoned, ctx, checkout_collection, &time_doc, filter, update,
			      false);
	if (e)
		return e;
	checkout->state = CHECKOUT_ABANDONED;
	checkout->due.ms = due;
	checkout->abandoned_at = abandoned.abandoned_at;
	return OK;
}

enum err checkout_set_cancelled(struct ctx *ctx, struct checkout *checkout)
{
	int64_t due = clock_now_ms() + lease_ms[CHECKOUT_CANCELLED];
	enum err e = update_one(ctx, in_state(ctx, &checkout->_id, CHECKOUT_CANCELLING),
				set_state_and_deadline(ctx, CHECKOUT_CANCELLED, due));

	if (!e) {
		checkout->state = CHECKOUT_CANCELLED;
		checkout->due.ms = due;
		checkout->answered = true;
	}
	return e;
}

/* Matches a checkout in its state that was not claimed since the caller read or claimed it. */
static bson_t *unchanged(struct ctx *ctx, const struct checkout *checkout)
{
	bson_t *filter = in_state(ctx, &checkout->_id, (enum checkout_state)checkout->state);

	if (filter)
		BSON_APPEND_DATE_TIME(filter, "due", checkout->due.ms);
	return filter;
}

enum err checkout_set_returned(struct ctx *ctx, const struct checkout *checkout)
{
	int64_t due = clock_now_ms() + (checkout->answered ? 0 : STOCK_CALL_LATE_MS);

	return update_one(ctx, unchanged(ctx, checkout),
			  set_state_and_deadline(ctx, CHECKOUT_RETURNED, due));
}

enum err checkout_cancel(struct ctx *ctx, struct checkout *checkout)
{
	/* In another state, the upsert fails because the _id exists. */
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&checkout->_id), "state", "{", "$in", "[",
				   BCON_UTF8(state_names[CHECKOUT_COMMITTED]),
				   BCON_UTF8(state_names[CHECKOUT_CANCELLING]), "]", "}"));
	bson_t *update = ctx_bson(ctx, bson_new()), set;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	fill_in(checkout, ctx, CHECKOUT_CANCELLING);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
	e = checkout_to_bson(&set, checkout);
	bson_append_document_end(update, &set);
	return e ? e : db_update(NULL, ctx, checkout_collection, filter, update, true);
}

/* Those of the ids that are in a state. */
static bson_t *all_in_state(struct ctx *ctx, const bson_oid_t *ids, size_t n,
			    enum checkout_state state)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("state", BCON_UTF8(state_names[state])));

	if (filter)
		db_append_ids(filter, "_id", ids, n);
	return filter;
}

enum err checkouts_close(struct ctx *ctx, enum checkout_state state, const bson_oid_t *ids,
			 size_t n)
{
	const bson_t *filter = all_in_state(ctx, ids, n, state);
	int64_t closed;

	return filter ? db_delete(&closed, ctx, checkout_collection, filter) : ERR_NO_MEMORY;
}

enum err checkouts_commit(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	const bson_t *filter = all_in_state(ctx, ids, n, CHECKOUT_RESERVING);
	const bson_t *update = set_state(ctx, CHECKOUT_COMMITTED);
	int64_t matched;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_each(&matched, ctx, checkout_collection,
			   &(struct db_statement){filter, update, .multi = true}, 1);
	return !e && (size_t)matched < n ? ERR_NO_DOCUMENT : e;
}

enum err checkouts_end_leases(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	const bson_t *filter = all_in_state(ctx, ids, n, CHECKOUT_RESERVING);
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms()), "}"));
	int64_t matched;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	return db_update_each(&matched, ctx, checkout_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

enum err checkout_is_open(bool *open, struct ctx *ctx, const char *user_id)
{
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id), "state",
						      BCON_UTF8(state_names[CHECKOUT_RESERVING])));
	int64_t n = 0;
	enum err e = filter ? db_count(&n, ctx, checkout_collection, filter, 1) : ERR_NO_MEMORY;

	*open = n > 0;
	return e;
}

/* {state, due: {$lte: now}} */
static bson_t *expired_in_state(struct ctx *ctx, enum checkout_state state)
{
	return ctx_bson(ctx, BCON_NEW("state", BCON_UTF8(state_names[state]), "due", "{", "$lte",
				      BCON_DATE_TIME(clock_now_ms()), "}"));
}

enum err checkouts_find_expired(struct list *checkouts, struct ctx *ctx, enum checkout_state state)
{
	const bson_t *filter = expired_in_state(ctx, state);
	const bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));

	if (!filter || !oldest)
		return ERR_NO_MEMORY;
	return db_find(checkouts, ctx, checkout_collection, &checkout_doc,
		       &(struct db_query){.filter = filter,
					  .sort = oldest,
					  .limit = CHECKOUTS_READ,
					  .skip_malformed = true});
}

static enum err set_deadline(struct ctx *ctx, struct checkout *checkout, int64_t ms, bool answered)
{
	int64_t due = clock_now_ms() + ms;
	enum err e = update_one(ctx, unchanged(ctx, checkout),
				ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(due),
						       "answered", BCON_BOOL(answered), "}")));

	if (!e)
		checkout->due.ms = due;
	return e;
}

enum err checkout_claim(struct ctx *ctx, struct checkout *checkout, int64_t ms)
{
	return set_deadline(ctx, checkout, ms,
			    checkout->answered && checkout->state != CHECKOUT_CANCELLED);
}

enum err checkout_postpone(struct ctx *ctx, struct checkout *checkout, int64_t ms)
{
	return set_deadline(ctx, checkout, ms, checkout->answered);
}

enum err checkouts_postpone(struct ctx *ctx, enum checkout_state state,
			    const struct list *product_ids, int64_t ms)
{
	bson_t *filter = expired_in_state(ctx, state);
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms() + ms), "}"));
	int64_t matched;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	db_append_ids(filter, "items.product_id", product_ids->items, product_ids->n);
	return db_update_each(&matched, ctx, checkout_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

enum err checkout_exists(bool *exists, struct ctx *ctx, const bson_oid_t *id,
			 enum checkout_state state)
{
	bson_t *filter = in_state(ctx, id, state);
	int64_t n = 0;
	enum err e = filter ? db_count(&n, ctx, checkout_collection, filter, 1) : ERR_NO_MEMORY;

	*exists = n > 0;
	return e;
}

/* All but RETURNED: those wait only for the removal of their tombstones. */
static bson_t *unfinished(struct ctx *ctx)
{
	return ctx_bson(ctx, BCON_NEW("state", "{", "$ne",
				      BCON_UTF8(state_names[CHECKOUT_RETURNED]), "}"));
}

enum err checkouts_count(int64_t *n, struct ctx *ctx)
{
	const bson_t *filter = unfinished(ctx);

	return filter ? db_count(n, ctx, checkout_collection, filter, CHECKOUTS_COUNTED)
		      : ERR_NO_MEMORY;
}

/* The time is that in the order's id. */
enum err checkouts_age(int64_t *seconds, struct ctx *ctx)
{
	static const struct field id_fields[] = {{FIELD(struct checkout, _id)}};
	static const struct shape id_doc = SHAPE(struct checkout, id_fields);
	const bson_t *filter = unfinished(ctx);
	const bson_t *oldest = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));
	struct list found;
	enum err e;

	if (!filter || !oldest)
		return ERR_NO_MEMORY;
	e = db_find(
	    &found, ctx, checkout_collection, &id_doc,
	    &(struct db_query){.filter = filter, .sort = oldest, .fields = oldest, .limit = 1});
	if (e)
		return e;
	*seconds = 0;
	if (found.n) {
		const struct checkout *checkout = found.items;

		*seconds = clock_now_ms() / 1000 - bson_oid_get_time_t(&checkout->_id);
	}
	return OK;
}
