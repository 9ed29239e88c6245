/* Shared by the tests of the order saga. */
#ifndef TESTS_FCGI_PLACE_ORDER_FIXTURE_H
#define TESTS_FCGI_PLACE_ORDER_FIXTURE_H

#include "neighbours.h"

#include "fcgi/cart_order/order_saga.h"
#include "fcgi/cart_order/order_store.h"
#include "fcgi/cart_order/sweeper_job.h"

/* A cart of 2 of product 1, and 1 of product 2; nothing else. */
static inline int place_order_set_up(void **state)
{
	struct ctx *ctx = store_begin();

	neighbours_reset();
	empty_collection(ctx, checkout_collection);
	empty_collection(ctx, order_collection);
	empty_collection(ctx, key_collection);
	empty_collection(ctx, cart_collection);
	sweeper_run(ctx); /* empties the lists of dispatched orders */
	neighbours_reset();
	put(ctx, USER, 1, 2);
	put(ctx, USER, 2, 1);
	*state = ctx;
	return 0;
}

static inline struct order_request make_request(void)
{
	return (struct order_request){.user_id = USER, .expected_total = MONEY_NONE};
}

static inline struct order_request request_with_key(void)
{
	struct order_request request = make_request();

	request.key = (struct key){"create|" USER "|k-1", "{\"user_id\":\"" USER "\"}"};
	return request;
}

static inline enum err place(struct order_result *result, struct ctx *ctx)
{
	struct order_request request = make_request();

	return place_order(result, ctx, &request);
}

static inline struct list orders_of(struct ctx *ctx, const char *user_id)
{
	struct list orders;

	assert_int_equal(orders_of_user(&orders, ctx, user_id, NULL, 100), OK);
	return orders;
}

/* The answer that another call stores under the key. */
#define OTHERS_ANSWER "{\"message\":\"Order created\",\"order_id\":\"1\",\"total\":1}"

static inline void store_an_answer(struct ctx *ctx)
{
	struct order_request request = request_with_key();

	if (keys_store(ctx, &(struct key_answered){&request.key, OTHERS_ANSWER}, 1))
		abort();
}

/* Asserts that there is no order, an unchanged cart, and this number of unfinished checkouts. */
static inline void assert_no_order(struct ctx *ctx, int64_t unfinished)
{
	assert_int_equal(orders_of(ctx, USER).n, 0);
	assert_int_equal(quantity_of(ctx, USER, 1), 2);
	assert_int_equal(quantity_of(ctx, USER, 2), 1);
	assert_int_equal(lines_of(ctx, USER).n, 2);
	assert_int_equal(count_documents(ctx, key_collection), 0);
	assert_int_equal(calls_of(DISPATCH), 0);
	assert_int_equal(checkouts(ctx), unfinished);
}

/* Asserts that there is one dispatched order, and an empty cart. */
static inline const struct order *assert_one_order(struct ctx *ctx)
{
	struct list orders = orders_of(ctx, USER);

	assert_int_equal(orders.n, 1);
	assert_int_equal(lines_of(ctx, USER).n, 0);
	assert_int_equal(calls_of(DISPATCH), 1);
	return orders.items;
}

/* Runs a database operation concurrently, as another process would. It must not use assertions. */
static inline void beside(void (*run)(struct ctx *ctx))
{
	struct work work;

	work_begin(&work, db);
	run(&work.ctx);
	work_end(&work);
}

#endif
