/* Users in the database. */
#include "fcgi/user/indexes.h"
#include "store_fixture.h"

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
	*state = ctx;
	return 0;
}

static struct user make_user(const char *email)
{
	struct user user = {.name = "Asha",
			    .email = email,
			    .password = "$argon2id$…",
			    .role = account_role_index(ROLE_COURIER),
			    .created_at.ms = 1772357400250};

	bson_oid_init(&user._id, NULL);
	return user;
}

static struct user put_user(struct ctx *ctx, const char *email)
{
	struct user user = make_user(email);

	assert_int_equal(user_insert(ctx, &user), OK);
	return user;
}

static void assert_user(const struct user *found, const struct user *wanted)
{
	assert_true(bson_oid_equal(&found->_id, &wanted->_id));
	assert_string_equal(found->name, wanted->name);
	assert_string_equal(found->email, wanted->email);
	assert_string_equal(found->password, wanted->password);
	assert_int_equal(found->role, wanted->role);
	assert_int_equal(found->created_at.ms, wanted->created_at.ms);
}

/* ---- users ---- */

static void test_find_by_email_and_id(void **state)
{
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), found;
	char id[25];

	put_user(ctx, "b@example.com");
	bson_oid_to_string(&user._id, id);
	assert_int_equal(user_by_email(&found, ctx, "a@example.com"), OK);
	assert_user(&found, &user);
	assert_int_equal(user_by_id(&found, ctx, id), OK);
	assert_user(&found, &user);
}

static void test_unknown_user(void **state)
{
	static const char *const ids[] = {"65f0c0ffee0123456789abcd", "", "x", "service",
					  "65f0c0ffee0123456789abcd0"};
	struct ctx *ctx = *state;
	struct user found = {.name = "untouched"};

	put_user(ctx, "a@example.com");
	assert_int_equal(user_by_email(&found, ctx, "c@example.com"), ERR_USER_NOT_FOUND);
	assert_int_equal(user_by_email(&found, ctx, ""), ERR_USER_NOT_FOUND);
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		assert_int_equal(user_by_id(&found, ctx, ids[i]), ERR_USER_NOT_FOUND);
	assert_string_equal(found.name, "untouched");
}

static void test_email_is_unique(void **state)
{
	struct ctx *ctx = *state;
	struct user first = put_user(ctx, "a@example.com"), second = make_user("a@example.com");
	struct user found;

	second.name = "Another";
	assert_int_equal(user_insert(ctx, &second), ERR_EMAIL_EXISTS);
	assert_int_equal(user_by_email(&found, ctx, "a@example.com"), OK);
	assert_user(&found, &first);
}

static enum err register_same(struct ctx *ctx, int i)
{
	struct user user = make_user("race@example.com");

	(void)i;
	return user_insert(ctx, &user);
}

static void test_concurrent_inserts_succeed_once(void **state)
{
	enum err results[RACERS_MAX];

	race(results, RACERS_MAX, register_same);
	assert_int_equal(count_results(results, RACERS_MAX, OK), 1);
	assert_int_equal(count_results(results, RACERS_MAX, ERR_EMAIL_EXISTS), RACERS_MAX - 1);
	assert_int_equal(count_documents(*state, "users"), 1);
}

static void test_grant(void **state)
{
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), found;

	for (int role = 0; account_roles[role]; role++) {
		assert_int_equal(user_grant(ctx, &user._id, account_role(role)), OK);
		assert_int_equal(user_by_email(&found, ctx, "a@example.com"), OK);
		user.role = role;
		assert_user(&found, &user);
	}
	bson_oid_init(&user._id, NULL);
	assert_int_equal(user_grant(ctx, &user._id, ROLE_ADMIN), ERR_USER_NOT_FOUND);
	assert_int_equal(count_documents(ctx, "users"), 1);
}

static void test_grant_of_other_role_is_refused(void **state)
{
	static const unsigned none[] = {ROLE_SERVICE, ROLE_COURIER | ROLE_ADMIN, 0};
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), found;

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(user_grant(ctx, &user._id, (enum role)none[i]), ERR_INVALID);
	assert_int_equal(user_by_email(&found, ctx, "a@example.com"), OK);
	assert_user(&found, &user);
}

static void test_unknown_role_is_malformed(void **state)
{
	static const char *const words[] = {"boss", "service", "Admin", ""};
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), found;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		bson_t *one = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&user._id)));
		bson_t *role =
		    ctx_bson(ctx, BCON_NEW("$set", "{", "role", BCON_UTF8(words[i]), "}"));

		assert_int_equal(db_update(NULL, ctx, "users", one, role, false), OK);
		assert_int_not_equal(user_by_email(&found, ctx, "a@example.com"), OK);
		assert_int_equal(user_for_login(&found, ctx, "a@example.com"), ERR_USER_NOT_FOUND);
	}
}

static void assert_password(struct ctx *ctx, const char *email, const char *password)
{
	struct user found;

	assert_int_equal(user_by_email(&found, ctx, email), OK);
	assert_string_equal(found.password, password);
}

/* Neither overwrites a password that the user has changed meanwhile. */
static void test_disable_and_enable_need_unchanged_password(void **state)
{
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), other = put_user(ctx, "b@example.com");

	assert_int_equal(user_enable(ctx, &user, "back"), ERR_USER_NOT_FOUND);
	assert_int_equal(user_disable(ctx, &user, "away"), OK);
	assert_password(ctx, "a@example.com", "away");
	assert_int_equal(user_disable(ctx, &user, "again"), ERR_USER_NOT_FOUND);
	assert_int_equal(user_enable(ctx, &user, "back"), ERR_USER_NOT_FOUND);
	user.password = "away";
	assert_int_equal(user_enable(ctx, &user, "back"), OK);
	assert_int_equal(user_enable(ctx, &user, "twice"), ERR_USER_NOT_FOUND);
	assert_password(ctx, "a@example.com", "back");
	assert_password(ctx, "b@example.com", other.password);
}

static void test_rehash_needs_unchanged_password(void **state)
{
	struct ctx *ctx = *state;
	struct user user = put_user(ctx, "a@example.com"), other = put_user(ctx, "b@example.com");

	assert_int_equal(user_rehash(ctx, &user, "new"), OK);
	assert_password(ctx, "a@example.com", "new");
	assert_int_equal(user_rehash(ctx, &user, "late"), ERR_USER_NOT_FOUND);
	assert_password(ctx, "a@example.com", "new");
	assert_password(ctx, "b@example.com", other.password);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_find_by_email_and_id),
	    TEST(test_unknown_user),
	    TEST(test_email_is_unique),
	    TEST(test_concurrent_inserts_succeed_once),
	    TEST(test_grant),
	    TEST(test_grant_of_other_role_is_refused),
	    TEST(test_unknown_role_is_malformed),
	    TEST(test_disable_and_enable_need_unchanged_password),
	    TEST(test_rehash_needs_unchanged_password),
	};

	return cmocka_run_group_tests_name("user_store", tests, open_all, store_close);
}
