/* TCP addresses as LISTEN has them: "HOST:PORT", "[IPV6]:PORT", or ":PORT" for all of the
 * machine's. */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include "err.h"

/* Opens a listening socket; the caller closes it. ERR_INVALID for another form, ERR_UNAVAILABLE
 * where it can't be opened, with errno. */
enum err listen_open(int *fd, const char *address) MUST_CHECK;

/* Connects to whoever listens there, on this machine where the host is left out; the caller closes
 * it. Connecting, and later each read and write, takes `timeout_ms` at the most. Errors as above.
 */
enum err listen_connect(int *fd, const char *address, int timeout_ms) MUST_CHECK;

#endif
