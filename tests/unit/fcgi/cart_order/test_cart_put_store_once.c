/* Additions under a key: the line and the answer are stored together or not at all. */
#include "cart_fixture.h"
#include "fcgi/cart_order/indexes.h"

#include "fcgi/cart_order/key_store.h"

enum { ROUNDS = 10 };

static const struct cart_answers answers = {"{\"added\":1}", "{\"merged\":1}"};

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static void empty_all(struct ctx *ctx)
{
	empty_collection(ctx, cart_collection);
	empty_collection(ctx, key_collection);
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_all(*state);
	return 0;
}

static struct key key_of(const char *id)
{
	return (struct key){id, "{\"quantity\":2}"};
}

static enum err put_with(struct ctx *ctx, const char *key_id, unsigned char product,
			 int64_t quantity)
{
	struct cart_line line = make_line(USER, product, quantity);
	struct key key = key_of(key_id);
	const char *answer = NULL;

	return cart_put_once(&answer, ctx, &line, &key, &answers);
}

static const char *stored_under(struct ctx *ctx, const char *key_id)
{
	struct key key = key_of(key_id);
	const char *answer = NULL;
	enum err e = key_answer(&answer, ctx, &key);

	assert_true(!e || e == ERR_NO_DOCUMENT);
	return answer;
}

static void test_add_with_key_is_idempotent(void **state)
{
	assert_int_equal(put_with(*state, "a", 1, 2), OK);
	assert_string_equal(stored_under(*state, "a"), answers.added);
	assert_int_equal(put_with(*state, "a", 1, 2), ERR_DUPLICATE);
	assert_int_equal(quantity_of(*state, USER, 1), 2);
	assert_int_equal(put_with(*state, "b", 1, 2), OK);
	assert_string_equal(stored_under(*state, "b"), answers.merged);
	assert_int_equal(quantity_of(*state, USER, 1), 4);
}

static void test_used_key_changes_no_other_line(void **state)
{
	assert_int_equal(put_with(*state, "a", 1, 2), OK);
	assert_int_equal(put_with(*state, "a", 2, 2), ERR_DUPLICATE);
	assert_int_equal(lines_of(*state, USER).n, 1);
}

/* The order removed the line, but not the key. */
static void test_repetition_after_the_order_adds_nothing(void **state)
{
	struct list lines;

	assert_int_equal(put_with(*state, "a", 1, 2), OK);
	lines = lines_of(*state, USER);
	assert_int_equal(remove_lines(*state, USER, &lines), OK);
	assert_int_equal(put_with(*state, "a", 1, 2), ERR_DUPLICATE);
	assert_int_equal(lines_of(*state, USER).n, 0);
}

static void test_refusal_stores_no_answer(void **state)
{
	put(*state, USER, 1, 98);
	assert_int_equal(put_with(*state, "a", 1, 2), ERR_QUANTITY_LIMIT);
	assert_null(stored_under(*state, "a"));
	assert_int_equal(quantity_of(*state, USER, 1), 98);
	for (unsigned char i = 100; i < 100 + CART_LINES_MAX - 1; i++)
		put(*state, USER, i, 1);
	assert_int_equal(put_with(*state, "b", 2, 2), ERR_CART_FULL);
	assert_null(stored_under(*state, "b"));
	assert_int_equal(count_documents(*state, cart_collection), CART_LINES_MAX);
	assert_int_equal(put_with(*state, "b", 100, 2), OK);
}

/* ---- at a time ---- */

static enum err put_same_key(struct ctx *ctx, int i)
{
	(void)i;
	return put_with(ctx, "a", 1, 2);
}

static void test_concurrent_calls_with_one_key_add_once(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		empty_all(*state);
		race(results, RACERS_MAX, put_same_key);
		assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
		assert_int_equal(count_results(results, RACERS_MAX, ERR_DUPLICATE) +
				     count_results(results, RACERS_MAX, ERR_IN_PROGRESS),
				 RACERS_MAX - 1);
		assert_int_equal(quantity_of(*state, USER, 1), 2);
	}
}

/* With keys and without; refused calls have added nothing. */
static enum err put_own_key(struct ctx *ctx, int i)
{
	struct cart_line line = make_line(USER, 1, 2);
	bool merged;

	return i % 2 ? cart_put(&merged, ctx, &line)
		     : put_with(ctx, arena_printf(ctx->arena, "key-%d", i), 1, 2);
}

static void test_concurrent_calls_with_different_keys_add_up(void **state)
{
	enum err results[RACERS_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		int done;

		empty_all(*state);
		race(results, RACERS_MAX, put_own_key);
		done = count_results(results, RACERS_MAX, OK);
		assert_int_equal(done + count_results(results, RACERS_MAX, ERR_IN_PROGRESS),
				 RACERS_MAX);
		assert_int_equal(quantity_of(*state, USER, 1), 2 * done);
		assert_int_equal(lines_of(*state, USER).n, 1);
	}
}

static enum err put_own_product(struct ctx *ctx, int i)
{
	return put_with(ctx, arena_printf(ctx->arena, "key-%d", i), (unsigned char)(1 + i), 2);
}

static void test_concurrent_adds_respect_the_cart_limit(void **state)
{
	enum err results[RACERS_MAX];

	for (unsigned char i = 100; i < 100 + CART_LINES_MAX - 2; i++)
		put(*state, USER, i, 1);
	race(results, RACERS_MAX, put_own_product);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 2);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_CART_FULL), RACERS_MAX - 2);
	assert_int_equal(count_documents(*state, cart_collection), CART_LINES_MAX);
	assert_int_equal(count_documents(*state, key_collection), 2);
}

/* ---- another call is in progress ---- */

/* A concurrent call: number 0 has the same key, number 1 adds to the same line. */
static struct meanwhile {
	const char *key;
	pthread_t thread;
	enum err result;
	int64_t ms;
} calls[] = {{.key = "a"}, {.key = "b"}};

enum { N_CALLS = sizeof calls / sizeof calls[0] };

static void *call_meanwhile(void *arg)
{
	struct meanwhile *call = arg;
	int64_t begun = clock_mono_ms();
	struct work work;

	work_begin(&work, db);
	call->result = put_with(&work.ctx, call->key, 1, 2);
	call->ms = clock_mono_ms() - begun;
	work_end(&work);
	return NULL;
}

static void join_calls(void)
{
	for (int i = 0; i < N_CALLS; i++)
		pthread_join(calls[i].thread, NULL);
}

static enum err change_line(struct ctx *ctx)
{
	struct cart_line line = make_line(USER, 1, 2);
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(USER), "product_id",
						      BCON_OID(&line.product_id)));
	const bson_t *update = ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(2), "}"));

	return db_update(NULL, ctx, cart_collection, filter, update, false);
}

/* Changes the line and writes the key as a first call does, and commits when the other calls have
 * ended or are waiting. */
static enum err put_slowly(struct ctx *ctx, void *arg)
{
	static const struct key key = {"a", "{\"quantity\":2}"};
	const struct timespec pause = {0, 300 * 1000 * 1000};
	bool *begun = arg;
	enum err e = keys_store(ctx, &(struct key_answered){&key, answers.merged}, 1);

	e = e ? e : change_line(ctx);
	if (e || *begun)
		return e;
	*begun = true;
	for (int i = 0; i < N_CALLS; i++)
		assert_int_equal(pthread_create(&calls[i].thread, NULL, call_meanwhile, &calls[i]),
				 0);
	nanosleep(&pause, NULL);
	return OK;
}

static void test_second_call_waits_for_the_first(void **state)
{
	bool begun = false;

	put(*state, USER, 1, 1);
	assert_int_equal(db_transaction(*state, put_slowly, &begun), OK);
	join_calls();
	assert_int_equal(calls[0].result, ERR_DUPLICATE);
	assert_int_equal(calls[1].result, OK);
	assert_int_equal(quantity_of(*state, USER, 1), 5);
}

static enum err put_for_ever(struct ctx *ctx, void *arg)
{
	enum err e = put_slowly(ctx, arg);

	if (!e)
		join_calls();
	return e ? e : ERR_RETRY;
}

/* As where the first one's process was killed: the server ends its transaction, and it is no more.
 */
static void test_second_call_waits_at_most_waiting_ms(void **state)
{
	bool begun = false;

	put(*state, USER, 1, 1);
	assert_int_equal(db_transaction(*state, put_for_ever, &begun), ERR_RETRY);
	assert_int_equal(calls[0].result, ERR_IN_PROGRESS);
	assert_int_equal(calls[1].result, ERR_UNAVAILABLE);
	for (int i = 0; i < N_CALLS; i++) {
		assert_in_range(calls[i].ms, 1900, 4000);
		assert_null(stored_under(*state, calls[i].key));
	}
	assert_int_equal(quantity_of(*state, USER, 1), 1);
	assert_int_equal(put_with(*state, "a", 1, 2), OK);
	assert_int_equal(quantity_of(*state, USER, 1), 3);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_add_with_key_is_idempotent),
	    TEST(test_used_key_changes_no_other_line),
	    TEST(test_repetition_after_the_order_adds_nothing),
	    TEST(test_refusal_stores_no_answer),
	    TEST(test_concurrent_calls_with_one_key_add_once),
	    TEST(test_concurrent_calls_with_different_keys_add_up),
	    TEST(test_concurrent_adds_respect_the_cart_limit),
	    TEST(test_second_call_waits_for_the_first),
	    TEST(test_second_call_waits_at_most_waiting_ms),
	};

	return cmocka_run_group_tests_name("cart_put_store: once", tests, open_all, store_close);
}
