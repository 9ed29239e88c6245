/* The cart routes. */
#include "cart_api.h"

#include "auth.h"
#include "call_limit.h"
#include "cart_put_store.h"
#include "clock.h"
#include "key_api.h"
#include "product_replica.h"

/* ---- inputs ---- */

struct add_in {
	const char *user_id;
	bson_oid_t product_id;
	int64_t quantity;
};

static const struct field add_fields[] = {
    {FIELD(struct add_in, user_id), USER_ID_IN},
    {FIELD(struct add_in, product_id), .unknown = ERR_PRODUCT_NOT_FOUND},
    {FIELD(struct add_in, quantity), .min = 1, .max = LINE_QUANTITY_MAX},
};
const struct shape cart_add_in = NAMED_SHAPE("CartAddition", struct add_in, add_fields);

struct line_in {
	bson_oid_t cart_id;
};

static const struct field line_fields[] = {
    {FIELD(struct line_in, cart_id), .from = FROM_PATH, .unknown = ERR_ITEM_NOT_FOUND},
};
const struct shape cart_line_in = SHAPE(struct line_in, line_fields);

struct user_in {
	const char *user_id;
};

static const struct field user_fields[] = {
    {FIELD(struct user_in, user_id), .from = FROM_PATH, USER_ID_IN},
};
const struct shape cart_user_in = SHAPE(struct user_in, user_fields);

/* ---- changes ---- */

enum { ADDED, MERGED };

static const char *const messages[] = {
    [ADDED] = "Item added to cart",
    [MERGED] = "Quantity updated",
};

/* Makes the requested line, with the present facts of its product. */
static enum err make_line(struct cart_line *line, struct ctx *ctx, const struct add_in *in)
{
	const struct product *product;
	struct snapshot *products;
	enum err e = products_ref(&products, ctx);

	if (e)
		return e;
	product = products_find(products, &in->product_id);
	if (!product)
		return ERR_PRODUCT_NOT_FOUND;
	if (!product->available || product->stock < 1)
		return ERR_PRODUCT_UNAVAILABLE;
	*line = (struct cart_line){.user_id = in->user_id,
				   .product_id = in->product_id,
				   .quantity = in->quantity,
				   .facts = product->facts};
	return OK;
}

/* The stored answer of the key replaces any refusal: the call may be the repetition of one that
 * succeeded. */
static enum err add_once(struct req *rq, const struct key *key, const struct add_in *in)
{
	struct arena *arena = req_ctx(rq)->arena;
	struct cart_answers answers = {req_message_text(arena, messages[ADDED]),
				       req_message_text(arena, messages[MERGED])};
	struct cart_line line;
	const char *answer;
	enum err e, known;

	if (!answers.added || !answers.merged)
		return ERR_NO_MEMORY;
	e = make_line(&line, req_ctx(rq), in);
	if (!e)
		e = cart_put_once(&answer, req_ctx(rq), &line, key, &answers);
	if (!e)
		return key_reply(rq, answer);
	known = key_answer(&answer, req_ctx(rq), key);
	if (known == ERR_INVALID)
		return key_refuse(rq);
	if (known == ERR_NO_DOCUMENT) /* none is stored, or that addition was reverted */
		return e == ERR_DUPLICATE ? ERR_IN_PROGRESS : e;
	return known ? known : key_reply(rq, answer);
}

/* Puts a quantity of a product in the caller's cart; quantities add up. */
enum err cart_add(struct req *rq)
{
	const struct add_in *in = req_input(rq);
	struct cart_line line;
	struct key key;
	int64_t wait_ms;
	bool merged;
	enum err e = req_may_act_for(rq, in->user_id);

	if (!e)
		e = key_read(&key, rq, "add", in->user_id);
	if (e)
		return e;
	/* Calls with a key are limited, because each stored answer takes room in the database. */
	if (key.id && req_is_limited(rq))
		e = call_limit_count(&wait_ms, CALLS_KEYED, req_token(rq)->user_id,
				     clock_mono_ms());
	if (e)
		return req_refuse_until(rq, e, wait_ms);
	if (key.id)
		return add_once(rq, &key, in);
	e = make_line(&line, req_ctx(rq), in);
	if (!e)
		e = cart_put(&merged, req_ctx(rq), &line);
	return e ? e : req_message(rq, messages[merged ? MERGED : ADDED]);
}

/* The line in the path, restricted to the caller's lines. */
static struct cart_ref line_of(const struct req *rq)
{
	const struct line_in *in = req_input(rq);

	return (struct cart_ref){&in->cart_id, req_user_id(rq)};
}

enum err cart_remove(struct req *rq)
{
	struct cart_ref ref = line_of(rq);
	enum err e = cart_line_remove(req_ctx(rq), &ref);

	return e ? e : req_message(rq, "Item removed");
}

enum err cart_increase(struct req *rq)
{
	struct cart_ref ref = line_of(rq);
	enum err e = cart_line_increase(req_ctx(rq), &ref);

	return e ? e : req_message(rq, "Quantity increased");
}

enum err cart_decrease(struct req *rq)
{
	struct cart_ref ref = line_of(rq);
	bool removed;
	enum err e = cart_line_decrease(&removed, req_ctx(rq), &ref);

	return e ? e : req_message(rq, removed ? "Item removed" : "Quantity decreased");
}

/* ---- reading ---- */

struct line_out {
	bson_oid_t _id, product_id;
	int64_t quantity;
	struct product_facts facts;
	bool available;
	int64_t stock;
};

static const struct field line_out_fields[] = {
    {FIELD(struct line_out, _id)},
    {FIELD(struct line_out, product_id)},
    {FIELD(struct line_out, quantity)},
    {FIELD_IN(struct line_out, facts, name), .example = "Milk 1L"},
    {FIELD_IN(struct line_out, facts, price)},
    {FIELD_IN(struct line_out, facts, image_url), .example = "/pictures/1f95b.webp"},
    {FIELD_IN(struct line_out, facts, unit), .example = "1 L"},
    {FIELD(struct line_out, available)},
    {FIELD(struct line_out, stock), .example = "500"},
};
const struct shape cart_line_out = NAMED_SHAPE("CartLine", struct line_out, line_out_fields);

enum err cart_get(struct req *rq)
{
	const struct user_in *in = req_input(rq);
	const struct cart_line *line;
	struct snapshot *products;
	struct line_out *out;
	struct list lines;
	enum err e = req_may_act_for(rq, in->user_id);

	if (!e)
		e = products_ref(&products, req_ctx(rq));
	if (!e)
		e = cart_lines(&lines, req_ctx(rq), in->user_id);
	if (e)
		return e;
	out = arena_array(req_ctx(rq)->arena, lines.n, sizeof *out);
	if (!out)
		return ERR_NO_MEMORY;
	line = lines.items;
	for (size_t i = 0; i < lines.n; i++) {
		const struct product *p = products_find(products, &line[i].product_id);

		/* The present facts, or those in the line where the product no longer exists. */
		out[i] = (struct line_out){
		    ._id = line[i]._id,
		    .product_id = line[i].product_id,
		    .quantity = line[i].quantity,
		    .facts = p ? p->facts : line[i].facts,
		    .available = p && p->available,
		    .stock = p ? p->stock : 0,
		};
	}
	return req_reply_list(rq, &cart_line_out, &(struct list){out, lines.n});
}
