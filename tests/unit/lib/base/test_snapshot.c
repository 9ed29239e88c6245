#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot.h"

enum { READERS = 4, ROUNDS = 3000 };

struct item {
	struct snapshot_item base;
	int value;
};

struct head {
	int version;
};

static bson_oid_t id_of(unsigned char n)
{
	bson_oid_t id = {{0}};

	id.bytes[11] = n;
	return id;
}

static struct snapshot_item *item_new(unsigned char n, int value)
{
	struct item *item = calloc(1, sizeof *item);

	if (!item)
		abort();
	item->base.refs = 1;
	item->base.id = id_of(n);
	item->value = value;
	return &item->base;
}

static struct snapshot *make(struct snapshot *previous, size_t n)
{
	struct snapshot *s = snapshot_new(previous, n, sizeof(struct head));

	if (!s)
		abort();
	return s;
}

/* A snapshot of the numbers 2, 4, … 2n. */
static struct snapshot *make_even(unsigned char n)
{
	struct snapshot *s = make(NULL, n);

	for (unsigned char i = n; i; i--)
		snapshot_put(s, item_new((unsigned char)(2 * i), 2 * i));
	return s;
}

/* The value of the item with that number; -1 if there is none. */
static int value_of(const struct snapshot *s, unsigned char n)
{
	bson_oid_t id = id_of(n);
	const struct item *item = (const struct item *)snapshot_find(s, &id);

	return item ? item->value : -1;
}

static void assert_sorted(const struct snapshot *s)
{
	for (size_t i = 1; i < s->n; i++)
		assert_true(bson_oid_compare(&s->items[i - 1]->id, &s->items[i]->id) < 0);
}

static void test_new_snapshot_is_empty(void **state)
{
	struct snapshot *s = make(NULL, 3);

	(void)state;
	assert_int_equal(s->n, 0);
	assert_int_equal(((struct head *)s->head)->version, 0);
	assert_int_equal(value_of(s, 1), -1);
	snapshot_unref(s);
}

static void test_items_are_sorted(void **state)
{
	static const unsigned char numbers[] = {7, 3, 9, 1, 5};
	struct snapshot *s = make(NULL, sizeof numbers);

	(void)state;
	for (size_t i = 0; i < sizeof numbers; i++)
		snapshot_put(s, item_new(numbers[i], numbers[i]));
	assert_int_equal(s->n, sizeof numbers);
	assert_sorted(s);
	for (unsigned char n = 1; n <= 9; n += 2)
		assert_int_equal(value_of(s, n), n);
	snapshot_unref(s);
}

static void test_position_between_items(void **state)
{
	static const size_t positions[] = {0, 0, 0, 1, 1, 2, 2, 3};
	struct snapshot *s = make_even(3);

	(void)state;
	for (unsigned char n = 0; n <= 7; n++) {
		bson_oid_t id = id_of(n);

		assert_int_equal(snapshot_position(s, &id), positions[n]);
		assert_int_equal(value_of(s, n), n && n % 2 == 0 ? n : -1);
	}
	snapshot_unref(s);
}

static void test_put_replaces_item(void **state)
{
	struct snapshot *s = make_even(3);

	(void)state;
	snapshot_put(s, item_new(4, 40)); /* there is no room left, and none is needed */
	assert_int_equal(s->n, 3);
	assert_int_equal(value_of(s, 4), 40);
	snapshot_unref(s);
}

static void test_drop_removes_item(void **state)
{
	struct snapshot *s = make_even(3);
	bson_oid_t there = id_of(4), unknown = id_of(5);

	(void)state;
	snapshot_drop(s, &unknown);
	assert_int_equal(s->n, 3);
	snapshot_drop(s, &there);
	assert_int_equal(s->n, 2);
	assert_int_equal(value_of(s, 4), -1);
	assert_int_equal(value_of(s, 6), 6);
	assert_sorted(s);
	snapshot_unref(s);
}

static void test_previous_snapshot_is_unchanged(void **state)
{
	struct snapshot *old = make_even(3), *new = make(old, 1);
	bson_oid_t gone = id_of(6);

	(void)state;
	snapshot_put(new, item_new(4, 40));
	snapshot_put(new, item_new(5, 50));
	snapshot_drop(new, &gone);
	assert_int_equal(old->n, 3);
	assert_int_equal(value_of(old, 4), 4);
	assert_int_equal(value_of(old, 5), -1);
	assert_int_equal(value_of(old, 6), 6);
	assert_int_equal(value_of(new, 2), 2);
	assert_int_equal(value_of(new, 4), 40);
	assert_int_equal(value_of(new, 6), -1);
	snapshot_unref(old);
	assert_int_equal(value_of(new, 2), 2);
	snapshot_unref(new);
}

static void test_items_are_shared_and_freed_with_last_reference(void **state)
{
	struct snapshot *old = make_even(2), *new = make(old, 0);
	struct snapshot_item *shared = old->items[0];

	(void)state;
	assert_ptr_equal(new->items[0], shared);
	assert_int_equal(shared->refs, 2);
	snapshot_unref(old);
	assert_int_equal(shared->refs, 1);
	snapshot_unref(new); /* the sanitizer build detects leaks */
}

static void test_last_unref_frees_snapshot(void **state)
{
	struct snapshot *s = make_even(1);

	(void)state;
	assert_ptr_equal(snapshot_ref(s), s);
	snapshot_unref(s);
	assert_int_equal(value_of(s, 2), 2);
	snapshot_unref(s);
	snapshot_unref(NULL);
}

static void test_current_returns_newest(void **state)
{
	struct snapshot_slot slot = SNAPSHOT_SLOT;
	struct snapshot *first = make_even(1), *second = make_even(2), *current;

	(void)state;
	assert_null(snapshot_current(&slot));
	snapshot_publish(&slot, first);
	current = snapshot_current(&slot);
	assert_ptr_equal(current, first);
	snapshot_publish(&slot, second);
	assert_int_equal(value_of(current, 2),
			 2); /* an old snapshot stays readable while it is referenced */
	snapshot_unref(current);
	current = snapshot_current(&slot);
	assert_ptr_equal(current, second);
	snapshot_publish(&slot, NULL);
	assert_null(snapshot_current(&slot));
	assert_int_equal(value_of(current, 4), 4);
	snapshot_unref(current);
}

/* ---- many readers ---- */

static struct snapshot_slot shared_slot = SNAPSHOT_SLOT;
static atomic_bool done;

/* Counts inconsistent snapshots: every item should have the head's version. */
static void *read_all_the_time(void *wrong)
{
	while (!done) {
		struct snapshot *s = snapshot_current(&shared_slot);
		int version = ((const struct head *)s->head)->version;

		for (size_t i = 0; i < s->n; i++) {
			if (((const struct item *)s->items[i])->value != version)
				atomic_fetch_add((atomic_int *)wrong, 1);
		}
		snapshot_unref(s);
	}
	return NULL;
}

static void publish_version(int version)
{
	struct snapshot *s = make(shared_slot.current, 2);

	snapshot_put(s, item_new(1, version));
	snapshot_put(s, item_new(2, version));
	((struct head *)s->head)->version = version;
	snapshot_publish(&shared_slot, s);
}

static void test_readers_see_consistent_snapshots(void **state)
{
	pthread_t readers[READERS];
	atomic_int wrong = 0;

	(void)state;
	publish_version(0);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &wrong), 0);
	for (int version = 1; version <= ROUNDS; version++)
		publish_version(version);
	done = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(value_of(shared_slot.current, 2), ROUNDS);
	snapshot_publish(&shared_slot, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_snapshot_is_empty),
	    cmocka_unit_test(test_items_are_sorted),
	    cmocka_unit_test(test_position_between_items),
	    cmocka_unit_test(test_put_replaces_item),
	    cmocka_unit_test(test_drop_removes_item),
	    cmocka_unit_test(test_previous_snapshot_is_unchanged),
	    cmocka_unit_test(test_items_are_shared_and_freed_with_last_reference),
	    cmocka_unit_test(test_last_unref_frees_snapshot),
	    cmocka_unit_test(test_current_returns_newest),
	    cmocka_unit_test(test_readers_see_consistent_snapshots),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
