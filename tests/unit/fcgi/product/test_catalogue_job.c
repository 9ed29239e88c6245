/* The snapshot follows the database. */
#include "stock_fixture.h"

#include <stdatomic.h>

#include "fcgi/product/catalogue_job.h"
#include "fcgi/product/service.h"

enum { SHOWN_MS = 2000, MANY = 1100, FIRST_OF_MANY = 100 };

static const struct background_job job = {.name = "refresh",
					  .run = catalogue_job_run,
					  .pause_ms = 100,
					  .budget_ms = BUDGET_MS};

static int open_followed(void **state)
{
	char name[] = "product", check[] = "--check", *words[] = {name, check, NULL};

	/* The watch opens its own connection, by the service's settings. */
	setenv("JWT_SECRET", "a secret for the tests, 32 bytes or more", 1);
	setenv("SERVICE_SECRET", "another secret for the tests, 32 bytes or more", 1);
	assert_int_equal(service_main(2, words, &product_service), 0);
	open_shop(state);
	assert_int_equal(background_start(&job, db), OK);
	return 0;
}

static int close_followed(void **state)
{
	background_stop();
	catalogue_job_end();
	return store_close(state);
}

/* ---- what is shown ---- */

/* Whether the product's JSON contains a text; NULL: whether the product is missing. */
static bool shows(int product, const char *text)
{
	struct snapshot *catalogue = catalogue_current();
	bson_oid_t id = id_of(product);
	const struct entry *entry = catalogue ? catalogue_find(catalogue, &id) : NULL;
	bool shown = text ? entry && strstr(entry->json.bytes, text) : catalogue && !entry;

	snapshot_unref(catalogue);
	return shown;
}

static void assert_soon_shows(int product, const char *text)
{
	int64_t until = clock_mono_ms() + SHOWN_MS;

	while (!shows(product, text) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_true(shows(product, text));
}

/* The version of the change in the snapshot. */
static int64_t version_of(int product)
{
	struct snapshot *catalogue = catalogue_current();
	bson_oid_t id = id_of(product);
	int64_t version = catalogue_find(catalogue, &id)->version;

	snapshot_unref(catalogue);
	return version;
}

static void set_stock(struct ctx *ctx, int product, int64_t stock)
{
	bson_oid_t id = id_of(product);
	int64_t left;

	assert_int_equal(stock_store_change(&left, ctx, &id,
					    &(struct stock_change){.has_stock = true,
								   .stock = stock}),
			 OK);
}

static int stock_and_see(void **state)
{
	stock_up(state);
	for (int product = MILK; product <= CURD; product++)
		assert_soon_shows(product, "\"stock\":10");
	return 0;
}

static void test_snapshot_shows_reserved_and_released_units(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 4}, {CURD, 10})).result, OK);
	assert_soon_shows(MILK, "\"stock\":6");
	assert_soon_shows(CURD, "\"stock\":0");
	assert_true(shows(BREAD, "\"stock\":10"));
	assert_int_equal(release_with_tombstone(ctx, 1, LINES({MILK, 4}, {CURD, 10}), false), OK);
	assert_soon_shows(MILK, "\"stock\":10");
	assert_soon_shows(CURD, "\"stock\":10");
	assert_true(shows(MILK, "}")); /* without its reservations */
	assert_false(shows(MILK, "holds"));
}

/* ---- reserve calls, and the snapshot ---- */

static void test_reserve_with_too_little_in_the_snapshot_writes_nothing(void **state)
{
	struct ctx *ctx = *state;
	int64_t milk;
	struct reserve_outcome refused;

	set_stock(ctx, CURD, 3);
	assert_soon_shows(CURD, "\"stock\":3");
	milk = version_of(MILK);
	refused = reserve(ctx, 1, LINES({MILK, 2}, {BREAD, 1}, {CURD, 4}));
	assert_int_equal(refused.result, ERR_OUT_OF_STOCK);
	assert_int_equal(refused.refused.n, 1);
	set_stock(ctx, CURD, 4);
	assert_soon_shows(CURD, "\"stock\":4");
	assert_int_equal(version_of(MILK), milk); /* changes are applied in order */
}

static void test_database_decides_when_the_snapshot_is_older(void **state)
{
	struct ctx *ctx = *state;

	for (int order = 1; order <= 20; order++) {
		set_stock(ctx, CURD, 0);
		assert_soon_shows(CURD, "\"stock\":0");
		set_stock(ctx, CURD, 3);
		assert_int_equal(reserve(ctx, order, LINES({CURD, 3})).result, OK);
	}
}

static void test_reserve_of_the_last_units_is_idempotent(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(reserve(ctx, 1, LINES({MILK, 1}, {CURD, 10})).result, OK);
	assert_soon_shows(CURD, "\"stock\":0");
	assert_int_equal(reserve(ctx, 1, LINES({MILK, 1}, {CURD, 10})).result, OK);
	assert_int_equal(stock_of(ctx, MILK), 9);
}

static void test_inserted_and_deleted_products(void **state)
{
	struct ctx *ctx = *state;
	int64_t n;

	add_product(ctx, NOTHING, "Something");
	assert_soon_shows(NOTHING, "Something");
	assert_int_equal(db_delete(&n, ctx, product_collection, by_id(ctx, NOTHING)), OK);
	assert_soon_shows(NOTHING, NULL);
	add_product(ctx, NOTHING, "Again");
	assert_soon_shows(NOTHING, "Again");
}

static void test_malformed_product_is_removed(void **state)
{
	struct ctx *ctx = *state;

	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", "much", "}"));
	set_stock(ctx, BREAD, 3);
	assert_soon_shows(BREAD, "\"stock\":3");
	assert_soon_shows(MILK, NULL);
	change_product(ctx, MILK, BCON_NEW("$set", "{", "price", BCON_INT64(7000), "}"));
	assert_soon_shows(MILK, "\"price\":70,");
}

/* ---- how soon ---- */

static atomic_bool enough;
static atomic_int n_changes;

static void *change_all_the_time(void *arg)
{
	struct work work;
	int64_t stock = 0;

	(void)arg;
	while (!enough) {
		work_begin(&work, db);
		for (int i = 0; i < 100 && !enough; i++, n_changes++)
			set_stock(&work.ctx, CURD, ++stock);
		work_end(&work);
	}
	return NULL;
}

static void test_change_is_shown_during_constant_changes(void **state)
{
	struct ctx *ctx = *state;
	pthread_t threads[3];
	char text[32];

	enough = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, change_all_the_time, NULL), 0);
	for (int stock = 20; stock < 25; stock++) {
		set_stock(ctx, MILK, stock);
		snprintf(text, sizeof text, "\"stock\":%d", stock);
		assert_soon_shows(MILK, text);
	}
	enough = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_true(n_changes > 100);
}

/* More products than one snapshot gathers. */
static void test_many_changes_at_once(void **state)
{
	struct ctx *ctx = *state;
	const bson_t *stocked = ctx_bson(ctx, BCON_NEW("$set", "{", "stock", BCON_INT64(77), "}"));
	struct db_statement all = {everything(ctx), stocked, .multi = true};
	int64_t n;

	for (int i = 0; i < MANY; i++)
		add_product(ctx, FIRST_OF_MANY + i, "One of many");
	assert_int_equal(db_update_each(&n, ctx, product_collection, &all, 1), OK);
	assert_int_equal(n, MANY + PRODUCTS);
	for (int i = 0; i < MANY; i++)
		assert_soon_shows(FIRST_OF_MANY + i, "\"stock\":77");
	empty_collection(ctx, product_collection);
	for (int i = 0; i < MANY; i++)
		assert_soon_shows(FIRST_OF_MANY + i, NULL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, stock_and_see, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_snapshot_shows_reserved_and_released_units),
	    TEST(test_reserve_with_too_little_in_the_snapshot_writes_nothing),
	    TEST(test_database_decides_when_the_snapshot_is_older),
	    TEST(test_reserve_of_the_last_units_is_idempotent),
	    TEST(test_inserted_and_deleted_products),
	    TEST(test_malformed_product_is_removed),
	    TEST(test_change_is_shown_during_constant_changes),
	    TEST(test_many_changes_at_once),
	};

	return cmocka_run_group_tests_name("catalogue_job", tests, open_followed, close_followed);
}
