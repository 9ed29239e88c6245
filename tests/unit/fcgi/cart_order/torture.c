/* Which call fails, and the rounds. */
#include "torture_private.h"

#include <execinfo.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

enum { CALLS_MAX = 1000, PLACE_DEPTH = 14, CALL_NAME_SIZE = 128 };

/* Whether calls of a kind fail one at a time, and whether they fail from one on. */
enum { ALONE = 1 << 0, ONWARDS = 1 << 1 };

static const struct {
	const char *name;
	unsigned ways;
} faults_known[FAULT_COUNT] = {
    [FAULT_MEMORY] = {"no memory", ALONE | ONWARDS},
    [FAULT_DB_UNSENT] = {"a database call not sent", ALONE | ONWARDS},
    [FAULT_DB_UNANSWERED] = {"a database call not answered", ALONE | ONWARDS},
    [FAULT_DB_TRANSIENT] = {"an aborted transaction", ALONE | ONWARDS},
    [FAULT_COMMIT_UNSENT] = {"a commit not sent", ALONE | ONWARDS},
    [FAULT_COMMIT_UNANSWERED] = {"a commit not answered", ALONE | ONWARDS},
    [FAULT_CALL_UNSENT] = {"a call not sent", ALONE | ONWARDS},
    [FAULT_CALL_UNANSWERED] = {"a call not answered", ALONE | ONWARDS},
    [FAULT_CALL_LATE] = {"a late call", ALONE | ONWARDS},
    [FAULT_CALL_GATEWAY] = {"the gateway's answer to a call", ALONE | ONWARDS},
    [FAULT_DEATH] = {"death", ONWARDS},
    [FAULT_OVERTAKEN] = {"something done before", ALONE},
};

/* Changed while no other thread is on a side. */
static struct faults plan;
static atomic_int calls;
static char hit[CALL_NAME_SIZE]; /* the first call that failed; "": none has */
static void *place[PLACE_DEPTH];

static _Thread_local enum side current;

/* ---- what fails ---- */

void faults_begin(const struct faults *faults)
{
	calls = 0;
	hit[0] = '\0';
	plan = *faults;
}

void faults_end(void)
{
	plan.side = SIDE_NONE;
}

bool faults_hit(void)
{
	return hit[0];
}

void side_enter(enum side side)
{
	current = side;
}

bool fails(enum fault fault, const char *call)
{
	int n;

	if (current == SIDE_DYING && fault == FAULT_DB_UNSENT && strcmp(call, "delete") == 0)
		return true;
	if (current == SIDE_NONE || current != plan.side || fault != plan.fault)
		return false;
	n = ++calls;
	if (n < plan.first || (plan.only && n > plan.first))
		return false;
	if (n == plan.first) {
		snprintf(hit, sizeof hit, "%s", call);
		memset(place, 0, sizeof place);
		backtrace(place, PLACE_DEPTH);
	}
	return true;
}

bool action_fails(enum fault fault, const char *call)
{
	if (fails(FAULT_OVERTAKEN, call)) {
		enum side side = current;

		side_enter(SIDE_NONE);
		if (plan.meanwhile)
			plan.meanwhile();
		else
			shop_sweep_first(side);
		side_enter(side);
	}
	return fails(fault, call) || fails(FAULT_DEATH, call);
}

/* ---- rounds ---- */

/* Fails the test, once, if memory has leaked. Only builds with AddressSanitizer detect that. */
static void check_leaks(void)
{
#if defined(__SANITIZE_ADDRESS__)
	static bool is_reported;

	if (!is_reported && __lsan_do_recoverable_leak_check()) {
		is_reported = true;
		fail_msg("memory has leaked");
	}
#endif
}

/* Runs a round for each call, and a last one, in which no call fails, because there are fewer. */
static void run_rounds(const struct torture *t, bool only)
{
	struct faults faults = {.side = t->side, .fault = t->fault, .only = only};

	do
		faults.first++;
	while (faults.first < CALLS_MAX && t->round(&faults));
	assert_in_range(faults.first, 2, CALLS_MAX - 1);
}

void torture_run(void **state)
{
	const struct torture *t = *state;

	if (faults_known[t->fault].ways & ALONE)
		run_rounds(t, true);
	if (faults_known[t->fault].ways & ONWARDS)
		run_rounds(t, false);
	hit[0] = '\0'; /* nothing to report */
	check_leaks();
}

/* Builds with sanitizers print source lines. */
static void print_place(void)
{
#if defined(__SANITIZE_ADDRESS__)
	char line[256];

	for (size_t i = 2; i < PLACE_DEPTH && place[i]; i++) {
		__sanitizer_symbolize_pc((char *)place[i] - 1, "%f %s:%l", line, sizeof line);
		print_error("    %s\n", line);
	}
#endif
}

int torture_print(void **state)
{
	const struct torture *t = *state;

	faults_end();
	if (hit[0]) {
		print_error("that was with %s, at call %d%s: %s\n", faults_known[t->fault].name,
			    plan.first, plan.only ? "" : " and all behind it", hit);
		print_place();
	}
	return 0;
}
