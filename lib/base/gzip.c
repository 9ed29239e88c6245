#define ZLIB_CONST /* declares zlib's input as const */
#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	COMPRESSION_LEVEL = 2, /* gzip_comp_level of nginx/snippets/client.conf.in */
	WINDOW_BITS = 15 + 16, /* 15: the largest window; 16: gzip's header instead of zlib's */
	MEMORY_LEVEL = 8,      /* zlib's default */
};

enum err gzip_take(char **out, size_t *out_len, const char *text, size_t len)
{
	z_stream z = {0};
	char *buffer, *smaller;
	enum err e = OK;
	uLong room;

	if (len > UINT_MAX || deflateInit2(&z, COMPRESSION_LEVEL, Z_DEFLATED, WINDOW_BITS,
					   MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NO_MEMORY;
	/* With room for the worst case, one call compresses everything. */
	room = deflateBound(&z, (uLong)len);
	buffer = room <= UINT_MAX ? malloc(room) : NULL;
	if (buffer) {
		z.next_in = (z_const Bytef *)text;
		z.avail_in = (uInt)len;
		z.next_out = (Bytef *)buffer;
		z.avail_out = (uInt)room;
		e = deflate(&z, Z_FINISH) == Z_STREAM_END ? OK : ERR_INTERNAL;
	} else {
		e = ERR_NO_MEMORY;
	}
	deflateEnd(&z);
	if (e) {
		free(buffer);
		return e;
	}
	smaller = realloc(buffer, z.total_out);
	*out = smaller ? smaller : buffer;
	*out_len = z.total_out;
	return OK;
}
