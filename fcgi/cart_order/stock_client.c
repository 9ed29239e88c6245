/* Calls to the product service about stock. */
#include "stock_client.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1500 };

static enum err post(struct rest_answer *answer, struct ctx *ctx, const char *path,
		     const struct shape *shape, const void *out, bool once)
{
	struct rest_call call = {
	    .method = "POST",
	    .path = path,
	    .body = shape_to_text(ctx->arena, shape, out),
	    .timeout_ms = TIMEOUT_MS,
	    .once = once,
	};

	return call.body ? rest_do(answer, ctx, &call) : ERR_NO_MEMORY;
}

/* ---- refusals ---- */

static bool says(struct json_object *body, const char *name, const char *text)
{
	struct json_object *value;

	return json_object_object_get_ex(body, name, &value) &&
	       json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), text) == 0;
}

/* Reads whether an answer is that refusal, and of which products: `refusal`, or a temporary error.
 */
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
	    !says(body, "code", info->code) ||
	    !json_object_object_get_ex(body, STOCK_REFUSED, &ids) ||
	    !json_object_is_type(ids, json_type_array))
		return rest_bad_answer(ctx);
	*refused = ids;
	return refusal;
}

/* ---- take ---- */

/* Whether an answer speaks of the lines that were asked for, in their order. */
static bool answers_lines(const struct list *taken, const struct list *lines)
{
	const struct reserved_product *t = taken->items;
	const struct stock_line *line = lines->items;

	for (size_t i = 0; i < lines->n && taken->n == lines->n; i++) {
		if (!bson_oid_equal(&t[i].product_id, &line[i].product_id))
			return false;
	}
	return taken->n == lines->n;
}

enum err stock_take(struct list *taken, struct json_object **refused, struct ctx *ctx,
		    const bson_oid_t *order_id, const struct list *lines)
{
	struct stock_reserve_request out = {*order_id, *lines};
	const struct stock_reserve_answer *in;
	const void *read;
	struct rest_answer answer;
	enum err e = post(&answer, ctx, STOCK_RESERVE_PATH, &stock_reserve_request, &out, true);

	if (e)
		return e;
	if (answer.status != 200)
		return read_refusal(refused, ctx, &answer, ERR_OUT_OF_STOCK);
	e = rest_read(&read, ctx, &answer, &stock_reserve_answer);
	if (e)
		return e;
	in = read;
	if (!answers_lines(&in->items, lines))
		return rest_bad_answer(ctx);
	*taken = in->items;
	return OK;
}

/* ---- what follows ---- */

static enum err check_done(struct ctx *ctx, const char *path, const struct rest_answer *answer)
{
	if (answer->status == 200)
		return OK;
	log_event(LOG_WARNING, ctx, "stock.call_failed path=%s status=%d", path, answer->status);
	return answer->status >= 500 ? ERR_UNAVAILABLE : ERR_INTERNAL;
}

/* Ids from a JSON array; what isn't one is left out. */
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

enum err stock_give_back(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			 const struct list *lines, enum stock_release how, int64_t abandoned_ms)
{
	struct stock_release_request out = {.order_id = *order_id,
					    .items = *lines,
					    .abandoned_ms = abandoned_ms};
	struct rest_answer answer;
	struct json_object *ids;
	enum err e;

	*full = (struct list){NULL, 0};
	stock_release_set(&out, how);
	/* Whether a return is sent twice must be known: POST without libcurl's own retry. */
	e = post(&answer, ctx, STOCK_RELEASE_PATH, &stock_release_request, &out,
		 how == RELEASE_SOLD);
	if (e)
		return e;
	if (read_refusal(&ids, ctx, &answer, ERR_STOCK_PUT_OFF) != ERR_STOCK_PUT_OFF)
		return check_done(ctx, STOCK_RELEASE_PATH, &answer);
	e = read_ids(full, ctx, ids);
	return e ? e : ERR_STOCK_PUT_OFF;
}

/* Sends orders, STOCK_ORDERS_MAX at the most, to confirm or to forget them. */
static enum err end_orders(struct ctx *ctx, const char *path, const bson_oid_t *order_ids, size_t n)
{
	struct stock_order *orders = arena_array(ctx->arena, n, sizeof *orders);
	struct rest_answer answer;
	enum err e;

	if (!orders)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		orders[i].order_id = order_ids[i];
	e = post(&answer, ctx, path, &stock_orders, &(struct stock_orders){{orders, n}}, false);
	return e ? e : check_done(ctx, path, &answer);
}

enum err stock_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return end_orders(ctx, STOCK_CONFIRM_PATH, order_ids, n);
}

enum err stock_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return end_orders(ctx, STOCK_FORGET_PATH, order_ids, n);
}
