/* Times: milliseconds since 1970 (UTC) in the program, ISO 8601 with Z in output. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { ISO_TIME_SIZE = sizeof "9999-12-31T23:59:59.999Z" };

/* The time of day, in milliseconds since 1970. */
int64_t clock_now_ms(void);

/* The same in microseconds, for the times of spans. */
int64_t clock_now_us(void);

/* The monotonic clock, for deadlines and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* A time of clock_mono_ms() as an absolute timeout on CLOCK_MONOTONIC. */
struct timespec clock_mono_timespec(int64_t ms);

/* Writes a time as ISO 8601, e.g. 2026-03-01T09:30:00.250Z. A time outside the years 0 to 9999
 * becomes the nearest one inside. */
void clock_format_iso(char out[static ISO_TIME_SIZE], int64_t ms);

/* Sleeps. Signals don't shorten it. */
void clock_sleep_ms(int64_t ms);

#endif
