/* The two filters of the sandbox (sandbox.h). Each returns 0 or an errno value. */
#ifndef LIB_SANDBOX_PARTS_H
#define LIB_SANDBOX_PARTS_H

#include <stddef.h>

/* Restricts the system calls of all threads of the process; needs no_new_privs. */
int sandbox_restrict_calls(void);

/* Restricts the calling thread, and the threads that it starts, to reading the usual files and
 * `folders`; needs no_new_privs. On success *abi is the version of Landlock. */
int sandbox_restrict_files(int *abi, const char *const *folders, size_t n_folders);

#endif
