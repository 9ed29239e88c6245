#define _GNU_SOURCE /* O_PATH, syscall */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_parts.h"

/*
 * Debian's header ends at ABI 2. Source: include/uapi/linux/landlock.h of Linux 6.12.
 * The kernel takes a longer struct than it knows where the rest is 0.
 */
struct ruleset {
	uint64_t files;  /* handled_access_fs */
	uint64_t ports;  /* handled_access_net, ABI 4 */
	uint64_t scopes; /* scoped, ABI 6 */
};

#define FILES_ABI_1         ((UINT64_C(1) << 13) - 1) /* EXECUTE to MAKE_SYM */
#define FILES_REFER         (UINT64_C(1) << 13)       /* ABI 2 */
#define FILES_TRUNCATE      (UINT64_C(1) << 14)       /* ABI 3 */
#define FILES_IOCTL_DEV     (UINT64_C(1) << 15)       /* ABI 5 */
#define PORTS_BIND_TCP      (UINT64_C(1) << 0)        /* ABI 4 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)        /* ABI 6 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)        /* ABI 6 */

#define READ_FOLDER (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* What each version of Landlock adds: all of it is refused unless a rule allows it. */
static const struct {
	int abi;
	struct ruleset adds;
} versions[] = {
    {1, {.files = FILES_ABI_1}},     {2, {.files = FILES_REFER}},
    {3, {.files = FILES_TRUNCATE}},  {4, {.ports = PORTS_BIND_TCP}},
    {5, {.files = FILES_IOCTL_DEV}}, {6, {.scopes = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL}},
};

/* What libraries read while a service runs. Secrets, and the program itself, were read before. */
static const char *const readable[] = {
    /* names and addresses */
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    /* the C library: plug-ins that it loads at the first look-up, and what it converts times with
     */
    "/etc/ld.so.cache",
    "/usr/lib",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    /* the number of processors, which is how many passwords are checked at a time */
    "/sys/devices/system/cpu/online",
    /* TLS */
    "/etc/ssl",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/dev/urandom",
    "/dev/null",
#ifdef __SANITIZE_ADDRESS__
    /* reports: memory, threads, and the names of functions */
    "/proc",
    "/proc/self/exe",
#endif
};

static int restrict_syscall(long number, int fd, int type, const void *attr)
{
	return syscall(number, fd, type, attr, 0) < 0 ? errno : 0;
}

/* Allows reading a file, or everything below a folder. What isn't there needs no rule. */
static int allow(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = READ_FOLDER};
	struct stat is;
	int error = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return 0;
	if (fstat(rule.parent_fd, &is))
		error = errno;
	else if (!S_ISDIR(is.st_mode))
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	if (!error)
		error = restrict_syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
					 &rule);
	close(rule.parent_fd);
	return error;
}

/* A rule holds for one file, not for its name: where a resolver keeps resolv.conf in a folder of
 * its own and replaces it there, that folder is allowed. */
static int allow_target(int ruleset, const char *link)
{
	char target[PATH_MAX];

	if (!realpath(link, target) || strcmp(target, link) == 0)
		return 0;
	return allow(ruleset, dirname(target));
}

static int allow_all(int ruleset, const char *const *folders, size_t n_folders)
{
	int error = allow_target(ruleset, "/etc/resolv.conf");

	for (size_t i = 0; i < sizeof readable / sizeof readable[0] && !error; i++)
		error = allow(ruleset, readable[i]);
	for (size_t i = 0; i < n_folders && !error; i++)
		error = allow(ruleset, folders[i]);
	return error;
}

static int ruleset_new(int *ruleset, int abi)
{
	struct ruleset all = {0};

	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		if (versions[i].abi > abi)
			continue;
		all.files |= versions[i].adds.files;
		all.ports |= versions[i].adds.ports;
		all.scopes |= versions[i].adds.scopes;
	}
	*ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	return *ruleset < 0 ? errno : 0;
}

int sandbox_restrict_files(int *abi, const char *const *folders, size_t n_folders)
{
	int version =
	    (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, error;

	if (version < 0)
		return errno;
	error = ruleset_new(&ruleset, version);
	if (error)
		return error;
	error = allow_all(ruleset, folders, n_folders);
	if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0))
		error = errno;
	close(ruleset);
	if (!error)
		*abi = version;
	return error;
}
