/* TCP addresses of the setting LISTEN: "HOST:PORT", "[IPV6]:PORT", or ":PORT" for all addresses of
 * the machine. */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include "err.h"

/* Opens a listening socket, which the caller closes. ERR_INVALID for a malformed address,
 * ERR_UNAVAILABLE with errno if it can't be opened. */
enum err listen_open(int *fd, const char *address) MUST_CHECK;

/* Connects to an address, on this machine if the host is omitted; the caller closes the socket. The
 * timeout applies to the connect, and later to each read and write. Errors as above. */
enum err listen_connect(int *fd, const char *address, int timeout_ms) MUST_CHECK;

#endif
