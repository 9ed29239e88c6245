/*
 * The sandbox of a service limits what an attacker can do who runs code in a worker. It is entered
 * once, before the first thread, and can't be left:
 *
 * - no_new_privs: no program that is executed gains rights.
 * - seccomp (sandbox_calls.c): only the system calls that services make; no new process, no new
 *   program, no file opened for writing, no listening socket.
 * - Landlock (sandbox_files.c): only files that libraries read later are readable, none is
 *   writable; no TCP port is bound; no signal leaves the process.
 *
 * Open descriptors stay usable: the listening socket, the log, the metrics file.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include "err.h"

/* Allows reading a file or folder in addition to the usual ones; call it before sandbox_enter().
 * For a file its folder is allowed, because certificates are replaced by renaming, but neither the
 * root nor the working folder is. NULL and "" are ignored. The text is copied. ERR_UNAVAILABLE if
 * there are too many. */
enum err sandbox_allow_reading(const char *path) MUST_CHECK;

/* Enters the sandbox. A part that the kernel lacks, or a container's filter denies, is skipped and
 * logged as a warning. ERR_INTERNAL, logged, for any other failure. */
enum err sandbox_enter(void) MUST_CHECK;

#endif
