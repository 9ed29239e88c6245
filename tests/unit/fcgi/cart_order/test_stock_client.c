/* Stock calls to a product service of this version, and to one of the version before. */
#include "captured_log.h"
#include "neighbours.h"

#include "fcgi/cart_order/stock_client.h"

static int set_up(void **state)
{
	neighbours_reset();
	*state = store_begin();
	return 0;
}

static struct list two_lines(void)
{
	return make_checkout(USER).items;
}

static enum err reserve(struct ctx *ctx)
{
	struct list lines = two_lines(), reserved;
	struct json_object *refused;
	bson_oid_t id = product_id_of(9);

	return stock_reserve(&reserved, &refused, ctx, &id, &lines);
}

static enum err release(struct ctx *ctx)
{
	struct list lines = two_lines(), full;
	bson_oid_t id = product_id_of(9);

	return stock_release(&full, ctx, &id, &lines, RELEASE_ANSWERED, 0);
}

static enum err confirm(struct ctx *ctx)
{
	bson_oid_t id = product_id_of(9);

	return stock_confirm(ctx, &id, 1);
}

/* Requests since the last reset, answered with 404 or not. */
static int requests(void)
{
	return all_calls() + unknown_calls();
}

static void test_calls_of_this_version_are_sent_once(void **state)
{
	enum err e;

	log_init("test", LOG_WARNING);
	log_begin();
	e = reserve(*state);
	e = e ? e : release(*state);
	e = e ? e : confirm(*state);
	log_end();
	log_init("test", LOG_ERROR + 1);
	assert_int_equal(e, OK);
	assert_string_equal(logged, "");
	assert_int_equal(calls_of(RESERVE), 1);
	assert_int_equal(calls_of(RELEASE), 1);
	assert_int_equal(calls_of(CONFIRM), 1);
	assert_int_equal(requests(), 3);
}

/* The first call detects the path, and later calls use it; also after the service was updated. */
static void test_paths_of_the_version_before_are_found_and_kept(void **state)
{
	neighbours_are_of_the_version_before();
	assert_int_equal(reserve(*state), OK);
	assert_int_equal(requests(), 2);
	assert_int_equal(reserve(*state), OK);
	assert_int_equal(release(*state), OK);
	assert_int_equal(confirm(*state), OK);
	assert_int_equal(requests(), 5);
	assert_int_equal(calls_of(RESERVE), 2);
	neighbours_reset();
	assert_int_equal(confirm(*state), OK);
	assert_int_equal(reserve(*state), OK);
	assert_int_equal(requests(), 3);
	assert_int_equal(unknown_calls(), 1);
}

static void test_refusals_of_the_version_before_are_read(void **state)
{
	neighbours_are_of_the_version_before();
	neighbour_answers(RESERVE, "409 {\"code\":\"out_of_stock\",\"product_ids\":[]}");
	assert_int_equal(reserve(*state), ERR_OUT_OF_STOCK);
	neighbour_answers(RELEASE, "409 {\"code\":\"stock_release_put_off\",\"product_ids\":[]}");
	assert_int_equal(release(*state), ERR_STOCK_RELEASE_POSTPONED);
	neighbours_reset();
	assert_int_equal(reserve(*state), OK);
}

static void test_other_errors_are_not_repeated(void **state)
{
	static const char *const bad[] = {"404 {}", "404 {\"code\":\"product_not_found\"}",
					  "500 {}", "503 {}", "/cut"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		neighbours_reset();
		neighbour_answers(RESERVE, bad[i]);
		assert_true(err_is_temporary(reserve(*state)));
		assert_int_equal(requests(), 1);
	}
}

/* Neither path is known: the call fails, and nothing is remembered. */
static void test_unknown_paths_are_an_error(void **state)
{
	neighbours[RESERVE].part = "/nowhere";
	assert_true(err_is_temporary(reserve(*state)));
	assert_int_equal(unknown_calls(), 2);
	neighbours_reset();
	assert_int_equal(reserve(*state), OK);
	assert_int_equal(requests(), 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_calls_of_this_version_are_sent_once),
	    TEST(test_paths_of_the_version_before_are_found_and_kept),
	    TEST(test_refusals_of_the_version_before_are_read),
	    TEST(test_other_errors_are_not_repeated),
	    TEST(test_unknown_paths_are_an_error),
	};

	return cmocka_run_group_tests_name("stock_client", tests, neighbours_open,
					   neighbours_close);
}
