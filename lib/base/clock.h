/* Times: milliseconds since 1970 in UTC inside, ISO 8601 with Z outside. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

enum { ISO_TIME_SIZE = sizeof "9999-12-31T23:59:59.999Z" };

/* Now, in milliseconds since 1970. */
int64_t clock_now_ms(void);

/* The same in microseconds, for moments that are told to others. */
int64_t clock_now_us(void);

/* A clock that never jumps, for deadlines and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Writes a time between the years 0 and 9999 as ISO 8601, e.g. 2026-03-01T09:30:00.250Z. */
void clock_format_iso(char out[static ISO_TIME_SIZE], int64_t ms);

/* Sleeps; a signal doesn't cut it short. */
void clock_sleep_ms(int64_t ms);

#endif
