#include "product_api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "indexes.h"
#include "migrations.h"
#include "product_store.h"
#include "refresh.h"
#include "req.h"
#include "stock_api.h"
#include "stock_marks.h"
#include "text.h"

enum { URL_MAX = 1024 };

static const char *public_url;

/* The host of an address with its port, and what follows; NULL: of another scheme. */
static const char *host_of(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return url + strlen(schemes[i]);
	}
	return NULL;
}

/* An origin alone, maybe with a final slash: all published paths begin at the root. */
static const char *check_public_url(const char *url)
{
	const char *host = host_of(url);
	size_t n = host ? strcspn(host, "/?#@\\ \t") : 0;

	if (!*url || (n && (!host[n] || strcmp(host + n, "/") == 0)))
		return NULL;
	if (!n)
		return "should be http:// or https:// and a host, maybe with a port";
	if (host[n] == '/')
		return "should be without a path: a path in front of the shop is not supported, "
		       "give it a host name of its own";
	return "should end after the host and its port: no user, query, fragment or blank";
}

static const struct setting settings[] = {
    {"PUBLIC_URL", SETTING_TEXT, &public_url, "", 0, URL_MAX, false,
     "stands before each image_url, as published apps need it; without a path",
     .check = check_public_url},
};

/* The snapshot for as long as the request lives. ERR_UNAVAILABLE before the first. */
static enum err hold_catalogue(struct snapshot **catalogue, struct req *rq)
{
	*catalogue = arena_defer(req_ctx(rq)->arena, snapshot_release, refresh_current());
	return *catalogue ? OK : ERR_UNAVAILABLE;
}

static enum err reply_rendered(struct req *rq, const struct rendered *text)
{
	return req_reply_tagged(rq, text->bytes, text->len, text->etag);
}

/* A list in the form that the client takes; `packed` is NULL where it is sent as it is. */
static enum err reply_form(struct req *rq, const struct rendered *text,
			   const struct rendered *packed)
{
	enum err e;

	if (packed)
		return req_reply_gzip(rq, packed->bytes, packed->len, packed->etag);
	e = req_header(rq, "Vary", "Accept-Encoding");
	return e ? e : reply_rendered(rq, text);
}

/* Bytes of a list that is compressed for one call: the time is proportional to them, 6 ms for each
 * megabyte. */
enum { PACKED_MIN = 1024, PACKED_MAX = 128 * 1024 };

static enum err reply_made(struct req *rq, const struct rendered *text)
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
static const struct shape products_in = SHAPE(struct products_in, products_fields);

static enum err reply_selection(struct req *rq, const struct snapshot *catalogue,
				const struct selection *selection)
{
	const bson_oid_t *next;
	struct rendered *text = arena_alloc(req_ctx(rq)->arena, sizeof *text);
	char cursor[25];
	enum err e;

	if (!text)
		return ERR_NO_MEMORY;
	e = catalogue_select(text, &next, req_ctx(rq)->arena, catalogue, selection);
	if (e)
		return e;
	if (next) {
		bson_oid_to_string(next, cursor);
		e = req_link_next(rq, cursor);
	}
	return e ? e : reply_made(rq, text);
}

/* The whole catalogue, the hottest answer of all: compressed beforehand where the client takes
 * that. */
static enum err reply_list(struct req *rq, const struct snapshot *catalogue)
{
	return reply_form(rq, catalogue_list(catalogue),
			  req_takes_gzip(rq) ? catalogue_list_gzip(catalogue) : NULL);
}

static enum err products_get(struct req *rq)
{
	static const bson_oid_t none;
	const struct products_in *in = req_input(rq);
	struct selection selection = {
	    .q = in->q,
	    .category = in->category,
	    .after = bson_oid_equal(&in->after, &none) ? NULL : &in->after,
	    .limit = in->limit ? (size_t)in->limit : CATALOGUE_LIST_MAX,
	};
	struct snapshot *catalogue;
	enum err e = hold_catalogue(&catalogue, rq);

	if (e)
		return e;
	if (!in->q && !in->category && !selection.after && !in->limit)
		return reply_list(rq, catalogue);
	return reply_selection(rq, catalogue, &selection);
}

/* ---- GET /products/{product_id}, GET /categories ---- */

struct product_path_in {
	bson_oid_t product_id;
};

static const struct field product_path_fields[] = {
    {FIELD(struct product_path_in, product_id), .from = FROM_PATH,
     .unknown = ERR_PRODUCT_NOT_FOUND},
};
static const struct shape product_path_in = SHAPE(struct product_path_in, product_path_fields);

static enum err product_get(struct req *rq)
{
	const struct product_path_in *in = req_input(rq);
	struct snapshot *catalogue;
	const struct entry *entry;
	enum err e = hold_catalogue(&catalogue, rq);

	if (e)
		return e;
	entry = catalogue_find(catalogue, &in->product_id);
	return entry ? reply_rendered(rq, &entry->json) : ERR_PRODUCT_NOT_FOUND;
}

static const struct field category_fields[] = {{.type = FIELD_STRING, .example = "Dairy"}};
static const struct shape category_out = SHAPE(const char *, category_fields);

static enum err categories_get(struct req *rq)
{
	struct snapshot *catalogue;
	enum err e = hold_catalogue(&catalogue, rq);

	return e ? e : reply_made(rq, catalogue_categories(catalogue));
}

/* ---- GET /internal/products?since=… ---- */

struct since_in {
	int64_t since; /* version of the caller's copy; 0: it has none */
};

static const struct field since_fields[] = {
    {FIELD(struct since_in, since), .from = FROM_QUERY, .optional = true},
};
static const struct shape since_in = SHAPE(struct since_in, since_fields);

static enum err products_since(struct req *rq)
{
	const struct since_in *in = req_input(rq);
	struct snapshot *catalogue;
	const char *json;
	size_t len;
	enum err e = hold_catalogue(&catalogue, rq);

	if (!e)
		e = catalogue_since(&json, &len, req_ctx(rq)->arena, catalogue, in->since);
	return e ? e : req_reply_text(rq, json, len);
}

/* ---- the service ---- */

static struct route routes[] = {
    {GET, "/products", ROUTE_PUBLIC, &products_in, products_get, .name = "listProducts",
     .summary = "The catalogue, or what a search, a category or a page leaves of it",
     .response_list = &product_out, .flags = ROUTE_ETAG, .cost = COST_SEARCH},
    {GET, "/products/{product_id}", ROUTE_PUBLIC, &product_path_in, product_get,
     .name = "getProduct", .summary = "One product", .response = &product_out, .flags = ROUTE_ETAG},
    {GET, "/categories", ROUTE_PUBLIC, NULL, categories_get, .name = "listCategories",
     .summary = "The names of all categories", .response_list = &category_out, .flags = ROUTE_ETAG},
    {PUT, "/products/{product_id}/stock", ROLE_ADMIN, &stock_put_in, stock_put,
     .name = "updateStock",
     .summary = "Set how many there are to sell, or change it, and whether it is sold at all",
     .note = "With `delta` not to be repeated after a lost answer: read the product instead.",
     .messages = {"Stock updated"}, .error_details = {{ERR_STOCK_CHANGED, &stock_left_out}}},
    {GET, "/internal/products", ROLE_SERVICE | ROUTE_INTERNAL, &since_in, products_since},
    {POST, "/internal/stock/take", ROLE_SERVICE | ROUTE_INTERNAL, &stock_take_in, stock_take_post},
    {POST, "/internal/stock/give-back", ROLE_SERVICE | ROUTE_INTERNAL, &stock_give_back_in,
     stock_give_back_post},
    {POST, "/internal/stock/settle", ROLE_SERVICE | ROUTE_INTERNAL, &stock_settle_in,
     stock_settle_post},
    {POST, "/internal/stock/forget", ROLE_SERVICE | ROUTE_INTERNAL, &stock_settle_in,
     stock_forget_post},
};

static const struct background_job jobs[] = {
    {.name = "refresh", .run = refresh_run, .pause_ms = 500, .budget_ms = 10000},
    {.name = "stock marks", .run = stock_marks_prune, .pause_ms = 60000, .budget_ms = 10000},
};

/* The setting without its final slash, as each path begins with one. */
static const char *origin(void)
{
	static char text[URL_MAX + 1];
	size_t n = strlen(public_url);

	if (n && public_url[n - 1] == '/')
		n--;
	snprintf(text, sizeof text, "%.*s", (int)n, public_url);
	return text;
}

static enum err start(void)
{
	refresh_init(origin());
	return OK;
}

static bool holds_data(void)
{
	struct snapshot *catalogue = refresh_current();

	snapshot_release(catalogue);
	return catalogue != NULL;
}

const struct service product_service = {
    .name = "product",
    .database = "product_db",
    .greeting = "Product service running",
    .about = "The catalogue and its stock",
    .threads = "8", /* they wait for nothing */
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .jobs = jobs,
    .n_jobs = sizeof jobs / sizeof jobs[0],
    .start = start,
    .metrics = &stock_metrics,
    .indexes = &product_indexes,
    .migrations = &product_migrations,
    .stop = refresh_end,
    .holds_data = holds_data,
};
