#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "gzip.h"

enum { LARGE = 3 << 20 };

static char text[LARGE], back[LARGE + 1];

/* Decompresses a gzip stream to `back`. Returns the length. */
static size_t unpack(char *stream, size_t len)
{
	z_stream z = {.next_in = (Bytef *)stream,
		      .avail_in = (uInt)len,
		      .next_out = (Bytef *)back,
		      .avail_out = sizeof back};

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
	return z.total_out;
}

static void assert_round_trip(size_t len)
{
	char *packed;
	size_t packed_len;

	assert_int_equal(gzip_take(&packed, &packed_len, text, len), OK);
	assert_int_equal(unpack(packed, packed_len), len);
	assert_memory_equal(back, text, len);
	free(packed);
}

static void test_round_trip(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 65536, LARGE};

	(void)state;
	for (size_t i = 0; i < LARGE; i++)
		text[i] = "{\"name\":\"Milk\"},"[i % 16];
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		assert_round_trip(lengths[i]);
}

static void test_round_trip_of_random_bytes(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < LARGE; i++) {
		random = random * 1664525U + 1013904223U;
		text[i] = (char)(random >> 24);
	}
	assert_round_trip(LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_round_trip_of_random_bytes),
	};

	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
