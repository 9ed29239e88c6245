/*
 * Counters and gauges that the processes of a pool share, so that each process can print the
 * totals.
 *
 * The processes map one file. Each process has its own slot in the file and locks it as long as it
 * runs. Counting is an atomic addition to memory that no other process writes. The counts of a
 * killed process remain, and its successor continues with them in the same slot. A reader sums the
 * slots.
 */
#ifndef LIB_COUNTERS_H
#define LIB_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COUNTERS_MAX = 2048,         /* of a process */
	GAUGES_MAX = 64,             /* of a process */
	COUNTERS_PROCESSES_MAX = 64, /* that may share a file */
};

/* Reserves `n` counters at zero and returns the number of the first. Call it before
 * counters_open(). `name` becomes part of the layout's hash. Returns 0 if there is no room; counter
 * 0 is never printed. */
unsigned counters_reserve(const char *name, size_t n);

/* Reserves a gauge, likewise. The values of a process that has ended don't count. */
unsigned gauges_reserve(const char *name);

/* Shares all counters and gauges through a file; with an empty path they stay private to the
 * process. Replaces a file with another layout. Call it before other threads count. False, with a
 * line in the log, if it fails; the counters stay private then. */
bool counters_open(const char *path);

/* Add to a counter or a gauge of this process. Thread-safe. */
void counters_add(unsigned counter, uint64_t n);
void gauges_add(unsigned gauge, int64_t n);

/* The sum over all processes, including those that have ended. */
uint64_t counters_sum(unsigned counter);

/* The sum over the running processes. */
int64_t gauges_sum(unsigned gauge);

/* The number of running processes. */
unsigned counters_processes(void);

#endif
