#include "seed/products.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/product/product_store.h"
#include "json.h"

enum { FILE_MAX = 64 << 20 };

static enum err read_file(const char **text, size_t *len, struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0 && size <= FILE_MAX)
		bytes = arena_alloc(arena, (size_t)size + 1);
	if (bytes) {
		rewind(file);
		*len = fread(bytes, 1, (size_t)size, file);
		*text = bytes;
	}
	if (!bytes || *len != (size_t)size)
		fprintf(stderr, "seed: can't read %s: %s\n", path, strerror(errno));
	if (file)
		fclose(file);
	return bytes && *len == (size_t)size ? OK : ERR_INVALID;
}

enum err products_seed(size_t *added, size_t *n, struct ctx *ctx, const char *path)
{
	struct json_object *array;
	struct product *products;
	const char *text;
	size_t len, at = 0;
	enum err e;

	*added = 0;
	e = read_file(&text, &len, ctx->arena, path);
	if (e)
		return e;
	if (json_parse_large(&array, &at, ctx->arena, text, len) ||
	    json_object_get_type(array) != json_type_array) {
		fprintf(stderr, "seed: %s is not a JSON array (byte %zu)\n", path, at);
		return ERR_INVALID;
	}
	*n = json_object_array_length(array);
	products = arena_array(ctx->arena, *n, sizeof *products);
	if (!products)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < *n; i++) {
		struct binding binding = {.arena = ctx->arena,
					  .body = json_object_array_get_idx(array, i)};
		void *bound;

		e = shape_bind(&bound, &binding, &product_doc);
		if (e == ERR_INVALID)
			fprintf(stderr, "seed: product %zu: %s\n", i + 1,
				json_text(NULL, binding.invalid));
		if (e)
			return e;
		products[i] = *(const struct product *)bound;
	}
	for (size_t i = 0; !e && i < *n; i++) {
		bool new;

		e = product_add_missing(&new, ctx, &products[i]);
		*added += !e && new;
	}
	return e;
}
