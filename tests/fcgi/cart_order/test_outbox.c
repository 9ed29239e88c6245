/* The outbox against a server that answers as delivery would, well or badly. */
#include "tests/fcgi/store_fixture.h"
#include "tests/lib/http_server.h"

#include "fcgi/cart_order/outbox.h"
#include "rest.h"
#include "token.h"

#define USER "65f0c0ffee0123456789abcd"

enum { BATCHES = 130 }; /* more entries than a round reads at a time */

static char url[URL_SIZE];

static int open_all(void **state)
{
	(void)state;
	if (token_init("0123456789abcdef0123456789abcdef") || !server_start(url))
		return -1;
	store_open("cart_db");
	return 0;
}

static int close_all(void **state)
{
	rest_thread_end();
	server_stop();
	return store_close(state);
}

/* Makes every call end at one of the server's paths: what is behind a `?` isn't looked at. */
static void delivery_answers(const char *path)
{
	static char base[2 * URL_SIZE];

	snprintf(base, sizeof base, "%s%s?call=", url, path);
	assert_int_equal(rest_init(base), OK);
}

static int set_up(void **state)
{
	struct ctx *ctx = store_begin();

	delivery_answers("/ok");
	outbox_run(ctx); /* forgets what the test before it has told */
	empty_collection(ctx, outbox_collection);
	ctx_set_ids(ctx, "request-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
	server.requests = 0;
	*state = ctx;
	return 0;
}

static struct order make_order(void)
{
	struct order order = {.user_id = USER};

	bson_oid_init(&order._id, NULL);
	return order;
}

static struct order add_order(struct ctx *ctx)
{
	struct order order = make_order();

	assert_int_equal(outbox_add(ctx, &order), OK);
	return order;
}

/* Moves the moment when entries are due by `ms` from now. */
static void set_due(struct ctx *ctx, const bson_oid_t *order_id, int64_t ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(order_id)));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms() + ms), "}"));

	assert_int_equal(db_update(NULL, ctx, outbox_collection, filter, update, false), OK);
}

static struct order add_due(struct ctx *ctx)
{
	struct order order = add_order(ctx);

	set_due(ctx, &order._id, -1000);
	return order;
}

static int64_t entries(struct ctx *ctx)
{
	return count_documents(ctx, outbox_collection);
}

/* How many entries are due from one moment to another. */
static int64_t due_between(struct ctx *ctx, int64_t from_ms, int64_t to_ms)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("due", "{", "$gte", BCON_DATE_TIME(from_ms), "$lte",
						BCON_DATE_TIME(to_ms), "}"));
	int64_t n = -1;

	assert_int_equal(db_count(&n, ctx, outbox_collection, filter, INT32_MAX), OK);
	return n;
}

/* ---- telling at once ---- */

static void tells_delivery_of_an_order(void **state)
{
	struct order order = add_order(*state);
	char line[128], id[25];

	bson_oid_to_string(&order._id, id);
	snprintf(line, sizeof line, "POST /ok?call=/order/%s/update-status HTTP/1.1\r\n", id);
	outbox_tell(*state, &order);
	assert_int_equal(server.requests, 1);
	assert_ptr_equal(strstr(server.last, line), server.last);
	assert_non_null(strstr(server.last, "X-Request-ID: request-1\r\n"));
	assert_non_null(strstr(server.last, "4bf92f3577b34da6a3ce929d0e0e4736"));
	assert_non_null(strstr(server.last, "Authorization: Bearer "));
	assert_non_null(
	    strstr(server.last, "\r\n\r\n{\"status\":\"PLACED\",\"user_id\":\"" USER "\"}"));
}

static void takes_out_what_was_told(void **state)
{
	struct order order = add_order(*state);

	outbox_tell(*state, &order);
	assert_int_equal(entries(*state), 1); /* the client needn't wait for that */
	outbox_run(*state);
	assert_int_equal(entries(*state), 0);
	assert_int_equal(server.requests, 1);
}

/* The call that made the order is still busy telling: the job mustn't do it beside it. */
static void leaves_a_new_entry_alone(void **state)
{
	add_order(*state);
	outbox_run(*state);
	assert_int_equal(server.requests, 0);
	assert_int_equal(entries(*state), 1);
}

/* ---- telling later ---- */

static void tells_what_is_due(void **state)
{
	add_due(*state);
	ctx_set_ids(*state, "job-1", NULL);
	outbox_run(*state);
	assert_int_equal(server.requests, 1);
	assert_int_equal(entries(*state), 0);
	/* under the ids of the call that made the order */
	assert_non_null(strstr(server.last, "X-Request-ID: request-1\r\n"));
	assert_non_null(strstr(server.last, "4bf92f3577b34da6a3ce929d0e0e4736"));
}

static void an_entry_that_delivery_does_not_take_stays(void **state)
{
	static const char *const paths[] = {"/conflict", "/empty", "/redirect",   "/nothing",
					    "/garbage",  "/cut",   "/unavailable"};
	struct order order = add_order(*state);

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		delivery_answers(paths[i]);
		outbox_tell(*state, &order);
		set_due(*state, &order._id, -1000);
		outbox_run(*state);
		assert_int_equal(entries(*state), 1);
	}
	delivery_answers("/ok");
	set_due(*state, &order._id, -1000);
	outbox_run(*state);
	assert_int_equal(entries(*state), 0);
}

static void waits_at_once_no_longer_than_a_client_may(void **state)
{
	struct order order = add_order(*state);
	int64_t began = clock_mono_ms();

	delivery_answers("/slow");
	outbox_tell(*state, &order);
	assert_in_range(clock_mono_ms() - began, 200, 1000);
	assert_int_equal(entries(*state), 1);
}

/* Whoever looks next, this process or another one, must wait until the lease is over. */
static void an_entry_is_leased_while_it_is_told(void **state)
{
	struct order order = add_due(*state);

	delivery_answers("/unavailable");
	outbox_run(*state);
	assert_int_equal(server.requests, 1);
	outbox_run(*state);
	assert_int_equal(server.requests, 1);
	set_due(*state, &order._id, -1);
	outbox_run(*state);
	assert_int_equal(server.requests, 2);
}

/* It would be away for the others too. */
static void delivery_away_ends_the_round(void **state)
{
	static const char *const paths[] = {"/unavailable", "/cut", "/garbage"};
	struct ctx *ctx = *state;

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		empty_collection(ctx, outbox_collection);
		server.requests = 0;
		for (int n = 0; n < 3; n++)
			add_due(ctx);
		delivery_answers(paths[i]);
		outbox_run(ctx);
		assert_int_equal(server.requests, 1);
		assert_int_equal(entries(ctx), 3);
		delivery_answers("/ok");
		outbox_run(ctx); /* the one that failed is leased, and isn't in the way */
		assert_int_equal(entries(ctx), 1);
	}
}

static void a_refusal_does_not_hold_up_the_others(void **state)
{
	for (int i = 0; i < 3; i++)
		add_due(*state);
	delivery_answers("/conflict-first");
	outbox_run(*state);
	assert_int_equal(server.requests, 3);
	assert_int_equal(entries(*state), 1);
}

/* For a minute, counted from the refusal. */
static void a_refusal_puts_its_entry_off(void **state)
{
	struct order order = add_due(*state);
	int64_t began = clock_now_ms();

	delivery_answers("/conflict");
	outbox_run(*state);
	assert_int_equal(due_between(*state, began + 60000, clock_now_ms() + 60000), 1);
	outbox_run(*state);
	assert_int_equal(server.requests, 1);
	delivery_answers("/ok");
	set_due(*state, &order._id, -1);
	outbox_run(*state);
	assert_int_equal(server.requests, 2);
	assert_int_equal(entries(*state), 0);
}

static void clears_a_backlog_in_some_rounds(void **state)
{
	for (int i = 0; i < BATCHES; i++)
		add_due(*state);
	outbox_run(*state);
	assert_in_range(entries(*state), 1, BATCHES - 1);
	outbox_run(*state);
	assert_int_equal(entries(*state), 0);
	assert_int_equal(server.requests, BATCHES);
}

static enum err run_round(struct ctx *ctx, int i)
{
	(void)i;
	outbox_run(ctx);
	rest_thread_end();
	return OK;
}

static void processes_at_a_time_tell_each_order_once(void **state)
{
	enum err results[RACERS_MAX];

	for (int i = 0; i < 20; i++)
		add_due(*state);
	race(results, 3, run_round);
	assert_int_equal(server.requests, 20);
	outbox_run(*state);
	assert_int_equal(entries(*state), 0);
	assert_int_equal(server.requests, 20);
}

/* ---- in the order's transaction ---- */

static enum err add_and_fail(struct ctx *ctx, void *order)
{
	enum err e = outbox_add(ctx, order);

	return e ? e : ERR_RETRY;
}

static void goes_with_the_orders_transaction(void **state)
{
	struct order order = make_order();

	assert_int_equal(db_transaction(*state, add_and_fail, &order), ERR_RETRY);
	assert_int_equal(entries(*state), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(tells_delivery_of_an_order),
	    TEST(takes_out_what_was_told),
	    TEST(leaves_a_new_entry_alone),
	    TEST(tells_what_is_due),
	    TEST(an_entry_that_delivery_does_not_take_stays),
	    TEST(waits_at_once_no_longer_than_a_client_may),
	    TEST(an_entry_is_leased_while_it_is_told),
	    TEST(delivery_away_ends_the_round),
	    TEST(a_refusal_does_not_hold_up_the_others),
	    TEST(a_refusal_puts_its_entry_off),
	    TEST(clears_a_backlog_in_some_rounds),
	    TEST(processes_at_a_time_tell_each_order_once),
	    TEST(goes_with_the_orders_transaction),
	};

	return cmocka_run_group_tests_name("outbox", tests, open_all, close_all);
}
