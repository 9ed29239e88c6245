/* Counters of failed logins in the database. */
#include "attempt_store.h"

#include <string.h>

#include "clock.h"
#include "db.h"

static const char collection[] = "login_attempts";

struct counter {
	const char *_id;
	int64_t n;
	struct timestamp until; /* end of the window */
	bool reserved;          /* whether the last call of attempt_reserve() counted its attempt */
};

static const struct field counter_fields[] = {
    {FIELD(struct counter, _id)},
    {FIELD(struct counter, n)},
    {FIELD(struct counter, until)},
    {FIELD(struct counter, reserved)},
};
static const struct shape counter_doc = SHAPE(struct counter, counter_fields);

/* ---- reading ---- */

enum err attempts_read(int64_t *wait_ms, struct ctx *ctx, const struct attempt *attempts, size_t n)
{
	const char **ids = arena_array(ctx->arena, n, sizeof *ids);
	bson_t *filter = ctx_bson(ctx, bson_new());
	struct list found;
	enum err e;

	if (!ids || !filter)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		ids[i] = attempts[i].id;
	db_append_texts(filter, "_id", ids, n);
	e = db_find(&found, ctx, collection, &counter_doc,
		    &(struct db_query){.filter = filter, .limit = n});
	if (e)
		return e;
	for (size_t i = 0; i < n; i++) {
		wait_ms[i] = 0;
		for (size_t j = 0; j < found.n; j++) {
			const struct counter *counter = (const struct counter *)found.items + j;
			int64_t left = counter->until.ms - clock_now_ms();

			if (strcmp(counter->_id, attempts[i].id) == 0 &&
			    counter->n >= attempts[i].max_attempts && left > 0)
				wait_ms[i] = left;
		}
	}
	return OK;
}

/* ---- writing ---- */

#define IS_OPEN(now)  "{", "$gt", "[", BCON_UTF8("$until"), BCON_DATE_TIME(now), "]", "}"
#define HAS_ROOM(max) "{", "$lt", "[", BCON_UTF8("$n"), BCON_INT64(max), "]", "}"

/*
 * The update that reserves an attempt. In an open window it counts one more if there is room, and
 * else changes nothing. After the window it begins a new one. All expressions read the document as
 * it was before the update.
 */
static bson_t *reservation(const struct attempt *attempt, int64_t now)
{
	/* clang-format off */
	return BCON_NEW("0", "{", "$set", "{",
		"reserved", "{", "$cond", "[",
			IS_OPEN(now), HAS_ROOM(attempt->max_attempts), BCON_BOOL(true), "]", "}",
		"n", "{", "$cond", "[",
			IS_OPEN(now),
			"{", "$cond", "[", HAS_ROOM(attempt->max_attempts),
				"{", "$add", "[", BCON_UTF8("$n"), BCON_INT64(1), "]", "}",
				BCON_UTF8("$n"), "]", "}",
			BCON_INT64(1), "]", "}",
		"until", "{", "$cond", "[",
			IS_OPEN(now), BCON_UTF8("$until"),
			BCON_DATE_TIME(now + attempt->window_ms), "]", "}",
		"}", "}");
	/* clang-format on */
}

enum err attempt_reserve(int64_t *wait_ms, struct ctx *ctx, struct attempt *attempt)
{
	int64_t now = clock_now_ms();
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(attempt->id)));
	bson_t *update = ctx_bson(ctx, reservation(attempt, now));
	struct counter counter;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_and_get_volatile(&counter, ctx, collection, &counter_doc, filter, update,
				       true);
	if (e)
		return e;
	attempt->until_ms = counter.until.ms;
	*wait_ms = counter.reserved ? 0 : counter.until.ms - now;
	return OK;
}

enum err attempt_release(struct ctx *ctx, const struct attempt *attempt)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(attempt->id), "until",
						BCON_DATE_TIME(attempt->until_ms), "n", "{", "$gt",
						BCON_INT64(0), "}"));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$inc", "{", "n", BCON_INT64(-1), "}"));
	struct counter counter;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_and_get_volatile(&counter, ctx, collection, &counter_doc, filter, update,
				       false);
	return e == ERR_NO_DOCUMENT ? OK : e;
}
