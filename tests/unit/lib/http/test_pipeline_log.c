/* Log lines of the pipeline: the user, and the writes of staff. */
#include "request.h"

#include <fcntl.h>
#include <unistd.h>

#define USER "65f0c0ffee0123456789abcd"

static char logged[16 * 1024];

static enum err reply_done(struct req *rq)
{
	return req_message(rq, "done");
}

static enum err exhaust_memory(struct req *rq)
{
	return arena_alloc(req_ctx(rq)->arena, 1 << 30) ? OK : ERR_NO_MEMORY;
}

struct change_in {
	const char *thing, *password, *note;
};

static const struct field change_fields[] = {
    {FIELD(struct change_in, thing), .from = FROM_PATH},
    {FIELD(struct change_in, password), .raw = true, .secret = true},
    {FIELD(struct change_in, note), .optional = true},
};
static const struct shape change_in = SHAPE(struct change_in, change_fields);

static struct route rows[] = {
    {PUT, "/things/{thing}", ROLES_SHOPPER | ROLE_SERVICE, &change_in, reply_done},
    {DELETE, "/things", ROLES_SHOPPER | ROLE_SERVICE, NULL, reply_done},
    {GET, "/things", ROLES_SHOPPER | ROLE_SERVICE, NULL, reply_done},
    {POST, "/open", ROUTE_PUBLIC, NULL, reply_done},
    {POST, "/large", ROUTE_PUBLIC, NULL, exhaust_memory},
};
static const struct routes table = ROUTES(rows);
static const struct service_state service = {.routes = &table, .n_tables = 1};

static int begin(void **state)
{
	(void)state;
	calls_begin(&service);
	return 0;
}

static int end(void **state)
{
	(void)state;
	calls_end();
	return 0;
}

/* Runs a call and captures the log. */
static void call_logged(enum role role, const char *method, const char *path, const char *body)
{
	int ends[2], saved = dup(STDERR_FILENO);
	const char *token = role ? token_for(USER, role) : NULL;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	call(&(struct call){method, path, .token = token, .body = body,
			    .params = {role == ROLE_SERVICE ? "LISTENER=internal" : NULL}});
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(ends[1]);
	close(saved);
	n = read(ends[0], logged, sizeof logged - 1);
	close(ends[0]);
	assert_true(n > 0);
	logged[n] = '\0';
}

static bool has(const char *text)
{
	return strstr(logged, text) != NULL;
}

static const char body[] = "{\"password\":\"hush-hush\",\"note\":\"a\"}";

static void test_log_lines_have_user_id(void **state)
{
	(void)state;
	call_logged(ROLE_CUSTOMER, "GET", "/things", NULL);
	assert_true(has("\"user_id\":\"" USER "\""));
	call_logged(ROLE_CUSTOMER, "PUT", "/things/1", "{}"); /* refused */
	assert_true(has("\"user_id\":\"" USER "\""));
}

static void test_log_lines_without_caller_have_no_user(void **state)
{
	(void)state;
	call_logged(ROLE_SERVICE, "GET", "/things", NULL);
	assert_false(has("user_id"));
	call_logged(0, "POST", "/open", NULL);
	assert_false(has("user_id"));
	call_logged(0, "GET", "/things", NULL);
	assert_false(has("user_id"));
}

static void test_staff_writes_are_logged_with_input(void **state)
{
	(void)state;
	call_logged(ROLE_ADMIN, "PUT", "/things/7", body);
	assert_true(has("\"user_id\":\"" USER "\",\"role\":\"admin\",\"method\":\"PUT\","
			"\"route\":\"/things/{thing}\",\"msg\":\"staff.write\","
			"\"input\":\"{\\\"thing\\\":\\\"7\\\",\\\"note\\\":\\\"a\\\"}\"}\n"));
	assert_false(has("hush"));
	call_logged(ROLE_COURIER, "DELETE", "/things", NULL);
	assert_true(has("\"role\":\"courier\",\"method\":\"DELETE\""));
}

static void test_other_calls_are_not_logged_as_staff_writes(void **state)
{
	(void)state;
	call_logged(ROLE_CUSTOMER, "PUT", "/things/7", body);
	assert_false(has("staff.write"));
	call_logged(ROLE_SERVICE, "PUT", "/things/7", body);
	assert_false(has("staff.write"));
	call_logged(ROLE_ADMIN, "GET", "/things", NULL);
	assert_false(has("staff.write"));
	call_logged(ROLE_ADMIN, "PUT", "/things/7", "{}"); /* no change was made */
	assert_false(has("staff.write"));
}

static void test_out_of_memory_is_logged(void **state)
{
	(void)state;
	call_logged(0, "POST", "/large", NULL);
	assert_true(has("\"msg\":\"request.out_of_memory\""));
	assert_true(has("\"route\":\"/large\",\"status\":503"));
	call_logged(0, "POST", "/open", NULL);
	assert_false(has("out_of_memory"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_log_lines_have_user_id),
	    TEST(test_log_lines_without_caller_have_no_user),
	    TEST(test_staff_writes_are_logged_with_input),
	    TEST(test_other_calls_are_not_logged_as_staff_writes),
	    TEST(test_out_of_memory_is_logged),
	};

	log_init("test", LOG_INFO);
	if (token_init("0123456789abcdef0123456789abcdef") ||
	    token_init_service("fedcba9876543210fedcba9876543210", ""))
		return 1;
	return cmocka_run_group_tests_name("pipeline_log", tests, NULL, NULL);
}
