/* Carts of several users that are read or changed in one command. */
#define _XOPEN_SOURCE 700 /* nftw */

#include "fcgi/cart_order/indexes.h"
#include "together.h"

#include "checkout_fixture.h"

#include "fcgi/cart_order/key_store.h"

enum { N = 8, FEW = 4, TOO_MANY = FEW * CART_LINES_READ };

/* The users behind the numbers. */
static char users[TOGETHER_MAX][25];

static const char *user(int i)
{
	return users[i];
}

static int open_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TOGETHER_MAX; i++)
		snprintf(users[i], sizeof users[i], "65f0c0ffee01234567890%03u", i % 1000);
	together_start();
	store_open(&cart_order_indexes);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	db_close(db);
	together_stop();
	return 0;
}

static int set_up(void **state)
{
	*state = store_begin();
	empty_collection(*state, cart_collection);
	empty_collection(*state, checkout_collection);
	return 0;
}

/* ---- reading ---- */

/* Names that contain the user; memory of the call. */
static struct cart_line own_line(struct ctx *ctx, int i, int product)
{
	struct cart_line line = make_line(user(i), (unsigned char)product, 1 + i);

	line.facts.name = arena_printf(ctx->arena, "Milk %d of %s", product, user(i));
	line.facts.unit = arena_printf(ctx->arena, "%d L", i);
	line.facts.image_url = arena_printf(ctx->arena, "/pictures/%d-%d.webp", i, product);
	return line;
}

static bool is_own_line(struct ctx *ctx, const struct cart_line *line, int i, int product)
{
	struct cart_line wanted = own_line(ctx, i, product);

	return strcmp(line->user_id, wanted.user_id) == 0 &&
	       bson_oid_equal(&line->product_id, &wanted.product_id) &&
	       line->quantity == wanted.quantity &&
	       strcmp(line->facts.name, wanted.facts.name) == 0 &&
	       strcmp(line->facts.unit, wanted.facts.unit) == 0 &&
	       strcmp(line->facts.image_url, wanted.facts.image_url) == 0 &&
	       line->facts.price.paise == wanted.facts.price.paise;
}

/* Inserted in a few large commands, which are repeated on failure. The ids of one user's lines are
 * ascending. */
static void put_lines(struct ctx *ctx, struct cart_line *lines, size_t n)
{
	enum { CHUNK = 100 };
	int64_t until = clock_mono_ms() + SOON_MS;
	const void *in[CHUNK];
	enum err errors[CHUNK], e = OK;

	for (size_t done = 0; done < n; done += CHUNK) {
		size_t some = n - done < CHUNK ? n - done : CHUNK;

		for (size_t i = 0; i < some; i++) {
			bson_oid_init(&lines[done + i]._id, NULL);
			lines[done + i]
			    ._id.bytes[0]--; /* before all ids that the server makes now */
			in[i] = &lines[done + i];
		}
		do
			e = db_insert_each(errors, ctx, cart_collection, &cart_line_doc, in, some);
		while (e == ERR_UNAVAILABLE && clock_mono_ms() < until);
		assert_int_equal(e, OK);
	}
}

/* Number i has i lines. */
static void fill_carts(struct ctx *ctx)
{
	struct cart_line lines[N * N];
	size_t n = 0;

	for (int product = 1; product < N; product++) {
		for (int i = product; i < N; i++)
			lines[n++] = own_line(ctx, i, product);
	}
	put_lines(ctx, lines, n);
}

static enum err read_as(struct ctx *ctx, int i)
{
	struct list lines;
	enum err e = cart_lines(&lines, ctx, user(i));

	if (i != 1)
		clock_sleep_ms(40); /* until the leader's arena is reset */
	if (e || lines.n != (size_t)i)
		return e ? e : ERR_CART_EMPTY;
	for (int at = 0; at < i; at++) {
		const struct cart_line *line = (const struct cart_line *)lines.items + at;

		if (!is_own_line(ctx, line, i, at + 1))
			return ERR_INVALID;
	}
	return OK;
}

static void test_each_reader_gets_its_own_lines(void **state)
{
	enum err results[TOGETHER_MAX];
	int64_t finds;

	fill_carts(*state);
	finds = commands("find");
	together(results, N, "find", read_as);
	assert_int_equal(commands("find"), finds + 2);
	assert_each(results, N, OK);
}

/* All but number 0. */
static enum err read_as_one(struct ctx *ctx, int i)
{
	return read_as(ctx, i ? 4 : 0);
}

static void test_readers_of_one_user_get_the_same_lines(void **state)
{
	enum err results[TOGETHER_MAX];

	fill_carts(*state);
	together(results, N, "find", read_as_one);
	assert_each(results, N, OK);
}

/* ---- what one user's cart does to the others' ---- */

static struct damaged_line {
	bson_oid_t _id;
	const char *user_id, *product_id;
} damaged;

static const struct field damaged_fields[] = {
    {FIELD(struct damaged_line, _id)},
    {FIELD(struct damaged_line, user_id)},
    {FIELD(struct damaged_line, product_id)},
};
static const struct shape damaged_doc = SHAPE(struct damaged_line, damaged_fields);

static void test_malformed_line_is_skipped(void **state)
{
	enum err results[TOGETHER_MAX];

	fill_carts(*state);
	damaged = (struct damaged_line){.user_id = user(3), .product_id = "milk"};
	bson_oid_init(&damaged._id, NULL);
	assert_int_equal(db_insert(*state, cart_collection, &damaged_doc, &damaged), OK);
	together(results, N, "find", read_as);
	assert_each(results, N, OK);
}

/* More lines than the limit of a shared read. */
static void fill_up_too_far(struct ctx *ctx, int i)
{
	struct cart_line *lines = arena_array(ctx->arena, TOO_MANY, sizeof *lines);

	for (int n = 0; n < TOO_MANY; n++) {
		lines[n] = own_line(ctx, i, 0);
		lines[n].product_id.bytes[10] = (uint8_t)(1 + n / 256);
		lines[n].product_id.bytes[11] = (uint8_t)n;
	}
	put_lines(ctx, lines, TOO_MANY);
}

static void test_oversized_cart_does_not_affect_other_readers(void **state)
{
	enum err results[TOGETHER_MAX];

	fill_carts(*state);
	fill_up_too_far(*state, 1);
	together(results, FEW, "find", read_as);
	assert_int_equal(results[1], ERR_CART_EMPTY); /* not the one line that is looked for */
	assert_int_equal(count_results(results, FEW, OK), FEW - 1);
}

/* ---- adding ---- */

/* The line that each call puts, and whether it was merged. */
static struct adding {
	int user;
	unsigned char product;
	int64_t quantity;
	bool merged;
} addings[TOGETHER_MAX];

static enum err add(struct ctx *ctx, int i)
{
	struct adding *a = &addings[i];
	struct cart_line line = make_line(user(a->user), a->product, a->quantity);

	return cart_put(&a->merged, ctx, &line);
}

/* Number 0 conflicts with no other call. */
static void add_all(enum err results[static TOGETHER_MAX], const struct adding *others, int n)
{
	addings[0] = (struct adding){.user = 0, .product = 1, .quantity = 1};
	memcpy(addings + 1, others, (size_t)n * sizeof *others);
	together(results, 1 + n, "update", add);
	assert_int_equal(results[0], OK);
}

#define ADD_ALL(results, ...)                                  \
	add_all(results, (const struct adding[]){__VA_ARGS__}, \
		(int)(sizeof((const struct adding[]){__VA_ARGS__}) / sizeof(struct adding)))

static void test_concurrent_puts_share_one_command(void **state)
{
	struct ctx *ctx = *state;
	enum err results[TOGETHER_MAX];
	int64_t updates, finds;

	put(ctx, user(2), 1, 5);
	updates = commands("update");
	finds = commands("find");
	ADD_ALL(results, {1, 1, 2}, {2, 1, 3}, {3, 1, 4}, {1, 2, 7}, {3, 1, 1});
	assert_int_equal(commands("update"), updates + 2);
	assert_int_equal(commands("find"), finds + 2);
	assert_each(results, 6, OK);
	assert_int_equal(quantity_of(ctx, user(1), 1), 2);
	assert_int_equal(quantity_of(ctx, user(1), 2), 7);
	assert_int_equal(quantity_of(ctx, user(2), 1), 8);
	assert_int_equal(quantity_of(ctx, user(3), 1), 5);
	assert_int_equal(count_documents(ctx, cart_collection), 5);
	assert_false(addings[1].merged);
	assert_true(addings[2].merged);
	assert_false(addings[4].merged);
	assert_int_equal(addings[3].merged + addings[5].merged, 1);
}

static void test_full_line_does_not_affect_other_puts(void **state)
{
	struct ctx *ctx = *state;
	enum err results[TOGETHER_MAX];

	put(ctx, user(1), 1, 98);
	put(ctx, user(2), 1, 99);
	ADD_ALL(results, {1, 1, 2}, {1, 1, 1}, {2, 1, 1}, {2, 2, 99}, {3, 1, 99}, {3, 2, 98},
		{3, 2, 2});
	assert_int_equal(results[1], ERR_QUANTITY_LIMIT);
	assert_int_equal(results[2], OK);
	assert_int_equal(results[3], ERR_QUANTITY_LIMIT);
	assert_int_equal(results[4], OK);
	assert_int_equal(results[5], OK);
	assert_int_equal(results[6], OK);
	assert_int_equal(results[7], ERR_QUANTITY_LIMIT);
	assert_int_equal(quantity_of(ctx, user(1), 1), 99);
	assert_int_equal(quantity_of(ctx, user(2), 1), 99);
	assert_int_equal(quantity_of(ctx, user(2), 2), 99);
	assert_int_equal(quantity_of(ctx, user(3), 1), 99);
	assert_int_equal(quantity_of(ctx, user(3), 2), 98);
}

static void fill_cart(struct ctx *ctx, int i, int n)
{
	struct cart_line lines[CART_LINES_MAX];

	for (int product = 0; product < n; product++)
		lines[product] = make_line(user(i), (unsigned char)(100 + product), 1);
	put_lines(ctx, lines, (size_t)n);
}

static void test_full_cart_does_not_affect_other_puts(void **state)
{
	struct ctx *ctx = *state;
	enum err results[TOGETHER_MAX];

	fill_cart(ctx, 1, CART_LINES_MAX);
	fill_cart(ctx, 2, CART_LINES_MAX - 1);
	fill_cart(ctx, 3, CART_LINES_MAX - 1);
	ADD_ALL(results, {1, 1, 1}, {1, 100, 4}, {2, 1, 2}, {3, 1, 1}, {3, 2, 1}, {4, 1, 9});
	assert_int_equal(results[1], ERR_CART_FULL);
	assert_int_equal(results[2], OK);
	assert_true(addings[2].merged);
	assert_int_equal(results[3], OK);
	assert_int_equal(results[6], OK);
	assert_int_equal(lines_of(ctx, user(1)).n, CART_LINES_MAX);
	assert_int_equal(quantity_of(ctx, user(1), 100), 5);
	assert_int_equal(lines_of(ctx, user(2)).n, CART_LINES_MAX);
	/* one of two lines gets the last place */
	assert_int_equal(count_results(results + 4, 2, OK), 1);
	assert_int_equal(lines_of(ctx, user(3)).n, CART_LINES_MAX);
	assert_int_equal(quantity_of(ctx, user(4), 1), 9);
}

/* An existing line stays, whatever happens to a concurrent new one. */
static void test_merged_put_is_not_reverted(void **state)
{
	enum err results[TOGETHER_MAX];
	int64_t deletions;

	fill_cart(*state, 1, CART_LINES_MAX);
	deletions = commands("delete");
	ADD_ALL(results, {1, 100, 1}, {1, 1, 1}, {1, 101, 1});
	assert_int_equal(results[1], OK);
	assert_int_equal(results[2], ERR_CART_FULL);
	assert_int_equal(results[3], OK);
	assert_int_equal(commands("delete"), deletions + 1);
}

/* Their lines are counted all the same. */
static void test_oversized_cart_does_not_hide_a_full_one(void **state)
{
	enum err results[TOGETHER_MAX];

	fill_up_too_far(*state, 1);
	fill_cart(*state, 2, CART_LINES_MAX);
	ADD_ALL(results, {1, 1, 1}, {2, 1, 1}, {3, 1, 1});
	assert_int_equal(results[1], ERR_CART_FULL);
	assert_int_equal(results[2], ERR_CART_FULL);
	assert_int_equal(results[3], OK);
	assert_int_equal(lines_of(*state, user(2)).n, CART_LINES_MAX);
}

/* A different product each, under a different key. */
static enum err add_under_a_key(struct ctx *ctx, int i)
{
	struct cart_line line = make_line(user(1), (unsigned char)(1 + i), 1);
	struct key key = {arena_printf(ctx->arena, "add|%s|%d", user(1), i), "{}"};
	const char *answer;

	return cart_put_once(&answer, ctx, &line, &key, &(struct cart_answers){"{}", "{}"});
}

/* The transaction whose line was inserted first commits last. */
static void test_out_of_order_commits_respect_the_cart_limit(void **state)
{
	enum err results[TOGETHER_MAX];

	empty_collection(*state, key_collection);
	fill_cart(*state, 1, CART_LINES_MAX - 1);
	together(results, FEW, "commitTransaction", add_under_a_key);
	assert_int_equal(count_results(results, FEW, OK), 1);
	assert_int_equal(count_results(results, FEW, ERR_CART_FULL), FEW - 1);
	assert_int_equal(count_documents(*state, cart_collection), CART_LINES_MAX);
	assert_int_equal(count_documents(*state, key_collection), 1);
}

/* ---- opening checkouts ---- */

/* Two users with two calls each, and three with one call. */
static enum err open_as(struct ctx *ctx, int i)
{
	static const int callers[] = {0, 1, 2, 1, 3, 2, 4};
	struct checkout checkout = make_checkout(user(callers[i]));
	enum err e = checkout_open(ctx, &checkout);

	return e || strcmp(checkout.request_id, ctx->request_id) == 0 ? e : ERR_INVALID;
}

static void test_concurrent_checkouts_share_one_command(void **state)
{
	static const enum err wanted[] = {OK, OK, OK, ERR_DUPLICATE, OK, ERR_DUPLICATE, OK};
	int64_t inserts = commands("insert");
	enum err results[TOGETHER_MAX];

	together(results, 7, "insert", open_as);
	assert_int_equal(commands("insert"), inserts + 2);
	for (int i = 0; i < 7; i++)
		assert_int_equal(results[i], wanted[i]);
	assert_int_equal(checkouts(*state), 5);
	for (int i = 0; i < 5; i++) {
		bool open = false;

		assert_int_equal(checkout_is_open(&open, *state, user(i)), OK);
		assert_true(open);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, store_end)
	const struct CMUnitTest tests[] = {
	    TEST(test_each_reader_gets_its_own_lines),
	    TEST(test_readers_of_one_user_get_the_same_lines),
	    TEST(test_malformed_line_is_skipped),
	    TEST(test_oversized_cart_does_not_affect_other_readers),
	    TEST(test_concurrent_puts_share_one_command),
	    TEST(test_full_line_does_not_affect_other_puts),
	    TEST(test_full_cart_does_not_affect_other_puts),
	    TEST(test_merged_put_is_not_reverted),
	    TEST(test_oversized_cart_does_not_hide_a_full_one),
	    TEST(test_out_of_order_commits_respect_the_cart_limit),
	    TEST(test_concurrent_checkouts_share_one_command),
	};

	return cmocka_run_group_tests_name("cart_together", tests, open_all, close_all);
}
