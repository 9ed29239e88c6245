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
 * The kernel accepts a longer struct than it supports if the rest is 0.
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

/* The rights that each version of Landlock adds. All are denied unless a rule allows them. */
static const struct {
	int abi;
	struct ruleset adds;
} versions[] = {
    {1, {.files = FILES_ABI_1}},     {2, {.files = FILES_REFER}},
    {3, {.files = FILES_TRUNCATE}},  {4, {.ports = PORTS_BIND_TCP}},
    {5, {.files = FILES_IOCTL_DEV}}, {6, {.scopes = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL}},
};

/* Files that libraries read while a service runs. Secrets and the program itself are read before.
 */
static const char *const readable[] = {
    /* names and addresses */
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    /* the C library: plug-ins that it loads at the first name resolution, and time zones */
    "/etc/ld.so.cache",
    "/usr/lib",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    /* the number of processors, which limits password hashes at a time */
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

/* Allows reading a file, or everything below a folder. A path that doesn't exist needs no rule. */
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
	if (!error &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		error = errno;
	close(rule.parent_fd);
	return error;
}

int sandbox_restrict_files(int *abi, const char *const *folders, size_t n_folders)
{
	static const char link[] = "/etc/resolv.conf";
	int version =
	    (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = {0};
	char target[PATH_MAX];
	int ruleset, error = 0;

	if (version < 0)
		return errno;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		if (versions[i].abi > version)
			continue;
		all.files |= versions[i].adds.files;
		all.ports |= versions[i].adds.ports;
		all.scopes |= versions[i].adds.scopes;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (ruleset < 0)
		return errno;
	/* A rule applies to a file, not to its name. A resolver may keep resolv.conf in a folder of
	 * its own, and replace it there, so that folder is allowed. */
	if (realpath(link, target) && strcmp(target, link) != 0)
		error = allow(ruleset, dirname(target));
	for (size_t i = 0; i < sizeof readable / sizeof readable[0] && !error; i++)
		error = allow(ruleset, readable[i]);
	for (size_t i = 0; i < n_folders && !error; i++)
		error = allow(ruleset, folders[i]);
	if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0))
		error = errno;
	close(ruleset);
	if (!error)
		*abi = version;
	return error;
}
