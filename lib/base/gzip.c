#define ZLIB_CONST /* what it reads is constant */
#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	METRIC_GAUGE = 2,      /* gzip_comp_level of nginx/snippets/client.conf.in */
	WINDOW_BITS = 15 + 16, /* the largest, with gzip's header */
	MEMORY_LEVEL = 8,      /* zlib's default */
};

/* All in one go: there is room for the worst case. */
static enum err deflate_into(z_stream *z, char **out, size_t *out_len)
{
	uLong room = deflateBound(z, z->avail_in);
	char *buffer = room <= UINT_MAX ? malloc(room) : NULL;

	if (!buffer)
		return ERR_NO_MEMORY;
	z->next_out = (Bytef *)buffer;
	z->avail_out = (uInt)room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END) {
		free(buffer);
		return ERR_INTERNAL;
	}
	*out_len = z->total_out;
	*out = realloc(buffer, z->total_out); /* it has become smaller */
	if (!*out)
		*out = buffer;
	return OK;
}

enum err gzip_take(char **out, size_t *out_len, const char *text, size_t len)
{
	z_stream z = {0};
	enum err e;

	if (len > UINT_MAX)
		return ERR_NO_MEMORY;
	if (deflateInit2(&z, METRIC_GAUGE, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NO_MEMORY;
	z.next_in = (z_const Bytef *)text;
	z.avail_in = (uInt)len;
	e = deflate_into(&z, out, out_len);
	deflateEnd(&z);
	return e;
}
