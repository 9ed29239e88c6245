#include "delivery_api.h"

#include <string.h>

#include "auth.h"
#include "delivery_store.h"
#include "req.h"

/* ---- GET /order/{order_id}/status ---- */

struct order_in {
	bson_oid_t order_id;
};

static const struct field order_fields[] = {
    {FIELD(struct order_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
};
static const struct shape order_in = SHAPE(struct order_in, order_fields);

static const struct field status_fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, status), .words = status_words},
    {FIELD(struct delivery, last_updated)},
};
static const struct shape status_out = SHAPE(struct delivery, status_fields);

/* Whether the caller may see an order: its owner, or staff. */
static bool may_see(const struct req *rq, const struct delivery *delivery)
{
	const struct token *token = req_token(rq);

	if (!token || token->role != ROLE_CUSTOMER)
		return true;
	return delivery->user_id && strcmp(delivery->user_id, token->user_id) == 0;
}

static enum err status_get(struct req *rq)
{
	const struct order_in *in = req_input(rq);
	struct delivery delivery;
	enum err e = delivery_get(&delivery, req_ctx(rq), &in->order_id);

	if (e)
		return e;
	/* As if there were none, so that ids can't be probed. */
	return may_see(rq, &delivery) ? req_reply(rq, &status_out, &delivery) : ERR_ORDER_NOT_FOUND;
}

/* ---- POST /order/{order_id}/update-status ---- */

struct update_in {
	bson_oid_t order_id;
	int status;          /* enum status */
	const char *user_id; /* whose order it is; believed of the role `service` alone */
};

static const struct field update_fields[] = {
    {FIELD(struct update_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {FIELD(struct update_in, status), .words = status_words},
    {FIELD(struct update_in, user_id), .optional = true, .check = check_stored_user_id},
};
static const struct shape update_in = SHAPE(struct update_in, update_fields);

/* Says why an order can't become `to`: it isn't known, or it is in another state. */
static enum err refuse_move(struct req *rq, const struct update_in *in)
{
	struct delivery now;
	enum err e = delivery_get(&now, req_ctx(rq), &in->order_id);

	if (e == ERR_ORDER_NOT_FOUND)
		return in->status == STATUS_PLACED ? e : ERR_START_PLACED;
	if (e)
		return e;
	return req_refuse(rq, ERR_TRANSITION, "Invalid transition from %s to %s",
			  status_words[now.status], status_words[in->status]);
}

/* The first status. Couriers and admins can't make up an order; the service that tells of one may
 * do so twice; without a token (AUTH_REQUIRED=off) it is as published. */
static enum err place(struct req *rq, const struct update_in *in)
{
	const struct token *token = req_token(rq);
	bool service = token && token->role == ROLE_SERVICE;
	enum err e;

	if (token && !service)
		return refuse_move(rq, in);
	e = delivery_start(req_ctx(rq), &in->order_id, service ? in->user_id : NULL);
	if (e == ERR_DUPLICATE)
		e = service ? OK : refuse_move(rq, in);
	return e ? e : req_message(rq, "Order status created");
}

static enum err status_update(struct req *rq)
{
	const struct update_in *in = req_input(rq);
	enum status to = (enum status)in->status, from = status_before(to);
	enum err e;

	if (to == STATUS_PLACED)
		return place(rq, in);
	if (from == STATUS_COUNT)
		return refuse_move(rq, in);
	e = delivery_move(req_ctx(rq), &in->order_id, from, to);
	if (e == ERR_NO_DOCUMENT)
		return refuse_move(rq, in);
	return e ? e : req_message(rq, "Status updated");
}

/* ---- the service ---- */

static struct route routes[] = {
    {GET, "/order/{order_id}/status", ROLES_SHOPPER | ROLE_SERVICE | PUBLISHED, &order_in,
     status_get},
    {POST, "/order/{order_id}/update-status", ROLE_COURIER | ROLE_ADMIN | ROLE_SERVICE | PUBLISHED,
     &update_in, status_update},
};

const struct service delivery_service = {
    .name = "delivery",
    .database = "delivery_db",
    .greeting = "Delivery service running",
    .routes = ROUTES(routes),
};
