#define _GNU_SOURCE /* F_OFD_SETLK */
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "log.h"

/* Source: FNV-1a, 64 bits. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

struct slot {
	_Atomic uint64_t counters[COUNTERS_MAX];
	_Atomic int64_t levels[LEVELS_MAX];
};

struct file {
	uint64_t layout;
	struct slot slots[COUNTERS_PROCESSES_MAX];
};

enum { OPEN_TRIES = 3 };

static struct slot alone; /* of a process that shares with none */
static struct slot *own = &alone;
static struct file *shared; /* NULL: nothing is */
static int shared_fd = -1;
static size_t own_slot;
static unsigned n_counters = 1, n_levels = 1; /* the first ones are for what found no room */
static uint64_t layout = HASH_START;

static void layout_add(const char *name, size_t n)
{
	for (const char *p = name; *p; p++)
		layout = (layout ^ (unsigned char)*p) * HASH_PRIME;
	layout = (layout ^ n) * HASH_PRIME;
}

static unsigned reserve(unsigned *taken, unsigned most, const char *name, size_t n)
{
	unsigned first = *taken;

	if (n > most - first) {
		log_event(LOG_ERROR, NULL, "counters.no_room metric=%s", name);
		return 0;
	}
	layout_add(name, n);
	*taken += (unsigned)n;
	return first;
}

unsigned counters_reserve(const char *name, size_t n)
{
	return reserve(&n_counters, COUNTERS_MAX, name, n);
}

unsigned levels_reserve(const char *name)
{
	return reserve(&n_levels, LEVELS_MAX, name, 1);
}

/* ---- slots ---- */

/* A lock of one byte of the file, which the system drops when its process is gone. */
static struct flock slot_lock(size_t slot)
{
	return (struct flock){.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)slot,
			      .l_len = 1};
}

static bool slot_claim(size_t slot)
{
	struct flock lock = slot_lock(slot);

	return fcntl(shared_fd, F_OFD_SETLK, &lock) == 0;
}

static bool slot_lives(size_t slot)
{
	struct flock lock = slot_lock(slot);

	/* Its own lock is in nobody's way. */
	if (slot == own_slot)
		return true;
	return fcntl(shared_fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static enum err claim_any(void)
{
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++) {
		if (!slot_claim(i))
			continue;
		own_slot = i;
		own = &shared->slots[i];
		for (size_t level = 0; level < LEVELS_MAX; level++)
			own->levels[level] = 0; /* its last owner may have been killed */
		return OK;
	}
	return ERR_UNAVAILABLE;
}

/* ---- the file ---- */

static void file_close(void)
{
	int reason = errno;

	if (shared)
		munmap(shared, sizeof *shared);
	if (shared_fd >= 0)
		close(shared_fd);
	shared = NULL;
	shared_fd = -1;
	own = &alone;
	errno = reason;
}

/* Maps the file, and makes it one of ours where it is new; with its lock held. ERR_RETRY: another
 * process has put a new one in its place, or this one did so now. */
static enum err file_map(const char *path)
{
	struct stat opened, named;
	void *memory;

	if (fstat(shared_fd, &opened))
		return ERR_UNAVAILABLE;
	if (stat(path, &named) || named.st_ino != opened.st_ino)
		return ERR_RETRY;
	if (opened.st_size != 0 && opened.st_size != sizeof *shared)
		return unlink(path) ? ERR_UNAVAILABLE : ERR_RETRY;
	/* With all of its blocks: on a full disk a hole would end the process that writes into it.
	 */
	errno = posix_fallocate(shared_fd, 0, sizeof *shared);
	if (errno)
		return ERR_UNAVAILABLE;
	memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (memory == MAP_FAILED)
		return ERR_UNAVAILABLE;
	shared = memory;
	if (!opened.st_size)
		shared->layout = layout;
	/* Processes of an earlier version go on with theirs until they end. */
	if (shared->layout != layout)
		return unlink(path) ? ERR_UNAVAILABLE : ERR_RETRY;
	return claim_any();
}

static enum err file_open(const char *path)
{
	enum err e;

	shared_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (shared_fd < 0)
		return ERR_UNAVAILABLE;
	if (flock(shared_fd, LOCK_EX))
		e = ERR_UNAVAILABLE;
	else
		e = file_map(path);
	if (e)
		file_close();
	else
		flock(shared_fd, LOCK_UN);
	return e;
}

static void take_along(void)
{
	for (unsigned i = 0; i < n_counters; i++)
		own->counters[i] += alone.counters[i];
	for (unsigned i = 0; i < n_levels; i++)
		own->levels[i] += alone.levels[i];
}

bool counters_open(const char *path)
{
	enum err e = ERR_RETRY;

	if (!*path)
		return true;
	for (int tries = 0; e == ERR_RETRY && tries < OPEN_TRIES; tries++)
		e = file_open(path);
	if (e) {
		log_event(LOG_ERROR, NULL, "counters.not_shared file=%s reason=%s", path,
			  strerror(errno));
		return false;
	}
	take_along();
	return true;
}

/* ---- counting ---- */

void counters_add(unsigned counter, uint64_t n)
{
	atomic_fetch_add_explicit(&own->counters[counter], n, memory_order_relaxed);
}

void levels_add(unsigned level, int64_t n)
{
	atomic_fetch_add_explicit(&own->levels[level], n, memory_order_relaxed);
}

uint64_t counters_sum(unsigned counter)
{
	uint64_t sum = 0;

	if (!shared)
		return alone.counters[counter];
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
		sum += shared->slots[i].counters[counter];
	return sum;
}

int64_t levels_sum(unsigned level)
{
	int64_t sum = 0;

	if (!shared)
		return alone.levels[level];
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++) {
		if (shared->slots[i].levels[level] && slot_lives(i))
			sum += shared->slots[i].levels[level];
	}
	return sum;
}

unsigned counters_processes(void)
{
	unsigned n = 0;

	if (!shared)
		return 1;
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
		n += slot_lives(i);
	return n;
}
