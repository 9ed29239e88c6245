#include "checkout_store.h"

#include "clock.h"
#include "combine.h"
#include "db.h"
#include "stock_client.h"

const char checkout_collection[] = "checkouts";

static const char *const words[CHECKOUT_STATES + 1] = {
    [CHECKOUT_RESERVING] = "RESERVING", [CHECKOUT_ABANDONED] = "ABANDONED",
    [CHECKOUT_COMMITTED] = "COMMITTED", [CHECKOUT_CANCELLING] = "CANCELLING",
    [CHECKOUT_CANCELLED] = "CANCELLED",
};

/* The lease of who puts a checkout into a state: time in ms to do himself what is to be done. */
static const int64_t lease_ms[CHECKOUT_STATES] = {
    [CHECKOUT_RESERVING] = 6000, /* longer than any call takes that wasn't killed or frozen */
    [CHECKOUT_ABANDONED] = 2000,  [CHECKOUT_COMMITTED] = 3000,
    [CHECKOUT_CANCELLING] = 5000, [CHECKOUT_CANCELLED] = 2000,
};

static const struct field fields[] = {
    {FIELD(struct checkout, _id)},
    {FIELD(struct checkout, user_id)},
    {FIELD(struct checkout, state), .words = words},
    {FIELD(struct checkout, due)},
    {FIELD(struct checkout, items), .of = &stock_line},
    {FIELD(struct checkout, by), .optional = true},
    {FIELD(struct checkout, request_id)},
    {FIELD(struct checkout, traceparent)},
};
enum { CHECKOUTS_COUNTED = 100000 }; /* at the most */

static const struct shape checkout_doc = SHAPE(struct checkout, fields);

static void fill_in(struct checkout *checkout, const struct ctx *ctx, enum checkout_state state)
{
	checkout->state = state;
	checkout->due.ms = clock_now_ms() + lease_ms[state];
	checkout->request_id = ctx->request_id;
	checkout->traceparent = ctx->traceparent;
}

/* ---- open ---- */

struct opening {
	struct combine_job job;
	const struct checkout *checkout;
};

static void insert_all(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	const void *checkouts[COMBINE_MAX] = {NULL};
	enum err errors[COMBINE_MAX], e;

	for (size_t i = 0; i < n; i++)
		checkouts[i] = ((struct opening *)(void *)jobs[i])->checkout;
	e = db_insert_each(errors, ctx, checkout_collection, &checkout_doc, checkouts, n);
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e ? e : errors[i];
}

static struct combiner opening_all = COMBINER(insert_all);

enum err checkout_open(struct ctx *ctx, struct checkout *checkout)
{
	struct opening opening = {.job.ctx = ctx, .checkout = checkout};

	fill_in(checkout, ctx, CHECKOUT_RESERVING);
	return combine(&opening_all, &opening.job);
}

/* ---- move ---- */

static bson_t *in_state(struct ctx *ctx, const bson_oid_t *id, enum checkout_state state)
{
	return ctx_bson(ctx, BCON_NEW("_id", BCON_OID(id), "state", BCON_UTF8(words[state])));
}

static bson_t *set_state(struct ctx *ctx, enum checkout_state to)
{
	return ctx_bson(ctx, BCON_NEW("$set", "{", "state", BCON_UTF8(words[to]), "due",
				      BCON_DATE_TIME(clock_now_ms() + lease_ms[to]), "}"));
}

enum err checkout_move(struct ctx *ctx, const bson_oid_t *id, enum checkout_state from,
		       enum checkout_state to)
{
	bson_t *filter = in_state(ctx, id, from);
	bson_t *update = set_state(ctx, to);

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	return db_update(NULL, ctx, checkout_collection, filter, update, false);
}

enum err checkout_cancel(struct ctx *ctx, struct checkout *checkout)
{
	/* In another state there is one with this _id, which the upsert meets. */
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&checkout->_id), "state", "{",
						"$in", "[", BCON_UTF8(words[CHECKOUT_COMMITTED]),
						BCON_UTF8(words[CHECKOUT_CANCELLING]), "]", "}"));
	bson_t *update = ctx_bson(ctx, bson_new()), set;
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	fill_in(checkout, ctx, CHECKOUT_CANCELLING);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
	e = shape_to_bson(&set, &checkout_doc, checkout);
	bson_append_document_end(update, &set);
	return e ? e : db_update(NULL, ctx, checkout_collection, filter, update, true);
}

/* Those of the ids that are in a state. */
static bson_t *all_in_state(struct ctx *ctx, const bson_oid_t *ids, size_t n,
			    enum checkout_state state)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("state", BCON_UTF8(words[state])));

	if (filter)
		db_append_ids(filter, "_id", ids, n);
	return filter;
}

enum err checkouts_close(struct ctx *ctx, enum checkout_state state, const bson_oid_t *ids,
			 size_t n)
{
	const bson_t *filter = all_in_state(ctx, ids, n, state);
	int64_t closed;

	return filter ? db_delete(&closed, ctx, checkout_collection, filter) : ERR_UNAVAILABLE;
}

enum err checkouts_commit(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	const bson_t *filter = all_in_state(ctx, ids, n, CHECKOUT_RESERVING);
	const bson_t *update = set_state(ctx, CHECKOUT_COMMITTED);
	int64_t matched;
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
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
		return ERR_UNAVAILABLE;
	return db_update_each(&matched, ctx, checkout_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

enum err checkout_is_open(bool *open, struct ctx *ctx, const char *user_id)
{
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id), "state",
						      BCON_UTF8(words[CHECKOUT_RESERVING])));
	int64_t n = 0;
	enum err e = filter ? db_count(&n, ctx, checkout_collection, filter, 1) : ERR_UNAVAILABLE;

	*open = n > 0;
	return e;
}

enum err checkouts_due(struct list *checkouts, struct ctx *ctx, enum checkout_state state)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("state", BCON_UTF8(words[state]), "due", "{",
						"$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));

	if (!filter || !oldest)
		return ERR_UNAVAILABLE;
	return db_find(checkouts, ctx, checkout_collection, &checkout_doc,
		       &(struct db_query){.filter = filter,
					  .sort = oldest,
					  .limit = CHECKOUTS_READ,
					  .skip_malformed = true});
}

enum err checkout_put_off(struct ctx *ctx, struct checkout *checkout, int64_t ms)
{
	int64_t due = clock_now_ms() + ms;
	bson_t *filter = in_state(ctx, &checkout->_id, (enum checkout_state)checkout->state);
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(due), "}"));
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	BSON_APPEND_DATE_TIME(filter, "due", checkout->due.ms);
	e = db_update(NULL, ctx, checkout_collection, filter, update, false);
	if (!e)
		checkout->due.ms = due;
	return e;
}

enum err checkout_stands(bool *stands, struct ctx *ctx, const bson_oid_t *id,
			 enum checkout_state state)
{
	bson_t *filter = in_state(ctx, id, state);
	int64_t n = 0;
	enum err e = filter ? db_count(&n, ctx, checkout_collection, filter, 1) : ERR_UNAVAILABLE;

	*stands = n > 0;
	return e;
}

enum err checkouts_count(int64_t *n, struct ctx *ctx)
{
	bson_t *all = ctx_bson(ctx, bson_new());

	return all ? db_count(n, ctx, checkout_collection, all, CHECKOUTS_COUNTED)
		   : ERR_UNAVAILABLE;
}

/* An order's id tells when it was made. */
enum err checkouts_age(int64_t *seconds, struct ctx *ctx)
{
	static const struct field id_fields[] = {{FIELD(struct checkout, _id)}};
	static const struct shape id_doc = SHAPE(struct checkout, id_fields);
	bson_t *all = ctx_bson(ctx, bson_new());
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));
	struct list found;
	enum err e;

	if (!all || !oldest)
		return ERR_UNAVAILABLE;
	e = db_find(
	    &found, ctx, checkout_collection, &id_doc,
	    &(struct db_query){.filter = all, .sort = oldest, .fields = oldest, .limit = 1});
	if (e)
		return e;
	*seconds = 0;
	if (found.n) {
		const struct checkout *checkout = found.items;

		*seconds = clock_now_ms() / 1000 - bson_oid_get_time_t(&checkout->_id);
	}
	return OK;
}
