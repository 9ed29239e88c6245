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
	_Atomic int64_t gauges[GAUGES_MAX];
};

struct file {
	uint64_t layout;
	struct slot slots[COUNTERS_PROCESSES_MAX];
};

enum { OPEN_TRIES = 3 };

static struct slot private_slot; /* used while no file is open */
static struct slot *own = &private_slot;
static struct file *shared; /* NULL: no file is open */
static int shared_fd = -1;
static size_t own_slot;
static unsigned n_counters = 1, n_gauges = 1; /* number 0 is for metrics without room */
static uint64_t layout = HASH_START;

static unsigned reserve(unsigned *taken, unsigned most, const char *name, size_t n)
{
	unsigned first = *taken;

	if (n > most - first) {
		log_event(LOG_ERROR, NULL, "counters.no_room metric=%s", name);
		return 0;
	}
	for (const char *p = name; *p; p++)
		layout = (layout ^ (unsigned char)*p) * HASH_PRIME;
	layout = (layout ^ n) * HASH_PRIME;
	*taken += (unsigned)n;
	return first;
}

unsigned counters_reserve(const char *name, size_t n)
{
	return reserve(&n_counters, COUNTERS_MAX, name, n);
}

unsigned gauges_reserve(const char *name)
{
	return reserve(&n_gauges, GAUGES_MAX, name, 1);
}

/* ---- slots ---- */

/* A lock of one byte of the file. The system releases it when the process ends. */
static struct flock slot_lock(size_t slot)
{
	return (struct flock){.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)slot,
			      .l_len = 1};
}

/* Whether the process of a slot runs. */
static bool slot_is_locked(size_t slot)
{
	struct flock lock = slot_lock(slot);

	/* F_OFD_GETLK does not report the locks of the caller's own file description. */
	if (slot == own_slot)
		return true;
	return fcntl(shared_fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* ---- the file ---- */

/* Preserves errno. */
static void file_close(void)
{
	int reason = errno;

	if (shared)
		munmap(shared, sizeof *shared);
	if (shared_fd >= 0)
		close(shared_fd);
	shared = NULL;
	shared_fd = -1;
	own = &private_slot;
	errno = reason;
}

/* Maps the open file, initializes it if it is new, and claims a slot. The caller holds the lock of
 * the file. ERR_RETRY: another process has replaced the file, or this call has removed it because
 * of its layout. */
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
	/* Allocate all blocks: on a full disk, writing into a hole would kill the process. */
	errno = posix_fallocate(shared_fd, 0, sizeof *shared);
	if (errno)
		return ERR_UNAVAILABLE;
	memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (memory == MAP_FAILED)
		return ERR_UNAVAILABLE;
	shared = memory;
	if (!opened.st_size)
		shared->layout = layout;
	/* Processes of an earlier version keep the removed file until they end. */
	if (shared->layout != layout)
		return unlink(path) ? ERR_UNAVAILABLE : ERR_RETRY;
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++) {
		struct flock lock = slot_lock(i);

		if (fcntl(shared_fd, F_OFD_SETLK, &lock) != 0)
			continue;
		own_slot = i;
		own = &shared->slots[i];
		for (size_t gauge = 0; gauge < GAUGES_MAX; gauge++)
			own->gauges[gauge] = 0; /* its last owner may have been killed */
		return OK;
	}
	return ERR_UNAVAILABLE;
}

bool counters_open(const char *path)
{
	enum err e = ERR_RETRY;

	if (!*path)
		return true;
	for (int tries = 0; e == ERR_RETRY && tries < OPEN_TRIES; tries++) {
		shared_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (shared_fd < 0 || flock(shared_fd, LOCK_EX))
			e = ERR_UNAVAILABLE;
		else
			e = file_map(path);
		if (e)
			file_close();
		else
			flock(shared_fd, LOCK_UN);
	}
	if (e) {
		log_event(LOG_ERROR, NULL, "counters.not_shared file=%s reason=%s", path,
			  strerror(errno));
		return false;
	}
	/* Keep what the process counted before. */
	for (unsigned i = 0; i < n_counters; i++)
		own->counters[i] += private_slot.counters[i];
	for (unsigned i = 0; i < n_gauges; i++)
		own->gauges[i] += private_slot.gauges[i];
	return true;
}

/* ---- counting ---- */

void counters_add(unsigned counter, uint64_t n)
{
	atomic_fetch_add_explicit(&own->counters[counter], n, memory_order_relaxed);
}

void gauges_add(unsigned gauge, int64_t n)
{
	atomic_fetch_add_explicit(&own->gauges[gauge], n, memory_order_relaxed);
}

uint64_t counters_sum(unsigned counter)
{
	uint64_t sum = 0;

	if (!shared)
		return private_slot.counters[counter];
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
		sum += shared->slots[i].counters[counter];
	return sum;
}

int64_t gauges_sum(unsigned gauge)
{
	int64_t sum = 0;

	if (!shared)
		return private_slot.gauges[gauge];
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++) {
		if (shared->slots[i].gauges[gauge] && slot_is_locked(i))
			sum += shared->slots[i].gauges[gauge];
	}
	return sum;
}

unsigned counters_processes(void)
{
	unsigned n = 0;

	if (!shared)
		return 1;
	for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
		n += slot_is_locked(i);
	return n;
}
