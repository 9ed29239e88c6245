/* Calls to a host name while the name server doesn't answer. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "clock.h"
#include "log.h"
#include "rest.h"
#include "token.h"

#define SILENT_NAME "silent.example"

enum {
	SILENCE_SECONDS = 20, /* unless the test ends it earlier */
	FAR_MS = 60 * 1000,
	CALL_MS = 2000,
};

static sem_t may_end, has_ended;
static atomic_bool silent;

static int wait_without_answer(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SILENCE_SECONDS;
	sem_timedwait(&may_end, &until);
	silent = false;
	sem_post(&has_ended);
	return EAI_AGAIN;
}

/* libcurl calls this function instead of libc's. */
int getaddrinfo(const char *restrict name, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (strcmp(name, SILENT_NAME) == 0)
		return wait_without_answer();
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, found);
}

static int init(void **state)
{
	static struct ctx ctx;

	log_init("test", LOG_ERROR);
	ctx.arena = arena_new(1 << 20);
	*state = &ctx;
	return !ctx.arena || sem_init(&may_end, 0, 0) || sem_init(&has_ended, 0, 0) ||
	       token_init("0123456789abcdef0123456789abcdef") ||
	       token_init_service("fedcba9876543210fedcba9876543210", "") ||
	       rest_init("http://" SILENT_NAME);
}

static int end(void **state)
{
	arena_free(((struct ctx *)*state)->arena);
	return 0;
}

static void test_silent_name_server_does_not_block_thread(void **state)
{
	struct rest_call call = {.method = "GET", .path = "/", .timeout_ms = CALL_MS};
	struct rest_answer answer;
	struct ctx *ctx = *state;

	silent = true;
	ctx->deadline = clock_mono_ms() + FAR_MS;
	assert_int_equal(rest_do(&answer, ctx, &call), ERR_TIMEOUT);
	rest_thread_end();
	assert_true(silent);
	sem_post(&may_end);
	sem_wait(&has_ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_silent_name_server_does_not_block_thread),
	};

	return cmocka_run_group_tests_name("rest_lookup", tests, init, end);
}
