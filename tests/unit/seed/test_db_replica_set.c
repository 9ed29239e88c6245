#define _XOPEN_SOURCE 700 /* nftw */

#include "db_fixture.h"
#include "mongod.h"

enum { WAITED_MS = 1000 };

static struct mongod server;

static int begin_with_a_server(void **state)
{
	(void)state;
	log_init("test", LOG_ERROR + 1);
	mongod_init(&server, getenv("MONGOD"));
	return 0;
}

static int end_server(void **state)
{
	(void)state;
	mongod_dispose(&server);
	return 0;
}

/* Runs a command on the server, in any state. The caller destroys the reply. */
static bool ask(bson_t *reply, const char *database, const char *json)
{
	char uri[64];
	bson_error_t error;
	mongoc_client_t *client;
	bson_t *command = bson_new_from_json((const uint8_t *)json, -1, &error);
	bool ok;

	assert_non_null(command);
	snprintf(uri, sizeof uri, "mongodb://127.0.0.1:%s/?directConnection=true", server.port);
	client = mongoc_client_new(uri);
	assert_non_null(client);
	ok = mongoc_client_command_simple(client, database, command, NULL, reply, &error);
	mongoc_client_destroy(client);
	bson_destroy(command);
	return ok;
}

/* A newly elected member may not accept writes yet. */
static void run_command(const char *database, const char *json)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	bson_t reply;
	bool ok;

	while (!(ok = ask(&reply, database, json)) && clock_mono_ms() < until) {
		bson_destroy(&reply);
		clock_sleep_ms(20);
	}
	bson_destroy(&reply);
	assert_true(ok);
}

/* The text at a path of the stored configuration; "" if there is none. */
static void stored(char *text, size_t size, const char *path)
{
	bson_t reply;
	bson_iter_t it, at;

	*text = '\0';
	if (ask(&reply, "admin", "{\"replSetGetConfig\": 1}") && bson_iter_init(&it, &reply) &&
	    bson_iter_find_descendant(&it, path, &at) && BSON_ITER_HOLDS_UTF8(&at))
		snprintf(text, size, "%s", bson_iter_utf8(&at, NULL));
	bson_destroy(&reply);
}

static void assert_host(const char *port)
{
	char expected[32], host[64];

	snprintf(expected, sizeof expected, "127.0.0.1:%s", port);
	stored(host, sizeof host, "config.members.0.host");
	assert_string_equal(host, expected);
}

/* A member that is restarted at another address is not in its stored configuration. */
static void restart_elsewhere(void)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	char host[64] = "";

	mongod_kill(&server);
	mongod_move(&server);
	mongod_start(&server);
	while (!*host && clock_mono_ms() < until) {
		stored(host, sizeof host, "config.members.0.host");
		clock_sleep_ms(20);
	}
	assert_string_not_equal(host, "");
}

static int64_t documents(void)
{
	bson_t reply;
	bson_iter_t n;
	int64_t found = -1;

	if (ask(&reply, "kept", "{\"count\": \"things\"}") && bson_iter_init_find(&n, &reply, "n"))
		found = bson_iter_as_int64(&n);
	bson_destroy(&reply);
	return found;
}

static void store_a_document(void)
{
	run_command("kept", "{\"insert\": \"things\", \"documents\": [{\"_id\": 1}], "
			    "\"writeConcern\": {\"w\": \"majority\"}}");
}

static void test_local_set_moves_with_its_server(void **state)
{
	(void)state;
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	store_a_document();
	for (int moves = 0; moves < 2; moves++) {
		restart_elsewhere();
		assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
		assert_host(server.port);
		assert_int_equal(documents(), 1);
	}
	run_command("kept", "{\"insert\": \"things\", \"documents\": [{\"_id\": 2}], "
			    "\"writeConcern\": {\"w\": \"majority\"}}");
}

/* The server may not have loaded its configuration when the first command arrives. */
static void test_local_set_moves_while_server_starts(void **state)
{
	(void)state;
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	store_a_document();
	mongod_kill(&server);
	mongod_move(&server);
	mongod_start(&server);
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	assert_host(server.port);
	assert_int_equal(documents(), 1);
}

/* Listens on a port without accepting connections. The caller closes it. */
static int silent_listener(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

/* How many replSetInitiate commands the server got since its start. */
static int64_t initiations(void)
{
	bson_t reply;
	bson_iter_t it, at;
	int64_t n = -1;

	if (ask(&reply, "admin", "{\"serverStatus\": 1}") && bson_iter_init(&it, &reply) &&
	    bson_iter_find_descendant(&it, "metrics.commands.replSetInitiate.total", &at))
		n = bson_iter_as_int64(&at);
	bson_destroy(&reply);
	return n;
}

/* Ensures the set in a child process, with its log in a file. The child closes its copy of the
 * listener, which would otherwise delay the server for 30 s after the test has closed its own. */
static pid_t ensure_apart(const char *log, int listener)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(listener);
		dup2(open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
		log_init("test", LOG_WARNING);
		_exit((int)db_replica_set_ensure_local(server.uri));
	}
	return pid;
}

static void await_line(const char *log, const char *line)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	char text[4096] = "";

	while (!strstr(text, line) && clock_mono_ms() < until) {
		int fd = open(log, O_RDONLY);
		ssize_t n = read(fd, text, sizeof text - 1);

		text[n > 0 ? n : 0] = '\0';
		close(fd);
		clock_sleep_ms(20);
	}
	assert_non_null(strstr(text, line));
}

/* A server that was killed early has lost the collection's count, and it contacts the stored
 * address before it loads the configuration. */
static void test_no_new_set_while_stored_address_is_silent(void **state)
{
	char log[96], asked[64];
	pid_t waiting;
	int fd, status;

	(void)state;
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	store_a_document();
	mongod_kill(&server);
	snprintf(asked, sizeof asked, "\"stored_address\":\"127.0.0.1:%s\"", server.port);
	snprintf(log, sizeof log, "%s/ensure.log", server.dir);
	fd = silent_listener(server.port);
	mongod_move(&server);
	mongod_start(&server);
	waiting = ensure_apart(log, fd);
	await_line(log, asked);
	close(fd);
	assert_int_equal(waitpid(waiting, &status, 0), waiting);
	assert_int_equal(status, 0);
	assert_int_equal(initiations(), 0);
	assert_host(server.port);
	assert_int_equal(documents(), 1);
}

/* The call waits, because the members may become available soon. */
static void test_foreign_set_is_not_moved(void **state)
{
	char old[sizeof server.port];
	pid_t waiting;

	(void)state;
	assert_int_equal(db_replica_set_ensure(server.uri), OK);
	memcpy(old, server.port, sizeof old);
	restart_elsewhere();
	waiting = fork();
	if (waiting == 0)
		_exit((int)db_replica_set_ensure(server.uri));
	clock_sleep_ms(WAITED_MS);
	assert_int_equal(waitpid(waiting, NULL, WNOHANG), 0);
	kill(waiting, SIGKILL);
	waitpid(waiting, NULL, 0);
	assert_host(old);
}

static void test_set_of_several_members_is_not_moved(void **state)
{
	char command[256], old[sizeof server.port];

	(void)state;
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	memcpy(old, server.port, sizeof old);
	/* The second member is down, and has no vote. */
	snprintf(command, sizeof command,
		 "{\"replSetReconfig\": {\"_id\": \"rs0\", \"version\": 10, \"members\": ["
		 "{\"_id\": 0, \"host\": \"127.0.0.1:%s\"}, "
		 "{\"_id\": 1, \"host\": \"127.0.0.1:1\", \"priority\": 0, \"votes\": 0}]}, "
		 "\"force\": true}",
		 server.port);
	run_command("admin", command);
	restart_elsewhere();
	assert_int_equal(db_replica_set_ensure_local(server.uri), ERR_INVALID);
	assert_host(old);
}

static void test_set_of_another_name_is_not_moved(void **state)
{
	char uri[64], old[sizeof server.port];

	(void)state;
	assert_int_equal(db_replica_set_ensure_local(server.uri), OK);
	memcpy(old, server.port, sizeof old);
	restart_elsewhere();
	snprintf(uri, sizeof uri, "mongodb://127.0.0.1:%s/?replicaSet=other", server.port);
	assert_int_equal(db_replica_set_ensure_local(uri), ERR_INVALID);
	assert_host(old);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_with_a_server, end_server)
	const struct CMUnitTest tests[] = {
	    TEST(test_local_set_moves_with_its_server),
	    TEST(test_local_set_moves_while_server_starts),
	    TEST(test_no_new_set_while_stored_address_is_silent),
	    TEST(test_foreign_set_is_not_moved),
	    TEST(test_set_of_several_members_is_not_moved),
	    TEST(test_set_of_another_name_is_not_moved),
	};

	return cmocka_run_group_tests_name("db_replica_set", tests, NULL, NULL);
}
