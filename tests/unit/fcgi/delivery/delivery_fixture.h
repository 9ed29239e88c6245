/* What the tests of deliveries share: the order of a customer, and actors. */
#ifndef TESTS_FCGI_DELIVERY_FIXTURE_H
#define TESTS_FCGI_DELIVERY_FIXTURE_H

#include "fcgi/delivery/indexes.h"
#include "store_fixture.h"

#include "fcgi/delivery/delivery_owner_store.h"

#define RECORDS "order_status"

static const struct actor service = {.by = "service"};
static const struct actor courier = {.by = "courier", .user_id = "courier-1"};
static const struct actor customer = {.by = "customer", .user_id = "u-1"};

static bson_oid_t order_id;

static inline int open_deliveries(void **state)
{
	(void)state;
	store_open(&delivery_indexes);
	return 0;
}

/* Begins with an unknown order. */
static inline void next_order(struct ctx *ctx)
{
	empty_collection(ctx, RECORDS);
	bson_oid_init(&order_id, NULL);
}

static inline int begin_order(void **state)
{
	*state = store_begin();
	next_order(*state);
	return 0;
}

static inline struct delivery read_delivery(struct ctx *ctx)
{
	struct delivery delivery;

	assert_int_equal(delivery_get(&delivery, ctx, &order_id), OK);
	return delivery;
}

static inline enum err create_delivery(struct ctx *ctx)
{
	return delivery_create(ctx, &order_id, "u-1", &service);
}

static inline enum err advance_to(struct ctx *ctx, enum order_status to)
{
	return delivery_move(ctx, &order_id, STEP_ADVANCE, to, &courier);
}

static inline enum err cancel(struct ctx *ctx)
{
	return delivery_cancel(ctx, &order_id, "u-1", &customer);
}

/* Asserts that the history has exactly these statuses, at times that never decrease. */
static inline void assert_history(struct ctx *ctx, const enum order_status *states, size_t n)
{
	struct delivery delivery = read_delivery(ctx);
	const struct change *changes = delivery.history.items;

	assert_int_equal(delivery.history.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(changes[i].status, states[i]);
		assert_true(i == 0 || changes[i].at.ms >= changes[i - 1].at.ms);
	}
	assert_int_equal(delivery.status, states[n - 1]);
	assert_int_equal(delivery.last_updated.ms, changes[n - 1].at.ms);
}

#define ASSERT_HISTORY(ctx, ...)                                          \
	assert_history(ctx, (const enum order_status[]){__VA_ARGS__},     \
		       sizeof((const enum order_status[]){__VA_ARGS__}) / \
			   sizeof(enum order_status))

/* Stores a document of a version without histories. */
static inline void put_old_record(struct ctx *ctx, enum order_status now)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&order_id)));
	bson_t *update =
	    ctx_bson(ctx,
		     BCON_NEW("$set", "{", "status", BCON_UTF8(order_status_names[now]), "user_id",
			      BCON_UTF8("u-1"), "last_updated", BCON_DATE_TIME(1000), "}"));

	assert_int_equal(db_update(NULL, ctx, RECORDS, filter, update, true), OK);
}

#endif
