#include "db_fixture.h"

static struct db_index index_on(const char *keys)
{
	return (struct db_index){.collection = "indexed", .keys = keys};
}

/* The server's description of an index: {key, name, …}; NULL if there is none. */
static bson_t *find_index(struct ctx *ctx, const char *of, const char *name)
{
	mongoc_client_t *client = mongoc_client_new(test_uri());
	mongoc_collection_t *collection = mongoc_client_get_collection(client, test_database(), of);
	mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(collection, NULL);
	bson_t *found = NULL;
	const bson_t *doc;
	bson_iter_t it;

	while (mongoc_cursor_next(cursor, &doc)) {
		if (bson_iter_init_find(&it, doc, "name") &&
		    strcmp(bson_iter_utf8(&it, NULL), name) == 0)
			found = ctx_bson(ctx, bson_copy(doc));
	}
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(collection);
	mongoc_client_destroy(client);
	return found;
}

static void test_index_is_created_once(void **state)
{
	struct db_index index = index_on("{\"user_id\": 1, \"n\": -1}");

	for (int i = 0; i < 2; i++)
		assert_int_equal(db_index_ensure(*state, test_database(), &index), OK);
	assert_non_null(find_index(*state, "indexed", "user_id_1_n_-1"));
}

static void test_unique_index(void **state)
{
	struct db_index index = index_on("{\"name\": 1}");
	struct thing thing = make_thing("a", 1), again = make_thing("a", 2);

	index.unique = true;
	assert_int_equal(db_index_ensure(*state, test_database(), &index), OK);
	assert_int_equal(db_insert(*state, "indexed", &thing_shape, &thing), OK);
	assert_int_equal(db_insert(*state, "indexed", &thing_shape, &again), ERR_DUPLICATE);
}

static void test_expiring_index(void **state)
{
	struct db_index index = index_on("{\"created_at\": 1}");
	const bson_t *made;
	bson_iter_t it;

	index.expire_after = 60;
	assert_int_equal(db_index_ensure(*state, test_database(), &index), OK);
	made = find_index(*state, "indexed", "created_at_1");
	assert_non_null(made);
	assert_true(bson_iter_init_find(&it, made, "expireAfterSeconds"));
	assert_int_equal(bson_iter_as_int64(&it), 60);
}

/* The index has only documents that match its filter. */
static void test_partial_index(void **state)
{
	struct db_index index = index_on("{\"name\": 1, \"n\": 1}");
	struct thing things[] = {make_thing("part", 1), make_thing("part", 1),
				 make_thing("part", 2), make_thing("part", 2)};
	const bson_t *made;
	bson_iter_t it;

	index.collection = "partly";
	index.unique = true;
	index.partial = "{\"n\": 1}";
	for (int i = 0; i < 2; i++)
		assert_int_equal(db_index_ensure(*state, test_database(), &index), OK);
	assert_int_equal(db_insert(*state, "partly", &thing_shape, &things[0]), OK);
	assert_int_equal(db_insert(*state, "partly", &thing_shape, &things[1]), ERR_DUPLICATE);
	assert_int_equal(db_insert(*state, "partly", &thing_shape, &things[2]), OK);
	assert_int_equal(db_insert(*state, "partly", &thing_shape, &things[3]), OK);
	made = find_index(*state, "partly", "name_1_n_1");
	assert_non_null(made);
	assert_true(bson_iter_init_find(&it, made, "partialFilterExpression"));
}

static void test_index_without_filter(void **state)
{
	struct db_index index = index_on("{\"all\": 1}");
	bson_iter_t it;

	assert_int_equal(db_index_ensure(*state, test_database(), &index), OK);
	assert_false(bson_iter_init_find(&it, find_index(*state, "indexed", "all_1"),
					 "partialFilterExpression"));
}

static void test_invalid_index_is_refused(void **state)
{
	struct db_index bad_keys = index_on("{\"n\": ");
	struct db_index plain = index_on("{\"other\": 1}"), changed = plain;
	struct db_index bad_partial = index_on("{\"half\": 1}");

	bad_partial.partial = "{\"state\": ";
	assert_int_equal(db_index_ensure(*state, test_database(), &bad_keys), ERR_INTERNAL);
	assert_int_equal(db_index_ensure(*state, test_database(), &bad_partial), ERR_INTERNAL);
	assert_null(find_index(*state, "indexed", "half_1"));
	bad_partial.partial = "{\"$nothing\": 1}";
	assert_int_equal(db_index_ensure(*state, test_database(), &bad_partial), ERR_INTERNAL);
	changed.unique = true;
	assert_int_equal(db_index_ensure(*state, test_database(), &plain), OK);
	assert_int_equal(db_index_ensure(*state, test_database(), &changed), ERR_INTERNAL);
}

static void test_index_after_deadline(void **state)
{
	struct ctx *ctx = *state;
	struct db_index index = index_on("{\"late\": 1}");

	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(db_index_ensure(ctx, test_database(), &index), ERR_TIMEOUT);
}

/* Whether the account can log in with that password. */
static bool logs_in(const char *name, const char *password)
{
	mongoc_uri_t *uri = mongoc_uri_new(test_uri());
	bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
	mongoc_client_t *client;
	bool ok;

	assert_true(mongoc_uri_set_username(uri, name) && mongoc_uri_set_password(uri, password));
	client = mongoc_client_new_from_uri(uri);
	ok = mongoc_client_command_simple(client, "admin", ping, NULL, NULL, NULL);
	mongoc_client_destroy(client);
	bson_destroy(ping);
	mongoc_uri_destroy(uri);
	return ok;
}

/* The roles of an account as JSON: [{role, db}, …]. */
static const char *roles_of(struct ctx *ctx, const char *name)
{
	mongoc_client_t *client = mongoc_client_new(test_uri());
	bson_t *command = BCON_NEW("usersInfo", BCON_UTF8(name));
	bson_iter_t it, roles;
	bson_t reply, list;
	const uint8_t *data;
	const char *text;
	uint32_t len;
	char *json;

	assert_true(mongoc_client_command_simple(client, "admin", command, NULL, &reply, NULL));
	assert_true(bson_iter_init(&it, &reply) &&
		    bson_iter_find_descendant(&it, "users.0.roles", &roles));
	bson_iter_array(&roles, &len, &data);
	assert_true(bson_init_static(&list, data, len));
	json = bson_array_as_json(&list, NULL);
	text = arena_printf(ctx->arena, "%s", json);
	bson_free(json);
	bson_destroy(&reply);
	bson_destroy(command);
	mongoc_client_destroy(client);
	return text;
}

static void test_account_password_and_roles_are_set(void **state)
{
	struct db_account account = {"reader", "first password", "readWrite",
				     (const char *const[]){"one_db", "two_db", NULL}};

	assert_int_equal(db_account_ensure(*state, &account), OK);
	assert_true(logs_in("reader", "first password"));
	account.password = "second password";
	account.databases = (const char *const[]){"one_db", NULL};
	assert_int_equal(db_account_ensure(*state, &account), OK);
	assert_true(logs_in("reader", "second password"));
	assert_false(logs_in("reader", "first password"));
	assert_string_equal(roles_of(*state, "reader"),
			    "[ { \"role\" : \"readWrite\", \"db\" : \"one_db\" } ]");
}

static void test_unknown_role_is_refused(void **state)
{
	struct db_account account = {"nobody", "password", "emperor",
				     (const char *const[]){"one_db", NULL}};

	assert_int_equal(db_account_ensure(*state, &account), ERR_INTERNAL);
	assert_false(logs_in("nobody", "password"));
}

static void test_account_after_deadline(void **state)
{
	struct ctx *ctx = *state;
	struct db_account account = {"late", "password", "readWrite",
				     (const char *const[]){"one_db", NULL}};

	ctx->deadline = clock_mono_ms() - 1;
	assert_int_equal(db_account_ensure(ctx, &account), ERR_TIMEOUT);
}

static void test_replica_set_with_primary_is_unchanged(void **state)
{
	(void)state;
	assert_int_equal(db_replica_set_ensure(test_uri()), OK);
}

static void test_address_without_replica_set_is_refused(void **state)
{
	(void)state;
	assert_int_equal(db_replica_set_ensure("mongodb://127.0.0.1"), ERR_INVALID);
	assert_int_equal(db_replica_set_ensure("127.0.0.1"), ERR_INVALID);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_index_is_created_once),
	    TEST(test_unique_index),
	    TEST(test_expiring_index),
	    TEST(test_partial_index),
	    TEST(test_index_without_filter),
	    TEST(test_invalid_index_is_refused),
	    TEST(test_index_after_deadline),
	    TEST(test_account_password_and_roles_are_set),
	    TEST(test_unknown_role_is_refused),
	    TEST(test_account_after_deadline),
	    TEST(test_replica_set_with_primary_is_unchanged),
	    TEST(test_address_without_replica_set_is_refused),
	};

	return cmocka_run_group_tests_name("db_admin", tests, open_shared, close_shared);
}
