/* Shared by the tests of checkouts: checkouts in each state, and reading them. */
#ifndef TESTS_FCGI_CHECKOUT_FIXTURE_H
#define TESTS_FCGI_CHECKOUT_FIXTURE_H

#include "cart_fixture.h"

#include "fcgi/cart_order/checkout_store.h"
#include "fcgi/cart_order/stock_client.h"

#define REQUEST_ID "request-1"
#define TRACE_ID   "4bf92f3577b34da6a3ce929d0e0e4736"

static inline bson_oid_t product_id_of(unsigned char n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = n;
	return id;
}

/* Of two products: 2 of number 1, and 1 of number 2. */
static inline struct checkout make_checkout(const char *user_id)
{
	static struct stock_line lines[2];
	struct checkout checkout = {.user_id = user_id, .items = {lines, 2}};

	lines[0] = (struct stock_line){product_id_of(1), 2};
	lines[1] = (struct stock_line){product_id_of(2), 1};
	bson_oid_init(&checkout._id, NULL);
	return checkout;
}

/* Stores one in a state, with the ids of its own call. */
static inline struct checkout put_checkout(struct ctx *ctx, const char *user_id,
					   enum checkout_state state)
{
	struct checkout checkout = make_checkout(user_id);

	ctx_set_ids(ctx, REQUEST_ID, "00-" TRACE_ID "-00f067aa0ba902b7-01");
	assert_int_equal(checkout_open(ctx, &checkout), OK);
	if (state == CHECKOUT_CANCELLING) {
		checkout.by = "customer";
		assert_int_equal(checkout_move(ctx, &checkout._id, CHECKOUT_RESERVING,
					       CHECKOUT_COMMITTED),
				 OK);
		assert_int_equal(checkout_cancel(ctx, &checkout), OK);
	} else if (state != CHECKOUT_RESERVING) {
		assert_int_equal(checkout_move(ctx, &checkout._id, CHECKOUT_RESERVING, state), OK);
	}
	checkout.state = state;
	return checkout;
}

static inline bson_t *by_id(struct ctx *ctx, const bson_oid_t *id)
{
	return ctx_bson(ctx, BCON_NEW("_id", BCON_OID(id)));
}

/* Sets the deadline to `ms` from now. */
static inline void set_due(struct ctx *ctx, const bson_oid_t *id, int64_t ms)
{
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms() + ms), "}"));

	assert_int_equal(db_update(NULL, ctx, checkout_collection, by_id(ctx, id), update, false),
			 OK);
}

static inline struct checkout put_expired(struct ctx *ctx, const char *user_id,
					  enum checkout_state state)
{
	struct checkout checkout = put_checkout(ctx, user_id, state);

	set_due(ctx, &checkout._id, -1000);
	return checkout;
}

/* A document as it is stored. */
struct stored_checkout {
	const char *state, *by;
	struct timestamp due, abandoned_at;
};

static const struct field stored_fields[] = {
    {FIELD(struct stored_checkout, state)},
    {FIELD(struct stored_checkout, by), .optional = true},
    {FIELD(struct stored_checkout, due)},
    {FIELD(struct stored_checkout, abandoned_at), .optional = true},
};
static const struct shape stored_shape = SHAPE(struct stored_checkout, stored_fields);

/* `state` is "gone" where the checkout was deleted. */
static inline struct stored_checkout stored(struct ctx *ctx, const bson_oid_t *id)
{
	struct stored_checkout found = {.state = "gone"};
	enum err e = db_find_one(&found, ctx, checkout_collection, &stored_shape, by_id(ctx, id));

	assert_true(e == OK || e == ERR_NO_DOCUMENT);
	return found;
}

static inline const char *state_of(struct ctx *ctx, const struct checkout *checkout)
{
	return stored(ctx, &checkout->_id).state;
}

static inline int64_t checkouts(struct ctx *ctx)
{
	return count_documents(ctx, checkout_collection);
}

#endif
