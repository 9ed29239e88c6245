#define _XOPEN_SOURCE 700 /* nftw */

#include "db_calls.h"
#include "mongod.h"

static struct mongod server;

static int open_all(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1);
	mongod_init(&server, getenv("MONGOD"));
	assert_int_equal(db_replica_set_ensure(server.uri), OK);
	open_database(server.uri);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	db_close(db);
	mongod_dispose(&server);
	return 0;
}

static int begin_with_one(void **state)
{
	begin(state);
	put_thing(*state, "a", 1);
	return 0;
}

/* Makes the server fail a command the next `times` times. `how` is JSON. */
static void fail_command(const char *command, int times, const char *how)
{
	mongoc_client_t *client = mongoc_client_new(server.uri);
	char json[256];
	bson_error_t error;
	bson_t *fault;

	assert_non_null(client);
	snprintf(json, sizeof json,
		 "{\"configureFailPoint\": \"failCommand\", \"mode\": {\"times\": %d},"
		 " \"data\": {\"failCommands\": [\"%s\"], %s}}",
		 times, command, how);
	fault = bson_new_from_json((const uint8_t *)json, -1, &error);
	assert_non_null(fault);
	assert_true(mongoc_client_command_simple(client, "admin", fault, NULL, NULL, &error));
	bson_destroy(fault);
	mongoc_client_destroy(client);
}

static const char CUT[] = "\"closeConnection\": true";
static const char TOO_SLOW[] = "\"errorCode\": 50";
static const char NOT_PRIMARY[] = "\"errorCode\": 10107";

static void test_read_is_retried_after_connection_loss(void **state)
{
	static call *const reads[] = {call_find_one, call_find};

	for (size_t i = 0; i < 2; i++) {
		fail_command("find", 1, CUT);
		assert_int_equal(reads[i](*state), OK);
	}
	fail_command("aggregate", 1, CUT);
	assert_int_equal(call_count(*state), OK);
	assert_true(db_is_up(db));
}

static void test_write_is_not_retried_after_connection_loss(void **state)
{
	fail_command("update", 1, CUT);
	assert_int_equal(call_update(*state), ERR_UNAVAILABLE);
	assert_int_equal(n_of(*state, "a"), 1);
	assert_int_equal(call_update(*state), OK);
	assert_int_equal(n_of(*state, "a"), 2);
}

static void test_transaction_is_retried_after_connection_loss(void **state)
{
	static const char *const commands[] = {"update", "commitTransaction"};

	for (int i = 0; i < 2; i++) {
		fail_command(commands[i], 1, CUT);
		assert_int_equal(call_transaction(*state), OK);
		assert_int_equal(n_of(*state, "a"), 2 + i);
	}
}

/* The driver retries a commit after a connection loss, but not after this error. */
static void test_commit_with_unknown_result_is_retried(void **state)
{
	fail_command("commitTransaction", 2, TOO_SLOW);
	assert_int_equal(call_transaction(*state), OK);
	assert_int_equal(n_of(*state, "a"), 2);
	fail_command("commitTransaction", 100, TOO_SLOW);
	assert_int_equal(call_transaction(*state), ERR_TIMEOUT);
	fail_command("commitTransaction", 0, TOO_SLOW);
}

static void test_circuit_stays_closed_if_primary_is_found(void **state)
{
	fail_command("update", 1, NOT_PRIMARY);
	assert_int_equal(call_update(*state), ERR_UNAVAILABLE);
	assert_int_equal(call_update(*state), OK);
	assert_true(db_is_up(db));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_with_one, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_read_is_retried_after_connection_loss),
	    TEST(test_write_is_not_retried_after_connection_loss),
	    TEST(test_transaction_is_retried_after_connection_loss),
	    TEST(test_commit_with_unknown_result_is_retried),
	    TEST(test_circuit_stays_closed_if_primary_is_found),
	};

	if (!getenv("MONGOD")) {
		puts("db_fault: skipped, because MONGOD doesn't name a mongod");
		return 0;
	}
	return cmocka_run_group_tests_name("db_fault", tests, open_all, close_all);
}
