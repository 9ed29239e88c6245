/* The order routes, with product and delivery available or not. */
#include "neighbours.h"
#include "request.h"

#include "fcgi/cart_order/key_store.h"
#include "fcgi/cart_order/order_store.h"
#include "fcgi/cart_order/service.h"
#include "fcgi/cart_order/sweeper_job.h"

#define ORDER "00000000000000000000000a"
#define LINES                                                      \
	"\"items\":[{\"product_id\":\"000000000000000000000001\"," \
	"\"name\":\"Milk 1L\",\"quantity\":2,\"price\":60.5}],"    \
	"\"total\":121,"
#define CANCELLED "{\"message\":\"Order cancelled\",\"order_id\":\"" ORDER "\"}"

static struct service_state service = {.routes = &cart_order_service.routes, .n_tables = 1};

static int set_up(void **state)
{
	static const char *const collections[] = {checkout_collection, order_collection,
						  key_collection, cart_collection};
	struct ctx *ctx = store_begin();

	neighbours_reset();
	for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++)
		empty_collection(ctx, collections[i]);
	sweeper_run(ctx); /* empties the lists of dispatched orders */
	neighbours_reset();
	service.db = db;
	calls_begin(&service);
	*state = ctx;
	return 0;
}

static int tear_down(void **state)
{
	calls_end();
	return store_end(state);
}

static void put_order(struct ctx *ctx)
{
	struct order_item item = {product_id_of(1), {.name = "Milk 1L", .price = {6050}}, 2};
	struct order order = {._id = product_id_of(10),
			      .user_id = USER,
			      .items = {&item, 1},
			      .total = {12100},
			      .created_at = {1772357400250}};

	assert_int_equal(db_insert(ctx, order_collection, &order_doc, &order), OK);
}

/* ---- GET /order/{order_id} ---- */

static void look(const char *user_id, enum role role)
{
	call(&(struct call){"GET", "/order/" ORDER, .token = token_for(user_id, role),
			    .params = {role == ROLE_SERVICE ? "LISTENER=internal" : NULL}});
}

#define VIEW(state)                                                                    \
	"{\"_id\":\"" ORDER "\",\"user_id\":\"" USER "\"," LINES "\"status\":\"" state \
	"\",\"created_at\":\"2026-03-01T09:30:00.250Z\","                              \
	"\"history\":[{\"status\":\"" state                                            \
	"\",\"at\":\"2026-03-01T09:30:00.250Z\",\"by\":\"service\"}]}"

static void test_get_order_returns_the_delivery_state(void **state)
{
	static const enum role staff[] = {ROLE_COURIER, ROLE_ADMIN, ROLE_SERVICE};

	put_order(*state);
	neighbour_answers(GET_STATE,
			  "200 {\"status\":\"PACKED\",\"history\":[{\"status\":\"PACKED\","
			  "\"at\":\"2026-03-01T09:30:00.250Z\",\"by\":\"service\"}]}");
	look(USER, ROLE_CUSTOMER);
	assert_answer(200, VIEW("PACKED"));
	for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++) {
		look(OTHER, staff[i]);
		assert_answer(200, VIEW("PACKED"));
	}
	assert_true(called_with(GET_STATE, "GET /internal/orders/" ORDER " HTTP"));
}

static void test_get_order_unknown_to_delivery_is_placed(void **state)
{
	put_order(*state);
	neighbour_answers(GET_STATE, "404 {}");
	look(USER, ROLE_CUSTOMER);
	assert_answer(200, VIEW("PLACED"));
}

/* Only an order that was not dispatched is known to be PLACED. */
static void test_get_order_while_delivery_is_unavailable(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "/garbage", "500 {}", "200 {}"};
	struct checkout pending;

	put_order(*state);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		neighbour_answers(GET_STATE, bad[i]);
		look(USER, ROLE_CUSTOMER);
		assert_error(503, "Service temporarily unavailable",
			     "service_temporarily_unavailable");
	}
	pending = make_checkout(USER);
	pending._id = product_id_of(10);
	assert_int_equal(checkout_open(*state, &pending), OK);
	assert_int_equal(checkout_move(*state, &pending._id, CHECKOUT_RESERVING,
				       CHECKOUT_COMMITTED),
			 OK);
	look(USER, ROLE_CUSTOMER);
	assert_answer(200, VIEW("PLACED"));
}

static void test_get_order_of_another_user_is_not_found(void **state)
{
	static const char *const paths[] = {"/order/00000000000000000000000b", "/order/x",
					    "/order/" ORDER "0"};

	put_order(*state);
	look(OTHER, ROLE_CUSTOMER);
	assert_error(404, "Order not found", "order_not_found");
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		call(&(struct call){"GET", paths[i], .token = token_for(USER, ROLE_CUSTOMER)});
		assert_error(404, "Order not found", "order_not_found");
	}
	assert_int_equal(calls_of(GET_STATE), 0);
}

/* ---- POST /order/{order_id}/cancel ---- */

static void cancel_with(const char *user_id, enum role role, const char *key)
{
	call(&(struct call){"POST", "/order/" ORDER "/cancel", .token = token_for(user_id, role),
			    .params = {key}});
}

static void test_cancel_is_idempotent(void **state)
{
	put_order(*state);
	for (int i = 0; i < 2; i++) {
		cancel_with(USER, ROLE_CUSTOMER, NULL);
		assert_answer(200, CANCELLED);
	}
	assert_true(called_with(CANCEL, "{\"user_id\":\"" USER "\",\"by\":\"customer\"}"));
	assert_true(called_with(RELEASE, "\"sold\":true,\"answered\":false,"));
	assert_int_equal(calls_of(CANCEL), 1);
	assert_int_equal(calls_of(RELEASE), 1);
	sweeper_run(*state);
	assert_int_equal(calls_of(FORGET), 1);
	assert_int_equal(checkouts(*state), 0);
}

static void test_owners_and_admins_may_cancel(void **state)
{
	put_order(*state);
	cancel_with(OTHER, ROLE_CUSTOMER, NULL);
	assert_error(404, "Order not found", "order_not_found");
	cancel_with(OTHER, ROLE_COURIER, NULL);
	assert_error(404, "Order not found", "order_not_found");
	cancel_with(USER, ROLE_SERVICE, NULL);
	assert_error(403, "Forbidden", "forbidden");
	assert_int_equal(all_calls(), 0);
	cancel_with(OTHER, ROLE_ADMIN, NULL);
	assert_answer(200, CANCELLED);
	assert_true(called_with(CANCEL, "{\"user_id\":\"" USER "\",\"by\":\"admin\"}"));
}

static void test_cancel_of_a_packed_order_is_refused(void **state)
{
	put_order(*state);
	neighbour_answers(CANCEL, "/conflict");
	cancel_with(USER, ROLE_CUSTOMER, "HTTP_IDEMPOTENCY_KEY=k-1");
	assert_error(409, "Order can no longer be cancelled", "order_can_no_longer_be_cancelled");
	assert_int_equal(calls_of(RELEASE), 0);
	assert_int_equal(count_documents(*state, key_collection), 0);
}

/* The next call or the sweeper completes the cancellation. */
static void test_cancel_resumes_when_delivery_is_available(void **state)
{
	static const char *const bad[] = {"/unavailable", "/cut", "404 {}", "422 {}"};

	put_order(*state);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		neighbour_answers(CANCEL, bad[i]);
		cancel_with(USER, ROLE_CUSTOMER, "HTTP_IDEMPOTENCY_KEY=k-1");
		assert_error(503, "Service temporarily unavailable",
			     "service_temporarily_unavailable");
	}
	assert_int_equal(checkouts(*state), 1);
	neighbour_answers(CANCEL, NULL);
	cancel_with(USER, ROLE_CUSTOMER, "HTTP_IDEMPOTENCY_KEY=k-1");
	assert_answer(200, CANCELLED);
	sweeper_run(*state);
	assert_int_equal(checkouts(*state), 0);
}

static void test_key_is_for_one_order(void **state)
{
	put_order(*state);
	for (int i = 0; i < 2; i++) {
		cancel_with(USER, ROLE_CUSTOMER, "HTTP_IDEMPOTENCY_KEY=k-1");
		assert_answer(200, CANCELLED);
	}
	call(&(struct call){"POST", "/order/00000000000000000000000b/cancel",
			    .token = token_for(USER, ROLE_CUSTOMER),
			    .params = {"HTTP_IDEMPOTENCY_KEY=k-1"}});
	assert_answer(422, "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"header\","
			   "\"Idempotency-Key\"],\"msg\":\"Key should not have been used with "
			   "another request\"}]}");
	cancel_with(USER, ROLE_CUSTOMER, "HTTP_IDEMPOTENCY_KEY=");
	assert_error(400, "Invalid Idempotency-Key", "invalid_idempotency_key");
}

/* ---- POST /order/create ---- */

static const char *create(const char *body, const char *key)
{
	call(&(struct call){"POST", "/order/create", .body = body,
			    .token = token_for(USER, ROLE_CUSTOMER), .params = {key}});
	return arena_strndup(calls.arena, calls.answer->body, calls.answer->len);
}

static void test_create_with_key_is_idempotent(void **state)
{
	static const char body[] = "{\"user_id\":\"" USER "\",\"expected_total\":121.0}";
	const char *first;

	put(*state, USER, 1, 2);
	first = create(body, "HTTP_IDEMPOTENCY_KEY=k-1");
	assert_int_equal(calls.answer->status, 200);
	assert_non_null(strstr(first, "\"total\":121}"));
	assert_string_equal(create(body, "HTTP_IDEMPOTENCY_KEY=k-1"), first);
	assert_int_equal(calls.answer->status, 200);
	create("{\"user_id\":\"" USER "\"}", "HTTP_IDEMPOTENCY_KEY=k-1");
	assert_int_equal(calls.answer->status, 422);
	create(body, NULL);
	assert_error(400, "Cart is empty", "cart_is_empty");
	assert_int_equal(calls_of(RESERVE), 1);
}

static void test_create_answers_the_refusal(void **state)
{
	static const char body[] = "{\"user_id\":\"" USER "\",\"expected_total\":120.99}";

	put(*state, USER, 1, 2);
	create(body, NULL);
	assert_answer(409,
		      "{\"detail\":\"Total changed\",\"code\":\"total_changed\",\"total\":121}");
	neighbour_answers(RESERVE,
			  "409 {\"code\":\"out_of_stock\",\"product_ids\":[\"" ORDER "\"]}");
	create(body, NULL);
	assert_answer(409, "{\"detail\":\"Out of stock\",\"code\":\"out_of_stock\","
			   "\"product_ids\":[\"" ORDER "\"]}");
	create("{\"user_id\":\"" OTHER "\"}", NULL);
	assert_error(403, "Forbidden", "forbidden");
	create(body, "HTTP_IDEMPOTENCY_KEY=a b");
	assert_error(400, "Invalid Idempotency-Key", "invalid_idempotency_key");
	assert_int_equal(checkouts(*state), 0);
	assert_int_equal(quantity_of(*state, USER, 1), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_get_order_returns_the_delivery_state),
	    TEST(test_get_order_unknown_to_delivery_is_placed),
	    TEST(test_get_order_while_delivery_is_unavailable),
	    TEST(test_get_order_of_another_user_is_not_found),
	    TEST(test_cancel_is_idempotent),
	    TEST(test_owners_and_admins_may_cancel),
	    TEST(test_cancel_of_a_packed_order_is_refused),
	    TEST(test_cancel_resumes_when_delivery_is_available),
	    TEST(test_key_is_for_one_order),
	    TEST(test_create_with_key_is_idempotent),
	    TEST(test_create_answers_the_refusal),
	};

	return cmocka_run_group_tests_name("order_api", tests, neighbours_open, neighbours_close);
}
