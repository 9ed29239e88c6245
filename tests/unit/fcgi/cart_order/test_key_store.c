#include "fcgi/cart_order/indexes.h"
#include "request.h"
#include "store_fixture.h"

#include "fcgi/cart_order/key_api.h"

/* ---- a service that says what it read ---- */

struct wish_in {
	const char *user_id, *order_id;
	struct money expected_total;
};

static const struct field wish_fields[] = {
    {FIELD(struct wish_in, order_id), .from = FROM_PATH},
    {FIELD(struct wish_in, user_id)},
    {FIELD(struct wish_in, expected_total), .optional = true},
};
static const struct shape wish_in = SHAPE(struct wish_in, wish_fields);

static struct key last;

static enum err read_key(struct req *rq)
{
	const struct wish_in *in = req_input(rq);
	struct key key = {"left over", "left over"};
	enum err e = key_read(&key, rq, "create", in->user_id);

	if (e)
		return e;
	last = (struct key){0};
	if (key.id) {
		last.id = arena_strndup(calls.arena, key.id, strlen(key.id));
		last.request = arena_strndup(calls.arena, key.request, strlen(key.request));
	}
	return req_message(rq, key.id ? key.id : "none");
}

static struct route rows[] = {{POST, "/order/{order_id}", ROUTE_PUBLIC, &wish_in, read_key}};
static const struct routes table = ROUTES(rows);
static const struct service_state service = {.routes = &table, .n_tables = 1};

static int open_all(void **state)
{
	(void)state;
	store_open(&cart_order_indexes);
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, key_collection);
	calls_begin(&service);
	return 0;
}

static int tear_down(void **state)
{
	calls_end();
	return store_end(state);
}

/* ---- reading ---- */

static void call_with(const char *value, const char *path, const char *body)
{
	const char *line =
	    value ? arena_printf(calls.arena, "HTTP_IDEMPOTENCY_KEY=%s", value) : NULL;

	call(&(struct call){"POST", path, .body = body, .params = {line}});
}

static void call_with_key(const char *value)
{
	call_with(value, "/order/1", "{\"user_id\":\"u-1\"}");
}

/* A text of so many characters. */
static const char *text_of(size_t n)
{
	char *text = arena_alloc(calls.arena, n + 1);

	assert_non_null(text);
	memset(text, 'k', n);
	text[n] = '\0';
	return text;
}

static void test_key_belongs_to_user_and_route(void **state)
{
	(void)state;
	call_with_key("k-1");
	assert_answer(200, "{\"message\":\"create|u-1|k-1\"}");
	call_with("k-1", "/order/1", "{\"user_id\":\"u-2\"}");
	assert_answer(200, "{\"message\":\"create|u-2|k-1\"}");
}

static void test_key_is_optional(void **state)
{
	(void)state;
	call_with_key(NULL);
	assert_answer(200, "{\"message\":\"none\"}");
}

static void test_key_accepts_visible_ascii(void **state)
{
	const char *good[] = {"!", "~", "a|b|c", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"",
			      text_of(KEY_MAX)};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		call_with_key(good[i]);
		assert_int_equal(calls.answer->status, 200);
		assert_string_equal(last.id, arena_printf(calls.arena, "create|u-1|%s", good[i]));
	}
}

static void test_invalid_keys_are_refused(void **state)
{
	const char *bad[] = {"",
			     " ",
			     "a b",
			     "a\t",
			     "a\x7F",
			     "\x1F",
			     "\xC3\xA4",
			     "k\x80",
			     " k",
			     "k ",
			     text_of(KEY_MAX + 1),
			     text_of(8000)};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		call_with_key(bad[i]);
		assert_error(400, "Invalid Idempotency-Key", "invalid_idempotency_key");
	}
}

/* It would be ambiguous which key is meant. */
static void test_two_keys_are_refused(void **state)
{
	static const char *const second[] = {"HTTP_IDEMPOTENCY_KEY=k-1", "HTTP_IDEMPOTENCY_KEY=k-2",
					     "HTTP_IDEMPOTENCY_KEY="};

	(void)state;
	for (size_t i = 0; i < sizeof second / sizeof second[0]; i++) {
		call(&(struct call){"POST", "/order/1", .body = "{\"user_id\":\"u-1\"}",
				    .params = {"HTTP_IDEMPOTENCY_KEY=k-1", second[i]}});
		assert_error(400, "Invalid Idempotency-Key", "invalid_idempotency_key");
	}
}

/* ---- what is asked for ---- */

static const char *request_of(const char *path, const char *body)
{
	call_with("k-1", path, body);
	assert_int_equal(calls.answer->status, 200);
	return last.request;
}

static void test_request_text_has_the_known_fields(void **state)
{
	static const char *const same[] = {
	    "{\"expected_total\":60,\"user_id\":\"u-1\"}",
	    " { \"user_id\" : \"u-1\" , \"expected_total\" : 60.00 } ",
	    "{\"user_id\":\" u-1 \",\"expected_total\":60.0}",
	    "{\"user_id\":\"\\u0075-1\",\"expected_total\":60,\"unknown\":1}",
	};
	static const char *const others[] = {
	    "{\"user_id\":\"u-1\"}",
	    "{\"user_id\":\"u-1\",\"expected_total\":60.01}",
	    "{\"user_id\":\"u-1\",\"expected_total\":0}",
	    "{\"user_id\":\"u-2\",\"expected_total\":60}",
	};
	const char *first = request_of("/order/1", "{\"user_id\":\"u-1\",\"expected_total\":60}");

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		assert_string_equal(request_of("/order/1", same[i]), first);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_string_not_equal(request_of("/order/1", others[i]), first);
	assert_string_equal(request_of("/order/1", "{\"user_id\":\"u-1\",\"expected_total\":null}"),
			    request_of("/order/1", others[0]));
}

static void test_request_text_has_the_path(void **state)
{
	(void)state;
	assert_string_not_equal(request_of("/order/1", "{\"user_id\":\"u-1\"}"),
				request_of("/order/2", "{\"user_id\":\"u-1\"}"));
}

/* ---- storing ---- */

static const struct key a_key = {"create|u-1|k-1", "{\"user_id\":\"u-1\"}"};

static enum err store(struct ctx *ctx, const struct key *key, const char *answer)
{
	return keys_store(ctx, &(struct key_answered){key, answer}, 1);
}

static void test_stored_answer_is_returned_byte_for_byte(void **state)
{
	static const char answer[] = "{\"total\":60.50, \"message\" : \"\xC3\xA4\\u00e4\\n\"}";
	const char *read = NULL;

	assert_int_equal(key_answer(&read, *state, &a_key), ERR_NO_DOCUMENT);
	assert_null(read);
	assert_int_equal(store(*state, &a_key, answer), OK);
	assert_int_equal(key_answer(&read, *state, &a_key), OK);
	assert_string_equal(read, answer);
}

static void test_other_request_gets_no_answer(void **state)
{
	static const struct key other = {"create|u-1|k-1", "{\"user_id\":\"u-1\",\"n\":1}"};
	const char *read = "unchanged";

	assert_int_equal(store(*state, &a_key, "{}"), OK);
	assert_int_equal(key_answer(&read, *state, &other), ERR_INVALID);
	assert_string_equal(read, "unchanged");
}

static void test_other_key_gets_no_answer(void **state)
{
	static const char *const others[] = {"create|u-1|k-2", "create|u-2|k-1", "cancel|u-1|k-1",
					     "create|u-1|k"};
	const char *read = NULL;

	assert_int_equal(store(*state, &a_key, "{}"), OK);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct key other = {others[i], a_key.request};

		assert_int_equal(key_answer(&read, *state, &other), ERR_NO_DOCUMENT);
	}
}

static void test_first_answer_is_kept(void **state)
{
	const char *read = NULL;

	assert_int_equal(store(*state, &a_key, "1"), OK);
	assert_int_equal(store(*state, &a_key, "2"), ERR_DUPLICATE);
	assert_int_equal(key_answer(&read, *state, &a_key), OK);
	assert_string_equal(read, "1");
}

static void test_nothing_is_stored_without_a_key(void **state)
{
	static const struct key none;
	const char *read = NULL;

	assert_int_equal(store(*state, &none, "1"), OK);
	assert_int_equal(store(*state, &none, "2"), OK);
	assert_int_equal(key_answer(&read, *state, &none), ERR_NO_DOCUMENT);
	assert_int_equal(count_documents(*state, key_collection), 0);
}

static enum err store_and_fail(struct ctx *ctx, void *arg)
{
	enum err e = store(ctx, arg, "{}");

	return e ? e : ERR_RETRY;
}

static void test_answer_is_stored_in_the_transaction(void **state)
{
	struct key key = a_key;

	assert_int_equal(db_transaction(*state, store_and_fail, &key), ERR_RETRY);
	assert_int_equal(count_documents(*state, key_collection), 0);
}

/* The TTL index removes it two days after created_at. */
static void test_answer_expires_after_two_days(void **state)
{
	int64_t now = clock_now_ms(), n = 0;
	bool found = false;

	assert_int_equal(store(*state, &a_key, "{}"), OK);
	assert_int_equal(db_count(&n, *state, key_collection,
				  ctx_bson(*state,
					   BCON_NEW("created_at", "{", "$gte", BCON_DATE_TIME(now),
						    "$lte", BCON_DATE_TIME(now + 5000), "}")),
				  10),
			 OK);
	assert_int_equal(n, 1);
	for (size_t i = 0; i < cart_order_indexes.n; i++) {
		const struct db_index *index = &cart_order_indexes.rows[i];

		found = found || (strcmp(index->collection, key_collection) == 0 &&
				  strcmp(index->keys, "{\"created_at\": 1}") == 0 &&
				  index->expire_after == 48 * 3600);
	}
	assert_true(found);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_key_belongs_to_user_and_route),
	    TEST(test_key_is_optional),
	    TEST(test_key_accepts_visible_ascii),
	    TEST(test_invalid_keys_are_refused),
	    TEST(test_two_keys_are_refused),
	    TEST(test_request_text_has_the_known_fields),
	    TEST(test_request_text_has_the_path),
	    TEST(test_stored_answer_is_returned_byte_for_byte),
	    TEST(test_other_request_gets_no_answer),
	    TEST(test_other_key_gets_no_answer),
	    TEST(test_first_answer_is_kept),
	    TEST(test_nothing_is_stored_without_a_key),
	    TEST(test_answer_is_stored_in_the_transaction),
	    TEST(test_answer_expires_after_two_days),
	};

	return cmocka_run_group_tests_name("key_store", tests, open_all, store_close);
}
