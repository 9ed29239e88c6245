/* The commit transaction, of one order and shared by several. */
#define _XOPEN_SOURCE 700 /* nftw */

#include "fcgi/cart_order/indexes.h"
#include "together.h"

#include "checkout_fixture.h"

#include "fcgi/cart_order/order_commit_store.h"

enum { N = 8, TEXT_SIZE = 80 };

static int open_all(void **state)
{
	(void)state;
	together_start();
	store_open(&cart_order_indexes);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	db_close(db);
	together_stop();
	return 0;
}

/* ---- buyers ---- */

/* Each with a cart of two lines, an open checkout, and an order that is ready to be committed. */
static struct buyer {
	char user_id[25], key_id[TEXT_SIZE], answer[TEXT_SIZE];
	struct checkout checkout;
	struct list lines;
	struct order_item item;
	struct order order;
	struct key key;
	struct order_commit commit;
} buyers[N];

static void make_buyer(struct ctx *ctx, int i)
{
	struct buyer *b = &buyers[i];

	*b = (struct buyer){.key = {b->key_id, "{}"}};
	snprintf(b->user_id, sizeof b->user_id, "65f0c0ffee01234567890%03u", (unsigned)i % 1000);
	snprintf(b->key_id, sizeof b->key_id, "create|u-%d|k-1", i);
	snprintf(b->answer, sizeof b->answer, "{\"total\":%d}", i);
	put(ctx, b->user_id, 1, 2);
	put(ctx, b->user_id, 2, 1 + i);
	b->lines = lines_of(ctx, b->user_id);
	b->checkout = put_checkout(ctx, b->user_id, CHECKOUT_RESERVING);
	b->item = (struct order_item){product_id_of(1), {.name = "Milk 1L", .price = {6050}}, 2};
	b->order = (struct order){._id = b->checkout._id,
				  .user_id = b->user_id,
				  .items = {&b->item, 1},
				  .total = {i},
				  .created_at = {1772357400250}};
	b->commit = (struct order_commit){&b->order, &b->lines, &b->key, b->answer};
}

static int set_up(void **state)
{
	static const char *const collections[] = {checkout_collection, order_collection,
						  key_collection, cart_collection};
	struct ctx *ctx = store_begin();

	for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++)
		empty_collection(ctx, collections[i]);
	for (int i = 0; i < N; i++)
		make_buyer(ctx, i);
	*state = ctx;
	return 0;
}

static enum err commit_as(struct ctx *ctx, int i)
{
	return order_commit(ctx, &buyers[i].commit);
}

static void commit_all(enum err results[static TOGETHER_MAX])
{
	together(results, N, "commitTransaction", commit_as);
}

/* Asserts that all parts were written, and none of another buyer. */
static void assert_ordered(struct ctx *ctx, int i)
{
	struct buyer *b = &buyers[i];
	const char *answer = NULL;
	struct order order;

	assert_string_equal(state_of(ctx, &b->checkout), "COMMITTED");
	assert_int_equal(lines_of(ctx, b->user_id).n, 0);
	assert_int_equal(order_get(&order, ctx, &b->order._id, b->user_id), OK);
	assert_int_equal(order.total.paise, i);
	if (!b->key.id)
		return;
	assert_int_equal(key_answer(&answer, ctx, &b->key), OK);
	assert_string_equal(answer, b->answer);
}

/* Asserts that nothing was written. */
static void assert_not_ordered(struct ctx *ctx, int i, const char *state, int64_t first_quantity)
{
	struct buyer *b = &buyers[i];
	struct order order;

	assert_string_equal(state_of(ctx, &b->checkout), state);
	assert_int_equal(quantity_of(ctx, b->user_id, 1), first_quantity);
	assert_int_equal(quantity_of(ctx, b->user_id, 2), 1 + i);
	assert_int_equal(order_get(&order, ctx, &b->order._id, NULL), ERR_ORDER_NOT_FOUND);
}

static void assert_all_ordered_but(struct ctx *ctx, const enum err *results, const int *others,
				   size_t n)
{
	for (int i = 0; i < N; i++) {
		bool is_other = false;

		for (size_t at = 0; at < n; at++)
			is_other = is_other || others[at] == i;
		if (is_other)
			continue;
		assert_int_equal(results[i], OK);
		assert_ordered(ctx, i);
	}
	assert_int_equal(count_documents(ctx, order_collection), N - (int64_t)n);
}

#define ALL_ORDERED_BUT(ctx, results, ...)                               \
	assert_all_ordered_but(ctx, results, (const int[]){__VA_ARGS__}, \
			       sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* ---- obstacles ---- */

static void abandon(struct ctx *ctx, int i)
{
	assert_int_equal(checkout_move(ctx, &buyers[i].checkout._id, CHECKOUT_RESERVING,
				       CHECKOUT_ABANDONED),
			 OK);
}

static void change_cart(struct ctx *ctx, int i)
{
	put(ctx, buyers[i].user_id, 1, 1);
}

static void take_key(struct ctx *ctx, int i)
{
	assert_int_equal(keys_store(ctx, &(struct key_answered){&buyers[i].key, "first"}, 1), OK);
}

static void assert_key_is_anothers(struct ctx *ctx, int i)
{
	const char *answer = NULL;

	assert_int_equal(key_answer(&answer, ctx, &buyers[i].key), OK);
	assert_string_equal(answer, "first");
}

/* ---- one order ---- */

static void test_commit_writes_all_parts(void **state)
{
	assert_int_equal(commit_as(*state, 3), OK);
	assert_ordered(*state, 3);
	assert_int_equal(count_documents(*state, order_collection), 1);
	assert_int_equal(count_documents(*state, key_collection), 1);
	assert_int_equal(count_documents(*state, cart_collection), 2 * (N - 1));
	for (int i = 0; i < N; i++) {
		if (i != 3)
			assert_not_ordered(*state, i, "RESERVING", 2);
	}
}

static void test_commit_is_atomic(void **state)
{
	abandon(*state, 1);
	change_cart(*state, 2);
	take_key(*state, 3);
	assert_int_equal(commit_as(*state, 1), ERR_NO_DOCUMENT);
	assert_not_ordered(*state, 1, "ABANDONED", 2);
	assert_int_equal(commit_as(*state, 2), ERR_RETRY);
	assert_not_ordered(*state, 2, "RESERVING", 3);
	assert_int_equal(commit_as(*state, 3), ERR_DUPLICATE);
	assert_not_ordered(*state, 3, "RESERVING", 2);
	assert_key_is_anothers(*state, 3);
	assert_int_equal(count_documents(*state, key_collection), 1);
}

static void test_second_commit_fails(void **state)
{
	assert_int_equal(commit_as(*state, 1), OK);
	assert_int_equal(commit_as(*state, 1), ERR_NO_DOCUMENT);
	assert_ordered(*state, 1);
	assert_int_equal(count_documents(*state, order_collection), 1);
}

/* ---- shared transactions ---- */

static void test_concurrent_commits_share_a_transaction(void **state)
{
	int64_t commits = commands("commitTransaction");
	enum err results[TOGETHER_MAX];

	buyers[4].key = buyers[5].key = (struct key){0}; /* some have none */
	commit_all(results);
	assert_int_equal(commands("commitTransaction"), commits + 2);
	assert_all_ordered_but(*state, results, NULL, 0);
	assert_int_equal(count_documents(*state, cart_collection), 0);
	assert_int_equal(count_documents(*state, key_collection), N - 2);
}

static void test_abandoned_checkout_does_not_affect_others(void **state)
{
	enum err results[TOGETHER_MAX];

	abandon(*state, 3);
	commit_all(results);
	assert_int_equal(results[3], ERR_NO_DOCUMENT);
	assert_not_ordered(*state, 3, "ABANDONED", 2);
	ALL_ORDERED_BUT(*state, results, 3);
}

static void test_changed_cart_does_not_affect_others(void **state)
{
	enum err results[TOGETHER_MAX];

	change_cart(*state, 4);
	commit_all(results);
	assert_int_equal(results[4], ERR_RETRY);
	assert_not_ordered(*state, 4, "RESERVING", 3);
	ALL_ORDERED_BUT(*state, results, 4);
}

static void test_used_key_does_not_affect_others(void **state)
{
	enum err results[TOGETHER_MAX];

	take_key(*state, 5);
	commit_all(results);
	assert_int_equal(results[5], ERR_DUPLICATE);
	assert_not_ordered(*state, 5, "RESERVING", 2);
	assert_key_is_anothers(*state, 5);
	ALL_ORDERED_BUT(*state, results, 5);
}

/* Also the first and the last of the shared transaction. */
static void test_each_commit_gets_its_own_result(void **state)
{
	enum err results[TOGETHER_MAX];

	abandon(*state, 1);
	change_cart(*state, 4);
	take_key(*state, N - 1);
	commit_all(results);
	assert_int_equal(results[1], ERR_NO_DOCUMENT);
	assert_int_equal(results[4], ERR_RETRY);
	assert_int_equal(results[N - 1], ERR_DUPLICATE);
	assert_not_ordered(*state, 1, "ABANDONED", 2);
	assert_not_ordered(*state, 4, "RESERVING", 3);
	assert_not_ordered(*state, N - 1, "RESERVING", 2);
	ALL_ORDERED_BUT(*state, results, 1, 4, N - 1);
}

static enum err commit_the_same(struct ctx *ctx, int i)
{
	return commit_as(ctx, i ? 1 + i / 2 : 0);
}

/* Pairs of calls for the same order: 2 and 3, and so on. */
static void test_repeated_order_is_committed_once(void **state)
{
	enum err results[TOGETHER_MAX];

	together(results, N, "commitTransaction", commit_the_same);
	assert_int_equal(results[0], OK);
	assert_int_equal(results[1], OK);
	for (int i = 2; i + 1 < N; i += 2) {
		assert_int_equal(count_results(results + i, 2, OK), 1);
		assert_int_equal(count_results(results + i, 2, ERR_NO_DOCUMENT), 1);
		assert_ordered(*state, 1 + i / 2);
	}
	assert_int_equal(count_documents(*state, order_collection), 2 + (N - 2) / 2);
}

/* ---- conflicts ---- */

/* Another transaction locks a checkout while all are committed. */
static enum err commit_beside(struct ctx *ctx, void *results)
{
	set_due(ctx, &buyers[6].checkout._id, 1000);
	commit_all(results);
	return ERR_CART_EMPTY;
}

static void test_write_conflict_does_not_affect_others(void **state)
{
	enum err results[TOGETHER_MAX];

	assert_int_equal(db_transaction(*state, commit_beside, results), ERR_CART_EMPTY);
	if (results[6] == OK) { /* the other transaction ended too late */
		assert_all_ordered_but(*state, results, NULL, 0);
		return;
	}
	assert_int_equal(results[6], ERR_UNAVAILABLE);
	assert_not_ordered(*state, 6, "RESERVING", 2);
	ALL_ORDERED_BUT(*state, results, 6);
}

/* ---- random orders ---- */

enum { ROUNDS = 15, EACH = 3 };

/* A buyer who orders repeatedly, with carts that change and checkouts that are abandoned. */
static enum err order_again_and_again(struct ctx *ctx, int i)
{
	struct buyer *b = &buyers[i];
	enum err e = OK;

	for (int round = 0; round < ROUNDS * EACH && !e; round++) {
		enum err wanted = round % EACH ? OK : ERR_NO_DOCUMENT;
		struct checkout checkout = make_checkout(b->user_id);
		struct cart_line line = make_line(b->user_id, 1, 1);
		struct list lines;
		bool merged;

		e = cart_put(&merged, ctx, &line);
		e = e ? e : cart_lines(&lines, ctx, b->user_id);
		e = e ? e : checkout_open(ctx, &checkout);
		if (!e && wanted)
			e = checkouts_close(ctx, CHECKOUT_RESERVING, &checkout._id, 1);
		if (e)
			break;
		b->order._id = checkout._id;
		b->lines = lines;
		b->key = (struct key){0};
		e = order_commit(ctx, &b->commit);
		e = e == wanted ? OK : e ? e : ERR_INTERNAL;
	}
	return e;
}

static void test_random_orders_add_up(void **state)
{
	enum err results[RACERS_MAX];

	empty_collection(*state, checkout_collection);
	race(results, RACERS_MAX, order_again_and_again);
	assert_each(results, RACERS_MAX, OK);
	for (int i = 0; i < RACERS_MAX; i++) {
		struct list orders;

		assert_int_equal(orders_of_user(&orders, *state, buyers[i].user_id, NULL, 1000),
				 OK);
		assert_int_equal(orders.n, ROUNDS * (EACH - 1));
		assert_int_equal(lines_of(*state, buyers[i].user_id).n, 0);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_commit_writes_all_parts),
	    TEST(test_commit_is_atomic),
	    TEST(test_second_commit_fails),
	    TEST(test_concurrent_commits_share_a_transaction),
	    TEST(test_abandoned_checkout_does_not_affect_others),
	    TEST(test_changed_cart_does_not_affect_others),
	    TEST(test_used_key_does_not_affect_others),
	    TEST(test_each_commit_gets_its_own_result),
	    TEST(test_repeated_order_is_committed_once),
	    TEST(test_write_conflict_does_not_affect_others),
	    TEST(test_random_orders_add_up),
	};

	return cmocka_run_group_tests_name("order_commit_store", tests, open_all, close_all);
}
