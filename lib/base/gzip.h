/* Compression of responses. */
#ifndef LIB_GZIP_H
#define LIB_GZIP_H

#include <stddef.h>

#include "err.h"

/* Compresses `len` bytes into a gzip stream (RFC 1952), at the same level as the gateway. The
 * caller frees *out. ERR_NO_MEMORY if out of memory. */
enum err gzip_take(char **out, size_t *out_len, const char *text, size_t len) MUST_CHECK;

#endif
