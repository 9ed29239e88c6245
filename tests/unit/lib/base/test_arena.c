#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

enum {
	CEILING = 64 * 1024,
	LARGE = 40 * 1024, /* larger than the arena's chunks */
	KEPT_MAX =
	    32 * 1024 /* limit for its first chunk, which doesn't count towards the ceiling */
};

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(CEILING);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void assert_zeroed(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], 0);
}

/* ---- memory ---- */

static void test_alloc_is_zeroed_and_aligned(void **state)
{
	(void)state;
	for (size_t size = 0; size < 200; size++) {
		unsigned char *p = arena_alloc(arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_zeroed(p, size);
		memset(p, 0xA5, size);
	}
}

static void test_alloc_is_zeroed_after_reset(void **state)
{
	unsigned char *p;

	(void)state;
	p = arena_alloc(arena, 4096);
	assert_non_null(p);
	memset(p, 0xA5, 4096);
	arena_reset(arena);
	p = arena_alloc(arena, 4096);
	assert_non_null(p);
	assert_zeroed(p, 4096);
}

static void test_blocks_survive_growth(void **state)
{
	enum { N = 50, SIZE = 1000 };
	unsigned char *blocks[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		blocks[i] = arena_alloc(arena, SIZE);
		assert_non_null(blocks[i]);
		memset(blocks[i], i, SIZE);
	}
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < SIZE; j++)
			assert_int_equal(blocks[i][j], i);
	}
}

static void test_alloc_larger_than_chunk(void **state)
{
	unsigned char *large, *small;

	(void)state;
	large = arena_alloc(arena, LARGE);
	small = arena_alloc(arena, 16);
	assert_non_null(large);
	assert_non_null(small);
	memset(large, 0xA5, LARGE);
	assert_zeroed(small, 16);
}

static size_t alloc_until_full(void)
{
	size_t taken = 0;

	while (arena_alloc(arena, 1024))
		taken += 1024;
	return taken;
}

static void test_alloc_fails_at_ceiling_until_reset(void **state)
{
	(void)state;
	assert_false(arena_is_exhausted(arena));
	assert_null(arena_alloc(arena, CEILING + KEPT_MAX));
	assert_true(arena_is_exhausted(arena));
	assert_in_range(alloc_until_full(), CEILING - 1024, CEILING + KEPT_MAX);
	assert_null(arena_alloc(arena, 1024));
	arena_reset(arena);
	assert_false(arena_is_exhausted(arena));
	assert_non_null(arena_alloc(arena, LARGE));
	assert_false(arena_is_exhausted(arena));
}

static void test_reset_can_be_repeated(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_non_null(arena_alloc(arena, LARGE));
		assert_non_null(arena_alloc(arena, 10));
		arena_reset(arena);
	}
}

static void test_overflowing_sizes_fail(void **state)
{
	(void)state;
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, SIZE_MAX - 8));
	assert_null(arena_array(arena, SIZE_MAX / 2, 3));
	assert_null(arena_array(arena, 3, SIZE_MAX / 2));
	/* With overflow their product is 4. */
	assert_null(arena_array(arena, SIZE_MAX / 4 + 2, 4));
	assert_null(arena_strndup(arena, "", SIZE_MAX));
	assert_non_null(arena_alloc(arena, 16));
}

static void test_arrays_of_any_length(void **state)
{
	(void)state;
	assert_non_null(arena_array(arena, 0, 8));
	assert_non_null(arena_array(arena, 8, 0));
	assert_zeroed(arena_array(arena, 100, 24), 2400);
}

static void test_free_accepts_null(void **state)
{
	(void)state;
	arena_free(NULL);
}

#if defined(__SANITIZE_ADDRESS__)
static void test_freed_memory_is_poisoned(void **state)
{
	char *p = arena_alloc(arena, 100);

	(void)state;
	assert_non_null(p);
	assert_null(__asan_region_is_poisoned(p, 100));
	/* The next allocation would begin here. */
	assert_true(__asan_address_is_poisoned(p + 104));
	arena_reset(arena);
	assert_true(__asan_address_is_poisoned(p));
}
#endif

/* ---- texts ---- */

static void test_strndup_copies_part_of_text(void **state)
{
	const char *text = "hello, world";
	char *copy;

	(void)state;
	copy = arena_strndup(arena, text, 5);
	assert_string_equal(copy, "hello");
	assert_string_equal(arena_strndup(arena, text, 0), "");
	assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
}

static void test_printf_of_any_length(void **state)
{
	char *text;

	(void)state;
	assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
	assert_string_equal(arena_printf(arena, "%s", ""), "");
	text = arena_printf(arena, "%*d", LARGE, 1);
	assert_non_null(text);
	assert_int_equal(strlen(text), LARGE);
	assert_int_equal(text[LARGE - 1], '1');
}

static void test_printf_fails_at_ceiling(void **state)
{
	(void)state;
	assert_null(arena_printf(arena, "%*d", 2 * CEILING, 1));
}

/* ---- deferred objects ---- */

static char released[16];

static void release(void *name)
{
	strncat(released, name, sizeof released - strlen(released) - 1);
}

static void test_defer_releases_once_in_reverse_order(void **state)
{
	static char a[] = "a", b[] = "b", c[] = "c";

	(void)state;
	released[0] = '\0';
	assert_ptr_equal(arena_defer(arena, release, a), a);
	assert_ptr_equal(arena_defer(arena, release, b), b);
	assert_ptr_equal(arena_defer(arena, release, c), c);
	assert_string_equal(released, "");
	arena_reset(arena);
	assert_string_equal(released, "cba");
	arena_reset(arena);
	assert_string_equal(released, "cba");
}

static void test_free_releases_deferred_objects(void **state)
{
	static char a[] = "a";
	struct arena *other = arena_new(CEILING);

	(void)state;
	released[0] = '\0';
	assert_non_null(other);
	assert_non_null(arena_defer(other, release, a));
	arena_free(other);
	assert_string_equal(released, "a");
}

static void test_defer_accepts_null(void **state)
{
	(void)state;
	released[0] = '\0';
	assert_null(arena_defer(arena, release, NULL));
	arena_reset(arena);
	assert_string_equal(released, "");
}

static void test_defer_releases_at_once_if_out_of_memory(void **state)
{
	static char a[] = "a";

	(void)state;
	released[0] = '\0';
	alloc_until_full();
	while (arena_alloc(arena, 1))
		;
	assert_null(arena_defer(arena, release, a));
	assert_string_equal(released, "a");
	arena_reset(arena);
	assert_string_equal(released, "a");
}

static void release_and_defer(void *name)
{
	static char more[] = "m";

	release(name);
	assert_non_null(arena_defer(arena, release, more));
}

static void test_release_may_defer(void **state)
{
	static char a[] = "a", b[] = "b";

	(void)state;
	released[0] = '\0';
	assert_non_null(arena_defer(arena, release, a));
	assert_non_null(arena_defer(arena, release_and_defer, b));
	arena_reset(arena);
	assert_string_equal(released, "bma");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_alloc_is_zeroed_and_aligned),
		TEST(test_alloc_is_zeroed_after_reset),
		TEST(test_blocks_survive_growth),
		TEST(test_alloc_larger_than_chunk),
		TEST(test_alloc_fails_at_ceiling_until_reset),
		TEST(test_reset_can_be_repeated),
		TEST(test_overflowing_sizes_fail),
		TEST(test_arrays_of_any_length),
		TEST(test_free_accepts_null),
#if defined(__SANITIZE_ADDRESS__)
		TEST(test_freed_memory_is_poisoned),
#endif
		TEST(test_strndup_copies_part_of_text),
		TEST(test_printf_of_any_length),
		TEST(test_printf_fails_at_ceiling),
		TEST(test_defer_releases_once_in_reverse_order),
		TEST(test_free_releases_deferred_objects),
		TEST(test_defer_accepts_null),
		TEST(test_defer_releases_at_once_if_out_of_memory),
		TEST(test_release_may_defer),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
