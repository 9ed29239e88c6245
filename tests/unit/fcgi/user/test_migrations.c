/* Migrations of user_db. */
#include "fcgi/user/indexes.h"
#include "store_fixture.h"

#include "db_migrate.h"
#include "fcgi/user/migrations.h"
#include "fcgi/user/user_store.h"

static int open_all(void **state)
{
	(void)state;
	store_open(&user_indexes);
	return 0;
}

static int set_up(void **state)
{
	struct ctx *ctx = store_begin();

	empty_collection(ctx, "users");
	empty_collection(ctx, "migrations");
	*state = ctx;
	return 0;
}

/* Inserts a user of an older version. */
static bson_oid_t put_user(struct ctx *ctx, const char *email)
{
	struct user user = {.name = "Asha", .email = email, .password = "$argon2id$…"};

	bson_oid_init(&user._id, NULL);
	assert_int_equal(user_insert(ctx, &user), OK);
	return user._id;
}

static struct migrated apply(void)
{
	struct migrated out;
	struct work work;

	work_begin(&work, db);
	assert_int_equal(migrations_apply(&out, &work.ctx, &user_migrations), OK);
	work_end(&work);
	return out;
}

static void assert_email(struct ctx *ctx, const bson_oid_t *id, const char *email)
{
	struct user found;
	char hex[25];

	bson_oid_to_string(id, hex);
	assert_int_equal(user_by_id(&found, ctx, hex), OK);
	assert_string_equal(found.email, email);
}

static void test_addresses_are_normalized(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
	    {"asha@example.com", "asha@example.com"},
	    {"Ravi@Example.COM", "ravi@example.com"},
	    {"jose\u0301@example.com", "jos\u00E9@example.com"},
	    {"a@b\u00FCcher.example", "a@xn--bcher-kva.example"},
	    {"b@xn--bcher-kva.example", "b@xn--bcher-kva.example"},
	    {"stra\u00DFe@example.com", "stra\u00DFe@example.com"},
	    {"\u03BD\u03B9\u03BA\u03BF\u03C2@example.com",
	     "\u03BD\u03B9\u03BA\u03BF\u03C3@example.com"},
	    {"no address", "no address"},
	};
	bson_oid_t ids[sizeof rows / sizeof rows[0]];
	struct migrated done;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ids[i] = put_user(*state, rows[i].before);
	done = apply();
	assert_int_equal(done.changed, 4);
	assert_int_equal(done.left, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_email(*state, &ids[i], rows[i].after);
}

/* Both accounts keep different addresses. */
static void test_addresses_of_same_form_are_reported(void **state)
{
	bson_oid_t old = put_user(*state, "Asha@example.com"),
		   present = put_user(*state, "asha@example.com");
	bson_oid_t first = put_user(*state, "a@B\u00DCcher.example"),
		   second = put_user(*state, "a@bu\u0308cher.example");
	struct migrated done = apply();

	assert_int_equal(done.changed, 1);
	assert_int_equal(done.left, 2);
	assert_email(*state, &present, "asha@example.com");
	assert_email(*state, &old, "Asha@example.com");
	assert_email(*state, &first, "a@xn--bcher-kva.example");
	assert_email(*state, &second, "a@bu\u0308cher.example");
	assert_int_equal(count_documents(*state, "users"), 4);
	assert_int_equal(apply().applied, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_addresses_are_normalized),
	    TEST(test_addresses_of_same_form_are_reported),
	};

	return cmocka_run_group_tests_name("user migrations", tests, open_all, store_close);
}
