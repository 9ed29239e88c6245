/* Calls to the product service about stock. */
#include "stock_client.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "log.h"
#include "rest.h"

enum { TIMEOUT_MS = 1500 };

/* ---- what goes over the wire ---- */

static const struct field line_fields[] = {
    {FIELD(struct stock_line, product_id)},
    {FIELD(struct stock_line, quantity)},
};
const struct shape stock_line = SHAPE(struct stock_line, line_fields);

struct take_request {
	bson_oid_t order_id;
	struct list items;
};

static const struct field take_request_fields[] = {
    {FIELD(struct take_request, order_id)},
    {FIELD(struct take_request, items), .of = &stock_line},
};
static const struct shape take_request = SHAPE(struct take_request, take_request_fields);

struct give_back_out {
	bson_oid_t order_id;
	struct list items;
	bool sold, answered;
	int64_t abandoned_ms; /* since 1970, by the database server's clock; 0: not known */
};

static const struct field give_back_fields[] = {
    {FIELD(struct give_back_out, order_id)},
    {FIELD(struct give_back_out, items), .of = &stock_line},
    {FIELD(struct give_back_out, sold)},
    {FIELD(struct give_back_out, answered)},
    {FIELD(struct give_back_out, abandoned_ms)},
};
static const struct shape give_back_out = SHAPE(struct give_back_out, give_back_fields);

struct settled_out {
	bson_oid_t order_id;
};

static const struct field settled_fields[] = {{FIELD(struct settled_out, order_id)}};
static const struct shape settled_out = SHAPE(struct settled_out, settled_fields);

struct settle_out {
	struct list orders;
};

static const struct field settle_fields[] = {
    {FIELD(struct settle_out, orders), .of = &settled_out},
};
static const struct shape settle_out = SHAPE(struct settle_out, settle_fields);

static const struct field taken_fields[] = {
    {FIELD(struct stock_taken, product_id)},
    {FIELD(struct stock_taken, name)},
    {FIELD(struct stock_taken, price)},
};
static const struct shape stock_taken = SHAPE(struct stock_taken, taken_fields);

struct take_answer {
	struct list items;
};

/* Not lenient: an order has all of its lines, or is not made. */
static const struct field take_answer_fields[] = {
    {FIELD(struct take_answer, items), .of = &stock_taken},
};
static const struct shape take_answer = SHAPE(struct take_answer, take_answer_fields);

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
	    !json_object_object_get_ex(body, "product_ids", &ids) ||
	    !json_object_is_type(ids, json_type_array))
		return rest_bad_answer(ctx);
	*refused = ids;
	return refusal;
}

/* ---- take ---- */

/* Whether an answer speaks of the lines that were asked for, in their order. */
static bool answers_lines(const struct list *taken, const struct list *lines)
{
	const struct stock_taken *t = taken->items;
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
	struct take_request out = {*order_id, *lines};
	const struct take_answer *in;
	const void *read;
	struct rest_answer answer;
	enum err e = post(&answer, ctx, "/internal/stock/take", &take_request, &out, true);

	if (e)
		return e;
	if (answer.status != 200)
		return read_refusal(refused, ctx, &answer, ERR_OUT_OF_STOCK);
	e = rest_read(&read, ctx, &answer, &take_answer);
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
	static const char path[] = "/internal/stock/give-back";
	struct give_back_out out = {*order_id, *lines, how == RELEASE_SOLD, how == RELEASE_ANSWERED,
				    abandoned_ms};
	struct rest_answer answer;
	struct json_object *ids;
	enum err e;

	*full = (struct list){NULL, 0};
	/* Whether a return is sent twice must be known: POST without libcurl's own retry. */
	e = post(&answer, ctx, path, &give_back_out, &out, how == RELEASE_SOLD);
	if (e)
		return e;
	if (read_refusal(&ids, ctx, &answer, ERR_STOCK_PUT_OFF) != ERR_STOCK_PUT_OFF)
		return check_done(ctx, path, &answer);
	e = read_ids(full, ctx, ids);
	return e ? e : ERR_STOCK_PUT_OFF;
}

/* Says to the product service what becomes of orders: of STOCK_SETTLE_MAX at the most. */
static enum err end_orders(struct ctx *ctx, const char *path, const bson_oid_t *order_ids, size_t n)
{
	struct settled_out *orders = arena_array(ctx->arena, n, sizeof *orders);
	struct rest_answer answer;
	enum err e;

	if (!orders)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		orders[i].order_id = order_ids[i];
	e = post(&answer, ctx, path, &settle_out, &(struct settle_out){{orders, n}}, false);
	return e ? e : check_done(ctx, path, &answer);
}

enum err stock_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return end_orders(ctx, "/internal/stock/settle", order_ids, n);
}

enum err stock_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return end_orders(ctx, "/internal/stock/forget", order_ids, n);
}
