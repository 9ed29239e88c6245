/* The product service: the catalogue and its stock. */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include "catalogue_job.h"
#include "fcgi/contracts/product_changes.h"
#include "fcgi/contracts/stock.h"
#include "indexes.h"
#include "migrations.h"
#include "product_api.h"
#include "public_url.h"
#include "stock_api.h"
#include "stock_tombstone_store.h"

enum { URL_MAX = 1024 };

static const char *public_url;

static const struct setting settings[] = {
    {"PUBLIC_URL", SETTING_TEXT, &public_url, "", 0, URL_MAX, false,
     "prefix of each image_url, which published apps need: https://shop.example.com, without a "
     "path",
     .check = check_public_url},
};

static struct route routes[] = {
    {GET, "/products", ROUTE_PUBLIC, &products_in, products_get, .name = "listProducts",
     .summary = "List the catalogue, or the products of a search, a category or a page",
     .response_list = &product_out, .flags = ROUTE_ETAG, .cost = COST_SEARCH},
    {GET, "/products/{product_id}", ROUTE_PUBLIC, &product_path_in, product_get,
     .name = "getProduct", .summary = "Get a product", .response = &product_out,
     .flags = ROUTE_ETAG},
    {GET, "/categories", ROUTE_PUBLIC, NULL, categories_get, .name = "listCategories",
     .summary = "List the names of all categories", .response_list = &category_out,
     .flags = ROUTE_ETAG},
    {PUT, "/products/{product_id}/stock", ROLE_ADMIN, &stock_put_in, stock_put,
     .name = "updateStock",
     .summary = "Set or change a product's stock, or whether it is available",
     .note = "Don't repeat a call with `delta` after a lost response: read the product instead.",
     .messages = {"Stock updated"}, .error_details = {{ERR_STOCK_CHANGED, &stock_left_out}}},
    {GET, PRODUCT_CHANGES_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &product_changes_query,
     products_since},
    {POST, STOCK_RESERVE_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &stock_reserve_request,
     stock_reserve_post},
    {POST, STOCK_RELEASE_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &stock_release_request,
     stock_release_post},
    {POST, STOCK_CONFIRM_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &stock_orders, stock_confirm_post},
    /* The paths of the version before; the next version removes them (fcgi/contracts/stock.h). */
    {POST, STOCK_RESERVE_PATH_BEFORE, ROLE_SERVICE | ROUTE_INTERNAL, &stock_reserve_request,
     stock_reserve_post},
    {POST, STOCK_RELEASE_PATH_BEFORE, ROLE_SERVICE | ROUTE_INTERNAL, &stock_release_request,
     stock_release_post},
    {POST, STOCK_CONFIRM_PATH_BEFORE, ROLE_SERVICE | ROUTE_INTERNAL, &stock_orders,
     stock_confirm_post},
    {POST, STOCK_FORGET_PATH, ROLE_SERVICE | ROUTE_INTERNAL, &stock_orders, stock_forget_post},
};

static const struct background_job jobs[] = {
    {.name = "refresh", .run = catalogue_job_run, .pause_ms = 500, .budget_ms = 10000},
    {.name = "tombstones", .run = tombstones_prune, .pause_ms = 60000, .budget_ms = 10000},
};

static enum err start(void)
{
	static char origin[URL_MAX + 1];
	size_t n = strlen(public_url);

	/* Without the final slash, since each path begins with one. */
	if (n && public_url[n - 1] == '/')
		n--;
	snprintf(origin, sizeof origin, "%.*s", (int)n, public_url);
	catalogue_job_init(origin);
	return OK;
}

static bool holds_data(void)
{
	struct snapshot *catalogue = catalogue_current();

	snapshot_unref(catalogue);
	return catalogue != NULL;
}

const struct service product_service = {
    .name = "product",
    .database = "product_db",
    .greeting = "Product service running",
    .about = "The catalogue and its stock",
    .threads = "8", /* handlers of the catalogue never wait */
    .routes = ROUTES(routes),
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .jobs = jobs,
    .n_jobs = sizeof jobs / sizeof jobs[0],
    .start = start,
    .metrics = &stock_metrics,
    .indexes = &product_indexes,
    .migrations = &product_migrations,
    .stop = catalogue_job_end,
    .holds_data = holds_data,
};
