#include "sandbox.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "log.h"
#include "sandbox_parts.h"

enum { FOLDERS_MAX = 8 };

static char folders[FOLDERS_MAX][PATH_MAX];
static size_t n_folders;

enum err sandbox_allow_reading(const char *path)
{
	char *folder, *slash;
	struct stat is;

	if (!path || !*path)
		return OK;
	if (n_folders == FOLDERS_MAX || strlen(path) >= PATH_MAX)
		return ERR_UNAVAILABLE;
	folder = folders[n_folders++];
	memcpy(folder, path, strlen(path) + 1);
	/* A file is replaced by its folder, unless that is the root or the working folder, which
	 * have unrelated files. */
	slash = strrchr(folder, '/');
	if (slash && slash != folder && (stat(folder, &is) || !S_ISDIR(is.st_mode)))
		*slash = '\0';
	return OK;
}

/* Logs why a part of the sandbox is missing. That is no error if the kernel doesn't support the
 * part, or a container's filter denies it. */
static enum err check_part(int error, const char *part, const char *consequence)
{
	bool is_unsupported =
	    error == ENOSYS || error == EOPNOTSUPP || error == EPERM || error == EINVAL;

	if (!error)
		return OK;
	log_event(is_unsupported ? LOG_WARNING : LOG_ERROR, NULL,
		  "sandbox.incomplete part=%s reason=%s consequence=%s", part, strerror(error),
		  consequence);
	return is_unsupported ? OK : ERR_INTERNAL;
}

enum err sandbox_enter(void)
{
	const char *allowed[FOLDERS_MAX];
	int abi = 0;
	enum err e;

	for (size_t i = 0; i < n_folders; i++)
		allowed[i] = folders[i];
	e = check_part(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0, "no_new_privs",
		       "programs with more rights can be executed");
	/* Landlock is first, because the seccomp filter doesn't allow its system calls. */
	if (!e)
		e = check_part(sandbox_restrict_files(&abi, allowed, n_folders), "Landlock",
			       "all files of the user are readable");
	if (!e)
		e = check_part(sandbox_restrict_calls(), "seccomp", "all system calls are allowed");
	if (!e)
		log_event(LOG_INFO, NULL, "sandbox.entered landlock_abi=%d", abi);
	return e;
}
