/* Linked into each test program: with ONE_TEST set, only the test of that name runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void choose_test(void)
{
	cmocka_set_test_filter(getenv("ONE_TEST"));
}
