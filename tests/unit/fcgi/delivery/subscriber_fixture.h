/* What the tests of displaced streams share: streams that users opened, now or earlier. */
#ifndef TESTS_FCGI_SUBSCRIBER_FIXTURE_H
#define TESTS_FCGI_SUBSCRIBER_FIXTURE_H

#include "store_fixture.h"

#include "fcgi/delivery/subscriber_store.h"

#define SUBSCRIBERS "stream_subscribers"

enum { MOST = 4, OPENED_MAX = MOST + OPENS_PER_MINUTE };

static bson_oid_t opened[OPENED_MAX];
static size_t n_opened;

static inline int begin_subscribers(void **state)
{
	*state = store_begin();
	empty_collection(*state, SUBSCRIBERS);
	n_opened = 0;
	return 0;
}

/* Makes the id of a stream of that age. */
static inline bson_oid_t *make_stream(int64_t age_ms)
{
	bson_oid_t *stream = &opened[n_opened++];
	uint32_t seconds = BSON_UINT32_TO_BE((uint32_t)((clock_now_ms() - age_ms) / 1000));

	assert_in_range(n_opened, 1, OPENED_MAX);
	bson_oid_init(stream, NULL);
	memcpy(stream->bytes, &seconds, sizeof seconds);
	return stream;
}

static inline bool add_for(struct ctx *ctx, const char *user_id, int64_t age_ms)
{
	bool displaces;

	assert_int_equal(subscriber_add(&displaces, ctx, user_id, make_stream(age_ms), MOST), OK);
	return displaces;
}

/* The age of a stream that nginx has. */
enum { CONNECTED_MS = STREAM_CONNECTED_MS + 1000 };

static inline void add(struct ctx *ctx, int n)
{
	for (int i = 0; i < n; i++)
		(void)add_for(ctx, "u-1", CONNECTED_MS);
}

static inline void add_old(struct ctx *ctx, int n)
{
	for (int i = 0; i < n; i++)
		(void)add_for(ctx, "u-1", DISPLACED_KEPT_MS);
}

static inline int64_t users_with_deadline(struct ctx *ctx)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("due", "{", "$exists", BCON_BOOL(true), "}"));
	int64_t n;

	assert_int_equal(db_count(&n, ctx, SUBSCRIBERS, filter, 100), OK);
	return n;
}

/* Makes all deadlines pass. */
static inline void pass_deadlines(struct ctx *ctx)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("due", "{", "$exists", BCON_BOOL(true), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms() - 1000), "}"));
	int64_t matched;

	assert_int_equal(db_update_each(&matched, ctx, SUBSCRIBERS,
					&(struct db_statement){filter, update, .multi = true}, 1),
			 OK);
}

static inline struct subscriber claim(struct ctx *ctx)
{
	struct subscriber claimed;

	assert_int_equal(subscriber_claim(&claimed, ctx, MOST), OK);
	return claimed;
}

static inline void assert_none_overdue(struct ctx *ctx)
{
	struct subscriber claimed;

	assert_int_equal(subscriber_claim(&claimed, ctx, MOST), ERR_NO_DOCUMENT);
}

/* Asserts that the list has the added streams from index `from` on. */
static inline void assert_streams(const struct subscriber *subscriber, size_t from)
{
	const struct stream *streams = subscriber->streams.items;

	assert_int_equal(subscriber->streams.n, n_opened - from);
	for (size_t i = 0; i < subscriber->streams.n; i++)
		assert_true(bson_oid_equal(&streams[i]._id, &opened[from + i]));
}

#endif
