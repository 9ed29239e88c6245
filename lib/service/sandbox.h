/*
 * The sandbox of a service: what an attacker who runs code in a worker can still do. It is entered
 * once, before the first thread, and can't be left:
 *
 * - no_new_privs: no program that is executed gains rights.
 * - seccomp (sandbox_calls.c): only the system calls that services make; no new process, no new
 *   program, no file opened for writing, no listening socket.
 * - Landlock (sandbox_files.c): only files that libraries read later are readable, none is
 *   writable; no TCP port is bound; no signal leaves the process.
 *
 * What is open already stays usable: the listening socket, the log, the metrics file.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include "err.h"

/* A file or folder that may be read inside beside the usual ones. A file's folder is allowed, since
 * certificates are replaced by renaming; not the root or the working folder. NULL and "" are
 * ignored. The text is copied. Before sandbox_enter(); ERR_UNAVAILABLE where there are too many. */
enum err sandbox_allow_reading(const char *path) MUST_CHECK;

/* Enters the sandbox. What the kernel (or a container's own filter) lacks is logged as a warning
 * and left out; ERR_INTERNAL, logged, where something else fails. */
enum err sandbox_enter(void) MUST_CHECK;

#endif
