/* The routes that read the catalogue, from the snapshot in memory. */
#include "product_api.h"

#include "catalogue_job.h"
#include "catalogue_read.h"
#include "fcgi/contracts/product_changes.h"
#include "text.h"

/* A reference to the snapshot, released with the request. ERR_UNAVAILABLE before the first one. */
static enum err ref_catalogue(struct snapshot **catalogue, struct req *rq)
{
	*catalogue = arena_defer(req_ctx(rq)->arena, snapshot_unref, catalogue_current());
	return *catalogue ? OK : ERR_UNAVAILABLE;
}

static enum err reply_rendered(struct req *rq, const struct rendered *text)
{
	return req_reply_tagged(rq, text->bytes, text->len, text->etag);
}

/* Sends the compressed form of a list, or the plain one where `packed` is NULL. */
static enum err reply_form(struct req *rq, const struct rendered *text,
			   const struct rendered *packed)
{
	enum err e;

	if (packed)
		return req_reply_gzip(rq, packed->bytes, packed->len, packed->etag);
	e = req_header(rq, "Vary", "Accept-Encoding");
	return e ? e : reply_rendered(rq, text);
}

/* Sizes in bytes between which a list is compressed for a single call. Compression takes 6 ms for
 * each megabyte. */
enum { PACKED_MIN = 1024, PACKED_MAX = 128 * 1024 };

/* Sends a list that was rendered for this call. */
static enum err reply_rendered_list(struct req *rq, const struct rendered *text)
{
	bool worth_it = text->len >= PACKED_MIN && text->len <= PACKED_MAX;
	struct rendered packed;

	if (!worth_it || !req_takes_gzip(rq) || rendered_gzip(&packed, req_ctx(rq)->arena, text))
		return reply_form(rq, text, NULL);
	return reply_form(rq, text, &packed);
}

/* ---- GET /products ---- */

struct products_in {
	const char *q, *category;
	bson_oid_t after; /* all zero: not given */
	int64_t limit;    /* 0: not given */
};

static const struct field products_fields[] = {
    {FIELD(struct products_in, q), .from = FROM_QUERY, .optional = true, .form = text_fold,
     .max = 200, .example = "milk"},
    {FIELD(struct products_in, category), .from = FROM_QUERY, .optional = true, .form = text_fold,
     .max = 100, .example = "Dairy"},
    {FIELD(struct products_in, after), .from = FROM_QUERY, .optional = true},
    {FIELD(struct products_in, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100,
     .example = "20"},
};
const struct shape products_in = SHAPE(struct products_in, products_fields);

enum err products_get(struct req *rq)
{
	static const bson_oid_t none;
	const struct products_in *in = req_input(rq);
	struct selection selection = {
	    .q = in->q,
	    .category = in->category,
	    .after = bson_oid_equal(&in->after, &none) ? NULL : &in->after,
	    .limit = in->limit ? (size_t)in->limit : CATALOGUE_LIST_MAX,
	};
	struct rendered *text = arena_alloc(req_ctx(rq)->arena, sizeof *text);
	const bson_oid_t *next;
	struct snapshot *catalogue;
	char cursor[25];
	enum err e = ref_catalogue(&catalogue, rq);

	if (e)
		return e;
	/* The whole catalogue, the most frequent answer of all, is compressed beforehand. */
	if (!in->q && !in->category && !selection.after && !in->limit)
		return reply_form(rq, catalogue_list(catalogue),
				  req_takes_gzip(rq) ? catalogue_list_gzip(catalogue) : NULL);
	if (!text)
		return ERR_NO_MEMORY;
	e = catalogue_select(text, &next, req_ctx(rq)->arena, catalogue, &selection);
	if (e)
		return e;
	if (next) {
		bson_oid_to_string(next, cursor);
		e = req_link_next(rq, cursor);
	}
	return e ? e : reply_rendered_list(rq, text);
}

/* ---- GET /products/{product_id}, GET /categories ---- */

struct product_path_in {
	bson_oid_t product_id;
};

static const struct field product_path_fields[] = {
    {FIELD(struct product_path_in, product_id), .from = FROM_PATH,
     .unknown = ERR_PRODUCT_NOT_FOUND},
};
const struct shape product_path_in = SHAPE(struct product_path_in, product_path_fields);

enum err product_get(struct req *rq)
{
	const struct product_path_in *in = req_input(rq);
	struct snapshot *catalogue;
	const struct entry *entry;
	enum err e = ref_catalogue(&catalogue, rq);

	if (e)
		return e;
	entry = catalogue_find(catalogue, &in->product_id);
	return entry ? reply_rendered(rq, &entry->json) : ERR_PRODUCT_NOT_FOUND;
}

static const struct field category_fields[] = {{.type = FIELD_STRING, .example = "Dairy"}};
const struct shape category_out = SHAPE(const char *, category_fields);

enum err categories_get(struct req *rq)
{
	struct snapshot *catalogue;
	enum err e = ref_catalogue(&catalogue, rq);

	return e ? e : reply_rendered_list(rq, catalogue_categories(catalogue));
}

/* ---- replicas of other services ---- */

enum err products_since(struct req *rq)
{
	const struct product_changes_query *in = req_input(rq);
	struct snapshot *catalogue;
	const char *json;
	size_t len;
	enum err e = ref_catalogue(&catalogue, rq);

	if (!e)
		e = catalogue_since(&json, &len, req_ctx(rq)->arena, catalogue, in->since);
	return e ? e : req_reply_text(rq, json, len);
}
