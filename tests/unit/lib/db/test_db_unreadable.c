/* Documents that don't fit a shape are logged, and skipped if the query allows that. */
#include "captured_log.h"
#include "db_fixture.h"

/* ---- documents ---- */

/* Frees `set`, the update's $set. */
static void put_document(struct ctx *ctx, bson_t *filter, bson_t *set)
{
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", BCON_DOCUMENT(ctx_bson(ctx, set))));

	assert_int_equal(db_update(NULL, ctx, THINGS, ctx_bson(ctx, filter), update, true), OK);
}

/* A thing without n. */
static bson_oid_t put_older(struct ctx *ctx, const char *name)
{
	bson_oid_t id;

	bson_oid_init(&id, NULL);
	put_document(ctx, BCON_NEW("_id", BCON_OID(&id)), BCON_NEW("name", BCON_UTF8(name)));
	return id;
}

static enum err find(struct list *list, struct ctx *ctx, size_t limit, bool skip)
{
	bson_t *by_name = ctx_bson(ctx, BCON_NEW("name", BCON_INT32(1)));

	return db_find(list, ctx, THINGS, &thing_shape,
		       &(struct db_query){.filter = everything(ctx),
					  .sort = by_name,
					  .limit = limit,
					  .skip_malformed = skip});
}

static const struct thing *thing_at(const struct list *list, size_t i)
{
	return (const struct thing *)list->items + i;
}

/* ---- tests ---- */

static void test_log_names_document_and_field(void **state)
{
	struct ctx *ctx = *state;
	struct thing out;
	bson_oid_t id = put_older(ctx, "old");
	char hex[25];

	log_begin();
	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "old")),
			 ERR_INTERNAL);
	log_end();
	bson_oid_to_string(&id, hex);
	assert_true(has_logged("document.unreadable"));
	assert_true(has_logged("things"));
	assert_true(has_logged(hex));
	assert_true(has_logged("\"field\":\"n\""));
}

static void test_possible_address_is_not_logged(void **state)
{
	struct ctx *ctx = *state;
	struct thing out;

	put_document(ctx, BCON_NEW("_id", BCON_UTF8("asha@example.com")),
		     BCON_NEW("name", BCON_UTF8("old")));
	log_begin();
	assert_int_equal(db_find_one(&out, ctx, THINGS, &thing_shape, by_name(ctx, "old")),
			 ERR_INTERNAL);
	log_end();
	assert_true(has_logged("document.unreadable"));
	assert_false(has_logged("asha"));
}

static void test_list_with_skipped_documents_is_full(void **state)
{
	struct ctx *ctx = *state;
	struct list list;

	put_older(ctx, "a");
	put_thing(ctx, "b", 2);
	put_older(ctx, "c");
	put_older(ctx, "d");
	put_thing(ctx, "e", 5);
	put_thing(ctx, "f", 6);
	log_begin();
	assert_int_equal(find(&list, ctx, 2, true), OK);
	log_end();
	assert_int_equal(list.n, 2);
	assert_string_equal(thing_at(&list, 0)->name, "b");
	assert_string_equal(thing_at(&list, 1)->name, "e");
	log_begin();
	assert_int_equal(find(&list, ctx, 6, true), OK);
	log_end();
	assert_int_equal(list.n, 3);
	assert_int_equal(thing_at(&list, 2)->n, 6);
}

static void test_malformed_document_fails_strict_list(void **state)
{
	struct ctx *ctx = *state;
	struct list list;

	put_thing(ctx, "a", 1);
	put_older(ctx, "b");
	log_begin();
	assert_int_equal(find(&list, ctx, 10, false), ERR_INTERNAL);
	log_end();
	assert_true(has_logged("document.unreadable"));
}

static int open_with_log(void **state)
{
	int failed = open_shared(state);

	log_init("test", LOG_INFO);
	return failed;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_log_names_document_and_field),
	    TEST(test_possible_address_is_not_logged),
	    TEST(test_list_with_skipped_documents_is_full),
	    TEST(test_malformed_document_fails_strict_list),
	};

	return cmocka_run_group_tests_name("unreadable", tests, open_with_log, close_shared);
}
