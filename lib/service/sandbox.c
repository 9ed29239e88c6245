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

/* Cuts a file's name off, unless its folder is the root or the working folder, which hold more. */
static void cut_to_folder(char *path)
{
	char *slash = strrchr(path, '/');
	struct stat is;

	if (slash && slash != path && (stat(path, &is) || !S_ISDIR(is.st_mode)))
		*slash = '\0';
}

enum err sandbox_allow_reading(const char *path)
{
	if (!path || !*path)
		return OK;
	if (n_folders == FOLDERS_MAX || strlen(path) >= PATH_MAX)
		return ERR_UNAVAILABLE;
	memcpy(folders[n_folders], path, strlen(path) + 1);
	cut_to_folder(folders[n_folders++]);
	return OK;
}

/* Whether a kernel without this, or a container's filter in front of it, answers so. */
static bool is_lacking(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP || error == EPERM || error == EINVAL;
}

/* Logs why a part of the sandbox is left out. */
static enum err judge(int error, const char *part, const char *consequence)
{
	if (!error)
		return OK;
	log_event(is_lacking(error) ? LOG_WARNING : LOG_ERROR, NULL,
		  "sandbox.incomplete part=%s reason=%s consequence=%s", part, strerror(error),
		  consequence);
	return is_lacking(error) ? OK : ERR_INTERNAL;
}

enum err sandbox_enter(void)
{
	const char *allowed[FOLDERS_MAX];
	int abi = 0;
	enum err e;

	for (size_t i = 0; i < n_folders; i++)
		allowed[i] = folders[i];
	e = judge(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0, "no_new_privs",
		  "programs with more rights can be executed");
	/* Landlock first: the filter of calls allows none of its calls. */
	if (!e)
		e = judge(sandbox_restrict_files(&abi, allowed, n_folders), "Landlock",
			  "all files of the user are readable");
	if (!e)
		e = judge(sandbox_restrict_calls(), "seccomp", "all system calls are allowed");
	if (!e)
		log_event(LOG_INFO, NULL, "sandbox.entered landlock_abi=%d", abi);
	return e;
}
