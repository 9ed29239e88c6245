/* Part of each test program: with ONE_TEST, the test function of that name runs alone. */
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
