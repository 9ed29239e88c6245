/* Stock calls to the product service. */
#include "stock_client.h"

#include <stdatomic.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1500 };

/* ---- paths ---- */

struct stock_call {
	const char *path;
	const char *path_before; /* in the version before; NULL: the same */
};

static const struct stock_call reserve_call = {STOCK_RESERVE_PATH, STOCK_RESERVE_PATH_BEFORE};
static const struct stock_call release_call = {STOCK_RELEASE_PATH, STOCK_RELEASE_PATH_BEFORE};
static const struct stock_call confirm_call = {STOCK_CONFIRM_PATH, STOCK_CONFIRM_PATH_BEFORE};
static const struct stock_call forget_call = {STOCK_FORGET_PATH, NULL};

/* Whether the product service is known to serve the paths of the version before. */
static atomic_bool uses_paths_before;

static bool has_text(struct json_object *body, const char *name, const char *text)
{
	struct json_object *value;

	return json_object_object_get_ex(body, name, &value) &&
	       json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), text) == 0;
}

/* Whether the peer has no such route, as opposed to a 404 of a handler. */
static bool is_unknown_route(struct ctx *ctx, const struct rest_answer *answer)
{
	const struct err_info *info = err_info(ERR_NOT_FOUND);
	struct json_object *body;
	size_t at;

	return answer->status == info->status &&
	       !json_parse(&body, &at, ctx->arena, answer->body, answer->len) &&
	       has_text(body, "code", info->code);
}

/*
 * Makes a call. During a rolling update the product service, or the gateway between the services,
 * may be of the version before, which has other paths, or of the next one, which has only the
 * present paths. A peer without the route executed nothing, so the call is repeated once at the
 * other path. The path that worked is kept for the calls that follow. The next version removes
 * this together with the paths (fcgi/contracts/stock.h).
 */
static enum err post(struct rest_answer *answer, struct ctx *ctx, const struct stock_call *to,
		     const struct shape *shape, const void *out, bool once)
{
	bool before = to->path_before && atomic_load(&uses_paths_before);
	struct rest_call call = {
	    .method = "POST",
	    .path = before ? to->path_before : to->path,
	    .body = shape_to_text(ctx->arena, shape, out),
	    .timeout_ms = TIMEOUT_MS,
	    .once = once,
	};
	enum err e = call.body ? rest_do(answer, ctx, &call) : ERR_NO_MEMORY;

	if (e || !to->path_before || !is_unknown_route(ctx, answer))
		return e;
	call.path = before ? to->path : to->path_before;
	e = rest_do(answer, ctx, &call);
	if (!e && !is_unknown_route(ctx, answer))
		atomic_store(&uses_paths_before, !before);
	return e;
}

/* ---- refusals ---- */

/* Reads a refusal and its products from an answer. Returns `refusal`, or a temporary error where
 * the answer is another one. */
static enum err read_refusal(struct json_object **refused, struct ctx *ctx,
			     const struct rest_answer *answer, enum err refusal)
{
	const struct err_info *info = err_info(refusal);
	struct json_object *body, *ids;
	size_t at;

	if (answer->status >= 500)
		return ERR_UNAVAILABLE; /* the call's line in the log has the status */
	if (answer->status != info->status ||
	    json_parse(&body, &at, ctx->arena, answer->body, answer->len) ||
	    !has_text(body, "code", info->code) ||
	    !json_object_object_get_ex(body, STOCK_REFUSED, &ids) ||
	    !json_object_is_type(ids, json_type_array))
		return rest_bad_answer(ctx);
	*refused = ids;
	return refusal;
}

/* ---- reserve ---- */

enum err stock_reserve(struct list *reserved, struct json_object **refused, struct ctx *ctx,
		       const bson_oid_t *order_id, const struct list *lines)
{
	struct stock_reserve_request out = {*order_id, *lines};
	const struct stock_line *line = lines->items;
	const struct stock_reserve_answer *in;
	const struct reserved_product *product;
	const void *read;
	struct rest_answer answer;
	enum err e = post(&answer, ctx, &reserve_call, &stock_reserve_request, &out, true);

	if (e)
		return e;
	if (answer.status != 200)
		return read_refusal(refused, ctx, &answer, ERR_OUT_OF_STOCK);
	e = rest_read(&read, ctx, &answer, &stock_reserve_answer);
	if (e)
		return e;
	in = read;
	product = in->items.items;
	/* The answer must have exactly the requested lines, in the order of the request. */
	if (in->items.n != lines->n)
		return rest_bad_answer(ctx);
	for (size_t i = 0; i < lines->n; i++) {
		if (!bson_oid_equal(&product[i].product_id, &line[i].product_id))
			return rest_bad_answer(ctx);
	}
	*reserved = in->items;
	return OK;
}

/* ---- release, confirm, forget ---- */

static enum err check_status(struct ctx *ctx, const char *path, const struct rest_answer *answer)
{
	if (answer->status == 200)
		return OK;
	log_event(LOG_WARNING, ctx, "stock.call_failed path=%s status=%d", path, answer->status);
	return answer->status >= 500 ? ERR_UNAVAILABLE : ERR_INTERNAL;
}

/* Reads ids from a JSON array; ignores other elements. */
static enum err read_ids(struct list *ids, struct ctx *ctx, struct json_object *array)
{
	size_t n = json_object_array_length(array);
	bson_oid_t *id = arena_array(ctx->arena, n, sizeof *id);

	if (!id)
		return ERR_NO_MEMORY;
	*ids = (struct list){id, 0};
	for (size_t i = 0; i < n; i++) {
		struct json_object *text = json_object_array_get_idx(array, i);

		if (json_object_is_type(text, json_type_string) &&
		    bson_oid_is_valid(json_object_get_string(text),
				      (size_t)json_object_get_string_len(text)))
			bson_oid_init_from_string(&id[ids->n++], json_object_get_string(text));
	}
	return OK;
}

enum err stock_release(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
		       const struct list *lines, enum stock_release_kind kind, int64_t abandoned_ms)
{
	struct stock_release_request out = {.order_id = *order_id,
					    .items = *lines,
					    .abandoned_ms = abandoned_ms};
	struct rest_answer answer;
	struct json_object *ids;
	enum err e;

	*full = (struct list){NULL, 0};
	stock_release_set(&out, kind);
	/* libcurl must not repeat a return by itself: the sweeper records whether a call may still
	 * be executed late. */
	e = post(&answer, ctx, &release_call, &stock_release_request, &out, kind == RELEASE_SOLD);
	if (e)
		return e;
	if (answer.status != err_info(ERR_STOCK_RELEASE_POSTPONED)->status)
		return check_status(ctx, STOCK_RELEASE_PATH, &answer);
	e = read_refusal(&ids, ctx, &answer, ERR_STOCK_RELEASE_POSTPONED);
	if (e == ERR_STOCK_RELEASE_POSTPONED && read_ids(full, ctx, ids))
		return ERR_NO_MEMORY;
	return e;
}

static enum err post_orders(struct ctx *ctx, const struct stock_call *to,
			    const bson_oid_t *order_ids, size_t n)
{
	struct stock_order *orders = arena_array(ctx->arena, n, sizeof *orders);
	struct rest_answer answer;
	enum err e;

	if (!orders)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		orders[i].order_id = order_ids[i];
	e = post(&answer, ctx, to, &stock_orders, &(struct stock_orders){{orders, n}}, false);
	return e ? e : check_status(ctx, to->path, &answer);
}

enum err stock_confirm(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return post_orders(ctx, &confirm_call, order_ids, n);
}

enum err stock_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return post_orders(ctx, &forget_call, order_ids, n);
}
