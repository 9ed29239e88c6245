/* Every kind of database operation, with the same signature. They need a thing "a". */
#ifndef TESTS_LIB_DB_CALLS_H
#define TESTS_LIB_DB_CALLS_H

#include "db_fixture.h"

static inline enum err call_find_one(struct ctx *ctx)
{
	struct thing out;

	return db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a"));
}

static inline enum err call_find(struct ctx *ctx)
{
	struct db_query query = {.filter = everything(ctx), .limit = 10};
	struct list list;

	return db_find(&list, ctx, THINGS, &thing_shape, &query);
}

static inline enum err call_count(struct ctx *ctx)
{
	int64_t n;

	return db_count(&n, ctx, THINGS, everything(ctx), 10);
}

static inline enum err call_insert(struct ctx *ctx)
{
	struct thing thing = make_thing("b", 1);

	return db_insert(ctx, THINGS, &thing_shape, &thing);
}

static inline enum err call_update(struct ctx *ctx)
{
	return db_update(NULL, ctx, THINGS, by_name(ctx, "a"), add_to_n(ctx, 1), true);
}

static inline enum err call_upsert_each(struct ctx *ctx)
{
	struct db_statement statement = {.filter = by_name(ctx, "a"),
					 .update = add_to_n(ctx, 1),
					 .upsert = true};
	enum err error = OK, e;
	bool inserted;

	e = db_upsert_each(&error, &inserted, ctx, THINGS, &statement, 1);
	return e ? e : error;
}

static inline enum err call_update_and_get(struct ctx *ctx)
{
	struct thing out;

	return db_update_and_get(&out, ctx, THINGS, &thing_shape, by_name(ctx, "a"),
				 add_to_n(ctx, 1), true);
}

static inline enum err call_delete(struct ctx *ctx)
{
	int64_t n;

	return db_delete(&n, ctx, THINGS, by_name(ctx, "c"));
}

static inline enum err update_in(struct ctx *ctx, void *arg)
{
	(void)arg;
	return call_update(ctx);
}

static inline enum err call_transaction(struct ctx *ctx)
{
	return db_transaction(ctx, update_in, NULL);
}

typedef enum err call(struct ctx *ctx);

static call *const calls[] = {
    db_ping,     call_find_one,    call_find,           call_count,  call_insert,
    call_update, call_upsert_each, call_update_and_get, call_delete, call_transaction,
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static inline int64_t time_of(enum err *result, call *function, struct ctx *ctx)
{
	int64_t started = clock_mono_ms();

	*result = function(ctx);
	return clock_mono_ms() - started;
}

#endif
