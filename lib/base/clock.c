#include "clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum {
	MS_PER_SECOND = 1000,
	US_PER_MS = 1000,
	US_PER_SECOND = 1000000,
	NS_PER_US = 1000,
	NS_PER_MS = 1000000,
};

/* First and last millisecond of the years 0 to 9999 (UTC), which ISO 8601 writes in four digits. */
#define ISO_FIRST_MS INT64_C(-62167219200000)
#define ISO_LAST_MS  INT64_C(253402300799999)

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	/* Fails only for an unknown clock. */
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / NS_PER_US;
}

int64_t clock_now_ms(void)
{
	return now_us(CLOCK_REALTIME) / US_PER_MS;
}

int64_t clock_now_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return now_us(CLOCK_MONOTONIC) / US_PER_MS;
}

int64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

struct timespec clock_mono_timespec(int64_t ms)
{
	return (struct timespec){
	    .tv_sec = ms / MS_PER_SECOND,
	    .tv_nsec = ms % MS_PER_SECOND * NS_PER_MS,
	};
}

static void put_digits(char *out, int n, int value)
{
	for (; n; value /= 10)
		out[--n] = (char)('0' + value % 10);
}

void clock_format_iso(char out[static ISO_TIME_SIZE], int64_t ms)
{
	struct tm tm;
	time_t seconds;
	int64_t rest;

	if (ms < ISO_FIRST_MS)
		ms = ISO_FIRST_MS;
	if (ms > ISO_LAST_MS)
		ms = ISO_LAST_MS;
	seconds = ms / MS_PER_SECOND;
	rest = ms % MS_PER_SECOND;
	if (rest < 0) { /* C rounds towards zero */
		seconds--;
		rest += MS_PER_SECOND;
	}
	gmtime_r(&seconds, &tm);
	/* Every log line has a time; this is much faster than snprintf(). */
	memcpy(out, "0000-00-00T00:00:00.000Z", ISO_TIME_SIZE);
	put_digits(out, 4, tm.tm_year + 1900);
	put_digits(out + 5, 2, tm.tm_mon + 1);
	put_digits(out + 8, 2, tm.tm_mday);
	put_digits(out + 11, 2, tm.tm_hour);
	put_digits(out + 14, 2, tm.tm_min);
	put_digits(out + 17, 2, tm.tm_sec);
	put_digits(out + 20, 3, (int)rest);
}

void clock_sleep_ms(int64_t ms)
{
	int64_t until = clock_mono_us() + ms * US_PER_MS;
	struct timespec t = {
	    .tv_sec = until / US_PER_SECOND,
	    .tv_nsec = until % US_PER_SECOND * NS_PER_US,
	};

	while (ms > 0 && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}
