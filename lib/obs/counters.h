/*
 * Counters that the processes of a pool share, so that whoever is asked can tell what all have
 * done.
 *
 * The processes map one file. Each has a slot of it for itself, which it locks as long as it lives:
 * counting is an atomic addition to memory that no other process writes, what a killed process has
 * counted stays, and its successor goes on in its slot. Reading adds the slots up.
 */
#ifndef LIB_COUNTERS_H
#define LIB_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COUNTERS_MAX = 2048,         /* of a process */
	LEVELS_MAX = 64,             /* likewise */
	COUNTERS_PROCESSES_MAX = 64, /* that may share a file */
};

/* Reserves `n` counters, at zero, before counters_open(); the first one's number. `name` tells one
 * layout from another. Where there is no room left it is 0, whose counts nobody looks at. */
unsigned counters_reserve(const char *name, size_t n);

/* The same of a level: what goes up and down, and is nothing any more when its process dies. */
unsigned levels_reserve(const char *name);

/* Shares all by a file; with an empty path they stay this process' own, as they are before. Before
 * other threads count. A file of another layout is replaced. False, said in the log, where that
 * can't be done. */
bool counters_open(const char *path);

/* Add to what this process has counted; from any thread. */
void counters_add(unsigned counter, uint64_t n);
void levels_add(unsigned level, int64_t n);

/* The sum over all processes, the dead ones too. */
uint64_t counters_sum(unsigned counter);

/* The sum over the processes that live. */
int64_t levels_sum(unsigned level);

/* How many processes live. */
unsigned counters_processes(void);

#endif
